r"""What a line begins with: headings, lists, quotes, tables, rules, fences, definitions.

Simpler than CommonMark: a marker counts at any indentation, and a list is only its items. Nothing but the marker waits
for what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.text.markdown.source import MAX_RUN, Skip, Source, State, blank, broken
from engine.text.marks import BREAK

_SPACES = re.compile("[ \t\u00a0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""With what cannot be seen: it hides no marker."""

_RULE = re.compile(r"(?:([-=])(?:[ \t]*\1)+|([*_])(?:[ \t]*\2){2,})[ \t]*(?=\r?\n)")
_RULE_BEGUN = re.compile(r"([-=*_])(?:[ \t]*\1)*[ \t]*\r?\Z")
_MAX_RULE = 160

_DIVIDER = re.compile(r"(?=[^|\n]{0,64}\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*+\|?[ \t]*(?=\r?\n)")
_DIVIDER_BEGUN = re.compile(r"\|?[ \t]*:?-*:?[ \t]*(?:\|[|:\- \t]*)?\r?\Z")
_MAX_DIVIDER = 800

_FENCE = re.compile(r"(?:(?P<ticks>`{3,32})(?!`)[^`\n]{0,120}|(?P<tildes>~{3,32})(?!~)[^\n]{0,120})(?=\n)")
_FENCE_BEGUN = re.compile(r"(?:`{1,2}|`{3,32}[^`\n]{0,120}|~{1,2}|~{3,32}[^\n]{0,120})\Z")
_FENCE_REACH = 132

_ORDERED = re.compile(r"\d{1,9}[.)](?=[ \t\r\n])")
_ORDERED_BEGUN = re.compile(r"\d{1,9}[.)]?\Z")
_BOX = re.compile(r"\[[ xX]\](?=[ \t])")
_BOX_BEGUN = re.compile(r"\[(?:[ xX]\]?)?\Z")

_NOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]:")
_NOTE_BEGUN = re.compile(r"\[(?:\^(?:[^\[\]\s]{1,40}\]?)?)?\Z")
_TITLE = r"""(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\))"""
_TARGET = rf"""[^\[\]\n^][^\[\]\n]{{0,99}}\]:[ \t]{{0,8}}(?:<[^<>\n]*>|(?:https?://|www\.|mailto:|[/.#])[^\s<]*)
    (?:[ \t]{{1,8}}{_TITLE})?[ \t]{{0,8}}(?=\r?\n)"""
_DEFINITION = re.compile(r"\[" + _TARGET, re.VERBOSE)
_DEFINITION_BEGUN = re.compile(
    r"""\[(?:[^\[\]\n^][^\[\]\n]{0,99}(?:\](?::[ \t]{0,8}(?:[a-z]{0,6}:?/?|<[^<>\n]*
    |(?:<[^<>\n]*>|(?:https?://|www\.|mailto:|[/.#])[^\s<]*)(?:[ \t]{1,8}(?:["'(][^\n]*)?)?\r?)?)?)?)?\Z""",
    re.VERBOSE,
)
_MAX_DEFINITION = 1000


def block(source: Source, state: State) -> str:
    """Read what a line begins with, or the white space before that; "" where its text begins."""
    char = source.text[source.at]
    if match := _SPACES.match(source.text, source.at, source.stop):
        return match.group()
    rule = _RULES.get(char) or (_ordered if char.isdecimal() else None)
    read = rule(source, state) if rule else ""
    if read:
        state.at_marker = state.line == "item"
    elif state.table and state.line == "text" and char not in "\r\n":
        state.line = "row"
    return read


def _quote(source: Source, state: State) -> str:
    if source.char(1) == "=":
        return ""
    begins, state.quote = not (state.quote or state.was_quote), True
    return BREAK if begins else " "


def _bullet(source: Source, state: State) -> str:
    return _item(state) if source.char(1) in " \t\r\n" else ""


def _dot(source: Source, state: State) -> str:
    return _item(state)


def _item(state: State) -> str:
    state.line = "item"
    return BREAK


def _dash(source: Source, state: State) -> str:
    return _rule(source, state) or _divider(source, state) or _bullet(source, state)


def _star(source: Source, state: State) -> str:
    return _rule(source, state) or _bullet(source, state)


def _rule(source: Source, state: State) -> str:
    match = source.look(_RULE, _RULE_BEGUN, _MAX_RULE)
    if match is None:
        return _long_rule(source, state)
    state.line = "rule"
    return broken(match.group())


def _long_rule(source: Source, state: State) -> str:
    window = source.text[source.at : source.at + _MAX_RULE]
    if len(window) < _MAX_RULE or not _RULE_BEGUN.match(window):
        return ""
    state.line, state.line_start, state.run = "rule", False, (window[0] + " \t", True)
    return broken(window)


def _divider(source: Source, state: State) -> str:
    """Skip the row of dashes that makes the line before it a table's heading."""
    match = source.look(_DIVIDER, _DIVIDER_BEGUN, _MAX_DIVIDER)
    if match is None:
        return ""
    state.line, state.table = "rule", True
    return broken(match.group())


def _row(source: Source, state: State) -> str:
    if divider := _divider(source, state):
        return divider
    state.line, state.table, state.line_start = "row", True, False
    return BREAK


def _heading(source: Source, state: State) -> str:
    size = 1
    while size < 7 and source.char(size) == "#":
        size += 1
    if size > 6 or source.char(size) not in " \t\r\n":
        return ""
    state.line = "heading"
    return broken("#" * size)


def _fence(source: Source, state: State) -> str:
    match = source.look(_FENCE, _FENCE_BEGUN, _FENCE_REACH + 32)
    if match is None:
        return ""
    fence = match["ticks"] or match["tildes"]
    closing = re.compile(rf"\n[ \t>]{{0,32}}{fence[0]}{{{len(fence)},{MAX_RUN}}}[ \t]{{0,32}}(?=\r?\n)")
    state.line, state.line_start = "rule", False
    state.skip = Skip(source.position, "code", closing, _FENCE_REACH)
    return broken(match.group())


def _ordered(source: Source, state: State) -> str:
    match = source.look(_ORDERED, _ORDERED_BEGUN, 16)
    if match is None:
        return ""
    state.line = "item"
    return match.group()


def _bracket(source: Source, state: State) -> str:
    """Skip a task's box, a footnote's label, or the whole of a link's definition."""
    if state.at_marker:
        box = source.look(_BOX, _BOX_BEGUN, 4)
        return blank(box.group()) if box else ""
    if note := source.look(_NOTE, _NOTE_BEGUN, 48):
        state.line = "item"
        return broken(note.group())
    if definition := source.look(_DEFINITION, _DEFINITION_BEGUN, _MAX_DEFINITION):
        state.line = "rule"
        return broken(definition.group())
    return ""


_RULES: dict[str, Callable[[Source, State], str]] = {
    ">": _quote,
    "-": _dash,
    "*": _star,
    "+": _bullet,
    "_": _rule,
    "=": _rule,
    ":": _divider,
    "|": _row,
    "#": _heading,
    "`": _fence,
    "~": _fence,
    "[": _bracket,
    **dict.fromkeys("•‣◦▪●", _dot),
}
