"""What stands in square brackets: links and images, footnotes, tags for the voice.

A tag is one to three words that are in the tables, or one or two lower-case words alone that are not. It does not
follow a letter, a digit or another bracket (`a[i]`, `[text][reference]`), and no address follows it.
"""

from __future__ import annotations

import re

from engine.text import tags
from engine.text.markdown.asked import ask, unknown
from engine.text.markdown.source import Source, State, masked
from engine.text.marks import MASK

_TAG = re.compile(
    r"\[(?P<closes>/?)(?P<words>[A-Za-z]+(?:[ _-][A-Za-z]+){0,2})(?:[ :=]+(?P<length>\d[\d.]*[a-z ]*))?\]"
)
_TAG_BEGUN = re.compile(r"\[/?(?:[A-Za-z]+(?:[ _-][A-Za-z]*){0,2}(?:[ :=]*|[ :=]+\d[\d.]*[a-z ]*))?\Z")
_MAX_TAG = 48
_UNKNOWN = re.compile(r"[a-z]{3,24}(?: [a-z]{3,24})?")

_NOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]")
_NOTE_BEGUN = re.compile(r"\[(?:\^[^\[\]\s]{0,40})?\Z")
_CITATION = re.compile("【[^【】\n]{0,80}†[^【】\n]{0,80}】")
_CITATION_BEGUN = re.compile("【[^【】\n]{0,160}\\Z")

_TEXT = r"\[(?:[^\[\]\n\\]|\\.|\[[^\[\]\n]{0,200}\](?:\([^()\s\[\]]*\))?)*+"
_LINK = re.compile(_TEXT + r"\]")
_LINK_BEGUN = re.compile(_TEXT + r"(?:\\|\[[^\[\]\n]{0,200}(?:\](?:\([^()\s\[\]]*)?)?)?\Z")
_MAX_TEXT = 400
_URL = r"(?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*+)"
_TARGET = re.compile(rf"""\]\(\s{{0,4}}{_URL}(?:\s{{1,4}}(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s{{0,4}}\)""")
_TARGET_BEGUN = re.compile(
    r"""\](?:\(\s{0,4}(?:<[^<>\n]*>?|[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*+(?:\([^\s()<>]*)?)
    (?:\s{1,4}(?:"[^"]*"?|'[^']*'?|\([^()]*\)?)?\s{0,4})?)?\Z""",
    re.VERBOSE,
)
_MAX_TARGET = 800
_REFERENCE = re.compile(r"\]\[(?!\d+\])[^\[\]\n]{0,100}\]")
_REFERENCE_BEGUN = re.compile(r"\](?:\[[^\[\]\n]{0,100})?\Z")


def bracket(source: Source, state: State) -> str:
    """Read what begins with `[`; where that is nothing it is itself."""
    if note := source.look(_NOTE, _NOTE_BEGUN, 48):
        return masked(note.group())
    before = source.before()[-1]
    if before.isascii() and (before.isalnum() or before == "_"):
        return "["
    tag = source.look(_TAG, _TAG_BEGUN, _MAX_TAG)
    if tag and (before != "]" or state.tag_end == source.position) and (read := _tag(source, state, tag)):
        return read
    return MASK if begin_link(source, state) else "["


def image(source: Source, state: State) -> str:
    """Read the `!` before an image, whose description stays."""
    return MASK if source.char(1) == "[" and begin_link(source, state, 1) else "!"


def begin_link(source: Source, state: State, ahead: int = 0) -> bool:
    """Say whether a link's text begins so far ahead, and remember where it ends."""
    text = source.look(_LINK, _LINK_BEGUN, _MAX_TEXT, ahead)
    if text is None:
        return False
    size = ahead + len(text.group())
    follows = source.char(size)
    if follows not in "([" or (follows == "[" and not _refers(source, size)):
        return False
    end = source.position + size - 1
    if not state.link_ends or state.link_ends[-1] != end:
        state.link_ends.append(end)
    return True


def end_link(source: Source, state: State) -> str:
    """Read where a link's text ends: its address is not spoken."""
    target = source.look(_TARGET, _TARGET_BEGUN, _MAX_TARGET) or source.look(_REFERENCE, _REFERENCE_BEGUN, 104)
    state.link_ends.pop()
    return masked(target.group()) if target else "]"


def citation(source: Source, state: State) -> str:
    """Read the source that some models name after a sentence, as 【4:0†report.pdf】."""
    found = source.look(_CITATION, _CITATION_BEGUN, 168)
    return masked(found.group()) if found else "【"


def _refers(source: Source, size: int) -> bool:
    return source.look(_REFERENCE, _REFERENCE_BEGUN, 104, size - 1) is not None


def _tag(source: Source, state: State, tag: re.Match[str]) -> str:
    raw, words = tag.group(), tag["words"]
    if source.char(len(raw)) == "(":
        return ""
    if read := ask(source, state, raw, words, bool(tag["closes"]), {"": tag["length"] or ""}):
        return read
    alone = _UNKNOWN.fullmatch(words) and not tag["length"] and words not in tags.NO_TAGS
    if not alone or source.char(len(raw)) in "[:":
        return ""
    return unknown(source, state, raw, words)
