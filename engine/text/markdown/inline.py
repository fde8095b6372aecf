"""What stands inside a line: text, which is passed on in slices, and what its markers mean."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from engine.text.markdown.angles import angle
from engine.text.markdown.brackets import bracket, citation, end_link, image
from engine.text.markdown.emphasis import emphasis, run_of
from engine.text.markdown.source import MAX_RUN, Source, State, Undecided, is_word, masked, substitute
from engine.text.marks import BREAK, MASK

_COMMON = "[\\n\\\\`*_<\\[【\u2028]|~~|~\\Z|!(?=\\[|\\Z)|&(?=[#A-Za-z]|\\Z)"
_NEXT = re.compile(_COMMON)
"""Where the next character may be that is more than text."""
_NEXT_IN = {
    "heading": re.compile(f"{_COMMON}|(?<=[ \\t])#"),
    "row": re.compile(f"{_COMMON}|(?<![ \\t])[ \\t]{{0,64}}\\||(?<![ \\t])[ \\t]{{1,64}}\\Z|\\|"),
}
_BORDER = re.compile(r"[ \t]{0,64}\|[ \t]{0,64}")
_PAD = re.compile(r"[ \t]{0,64}")
_CLOSING_MARKS = re.compile(r"#{1,64}[ \t]{0,64}(?=\r?\n)")
_CLOSING_MARKS_BEGUN = re.compile(r"#{1,64}[ \t]{0,64}\r?\Z")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ENTITY_BEGUN = re.compile(r"&(?:#\d{0,7}|#[xX][0-9a-fA-F]{0,6}|[A-Za-z][A-Za-z0-9]{0,31})?\Z")
_ENDS_A_BLOCK = re.compile(r"(?::[*_\"”]{0,3}|[^\s*]\*\*)[ \t\r]{0,3}\Z")
_MAX_CODE = 160
_ESCAPED = frozenset("!\"#$%&'*+,-./:;<=>?@\\^_`{|}~")
_DELIMITERS = frozenset("()[]")


def flows(source: Source, state: State) -> bool:
    """Whether all that is to be read is in the middle of a line without a marker, as nearly every token of a model."""
    if state.line_start or state.link_ends or state.skip is not None or state.run is not None:
        return False
    return _NEXT_IN.get(state.line, _NEXT).search(source.text, source.at) is None


def inline(source: Source, state: State) -> str:
    """Read text up to the next marker, or a marker."""
    at = source.at
    stop = _end_of_link_text(source, state)
    found = _NEXT_IN.get(state.line, _NEXT).search(source.text, at, stop)
    until = found.start() if found else stop
    if until > at:
        return source.text[at:until]
    return _RULES[source.text[at]](source, state) if found else end_link(source, state)


def _end_of_link_text(source: Source, state: State) -> int:
    while state.link_ends and state.link_ends[-1] < source.position:
        state.link_ends.pop()
    return min(state.link_ends[-1] - source.base, source.stop) if state.link_ends else source.stop


def newline(source: Source, state: State) -> str:
    """Read a line's end: it ends a block, or only a line of one."""
    is_empty = state.line_start and state.line == "text"
    ends = state.line != "text" or (not is_empty and _ENDS_A_BLOCK.search(source.before(12)) is not None)
    if ends or is_empty:
        state.opened.clear()
    state.table = state.table and not is_empty
    state.line, state.line_start, state.at_marker = "text", True, False
    state.was_quote, state.quote = state.quote, False
    state.link_ends.clear()
    return BREAK if ends else "\n"


def _escape(source: Source, state: State) -> str:
    char = source.char(1)
    if char in _DELIMITERS:
        return MASK * 2
    return MASK + char if char in _ESCAPED else MASK if char in "\r\n" else "\\"


def _code(source: Source, state: State) -> str:
    """Read a code span on one line: its text stays as it is."""
    run = run_of(source, state)
    if len(run) == MAX_RUN:
        return run
    begin = source.at + len(run)
    line = source.text[begin : begin + _MAX_CODE].partition("\n")[0]
    closing = re.search(rf"(?<!`)`{{{len(run)}}}(?!`)", line)
    is_whole = len(line) == _MAX_CODE or begin + len(line) < len(source.text)
    if not (is_whole or source.final) and (closing is None or closing.end() == len(line)):
        raise Undecided
    if closing is None or (len(line) == _MAX_CODE and closing.end() == len(line)):
        return run
    return masked(run) + line[: closing.start()] + masked(run)


def _entity(source: Source, state: State) -> str:
    entity = source.look(_ENTITY, _ENTITY_BEGUN, 40)
    character = html.unescape(entity.group()) if entity else "&"
    if entity is None or character == entity.group() or len(character) > 2:
        return "&"
    return "".join(map(substitute, character)) + MASK * (len(entity.group()) - len(character))


def _border(source: Source, state: State) -> str:
    """Read the border between two cells: a comma, unless the cell has its own punctuation or is the last."""
    pad = _PAD.match(source.text, source.at)
    width = len(pad.group()) if pad else 0
    if source.char(width) != "|":
        return source.text[source.at : source.at + width]
    after = _BORDER.match(source.text, source.at)
    follows = source.char(len(after.group()) if after else 1)
    if follows in "\r\n" or not is_word(_last_read(source)):
        return " " * (width + 1)
    return ("," + " " * width) if width or source.char(1).isspace() else BREAK


def _last_read(source: Source) -> str:
    return source.before(16).rstrip("*_`~)\"'")[-1:] or " "


def _closing_marks(source: Source, state: State) -> str:
    marks = source.look(_CLOSING_MARKS, _CLOSING_MARKS_BEGUN, 132)
    return " " * len(marks.group().rstrip()) if marks else "#"


_RULES: dict[str, Callable[[Source, State], str]] = {
    "\n": newline,
    "\u2028": newline,
    "\\": _escape,
    "`": _code,
    "*": emphasis,
    "_": emphasis,
    "~": emphasis,
    "<": angle,
    "[": bracket,
    "!": image,
    "【": citation,
    "&": _entity,
    "#": _closing_marks,
    **dict.fromkeys(" \t|", _border),
}
