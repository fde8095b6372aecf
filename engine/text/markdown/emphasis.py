# closing quotes of other languages are meant
"""Markers of emphasis: CommonMark's rules of what may open and close, without its look ahead for the other half.

A marker that may open one is left out at once, so that speech need not wait for the one that closes it. Only inside a
word, where a product or a power (`a**b`) is as likely, must the other half be near.
"""

from __future__ import annotations

import re

from engine.text.markdown.source import MAX_RUN, Source, State, is_word, masked

_RUNS = {char: re.compile(rf"{re.escape(char)}{{1,{MAX_RUN}}}") for char in "*_~`"}
_NEVER_OPENED = frozenset(".,;:?!)]}>|/=…%’”»")
_PARAMETERS = re.compile(r"(?:kw)?args\b")
_IN_ADDRESS = re.compile(r"(?:://|www\.)\S*\Z")
_TO_OTHER_HALF = {char: re.compile(rf"[^\s{char}]+{re.escape(char)}{{2}}") for char in "*_~"}
_TO_OTHER_HALF_BEGUN = re.compile(r"\S*\Z")
_MAX_OTHER_HALF = 64


def run_of(source: Source, state: State) -> str:
    """Return the whole run of the marker that begins here. One that is too long counts as text, whatever follows."""
    char = source.text[source.at]
    match = _RUNS[char].match(source.text, source.at)
    run = match.group() if match else char
    if len(run) == MAX_RUN:
        state.run = (char, False)
    else:
        source.char(len(run))
    return run


def emphasis(source: Source, state: State) -> str:
    """Read a run of `*`, `_` or `~`: nothing stands there where it opens or closes something."""
    run = run_of(source, state)
    if len(run) > 3 or (run[0] == "~" and len(run) != 2):
        return run
    before, after = source.before()[-1], source.char(len(run))
    if _closes(state, run, before, after):
        state.opened[run[0]] = max(state.opened.get(run[0], 0) - len(run), 0)
        return masked(run)
    if _may_open(run, before, after) and _does_open(source, run, before, after):
        state.opened[run[0]] = state.opened.get(run[0], 0) + len(run)
        return masked(run)
    return masked(run) if _is_stray(run, before, after) else run


def _closes(state: State, run: str, before: str, after: str) -> bool:
    if not state.opened.get(run[0]) or before.isspace():
        return False
    return not is_word(after) or (run[0] != "_" and not (is_word(before) and after.isdigit()))


def _may_open(run: str, before: str, after: str) -> bool:
    if after.isspace() or after in _NEVER_OPENED or (before in ")]}" and run == "*") or (after == "<" and run == "_"):
        return False
    return not (is_word(before) and (run[0] == "_" or run == "*"))


def _does_open(source: Source, run: str, before: str, after: str) -> bool:
    if _IN_ADDRESS.search(source.before(256)):
        return False
    if run[0] == "*" and after in "ak" and _is_parameters(source, run):
        return False
    if not is_word(before) or run[0] == "~":
        return True
    return before.isalpha() and not after.isdigit() and _other_half(source, run)


def _is_parameters(source: Source, run: str) -> bool:
    """Whether these are Python's `*args` or `**kwargs`, as they stand in prose."""
    source.char(len(run) + 6)
    name = _PARAMETERS.match(source.text, source.at + len(run))
    return name is not None and source.char(len(run) + len(name.group())) != "*"


def _other_half(source: Source, run: str) -> bool:
    """Whether the word goes on to another such run."""
    return source.look(_TO_OTHER_HALF[run[0]], _TO_OTHER_HALF_BEGUN, _MAX_OTHER_HALF, len(run)) is not None


def _is_stray(run: str, before: str, after: str) -> bool:
    """Whether `**` closes what was opened before a line's end, or before a flush: nobody writes it for its own sake."""
    return run == "**" and is_word(before) and after.isspace()
