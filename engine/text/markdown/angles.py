"""What stands in angle brackets: HTML and SSML, tags for the voice, addresses, comments, what a model only thinks."""

from __future__ import annotations

import re

from engine.text import tags
from engine.text.markdown.asked import ask, unknown
from engine.text.markdown.source import Skip, Source, State, blank, broken, is_word, masked
from engine.text.marks import BREAK, MASK

_NAME = re.compile(r"</?[A-Za-z][\w.:-]{0,48}")
_MAX_NAME = 40
_BARE = "allowfullscreen|async|autoplay|checked|controls|defer|disabled|hidden|loop|multiple|muted|open|readonly"
_VALUE = r"""(?:"[^"<]*"|'[^'<]*'|[^\s"'=<>`]+)"""
_ATTRIBUTE = (
    rf"""\s+(?:[A-Za-z_:@][\w:@.-]*\s*=\s*{_VALUE}|(?:{_BARE}|required|reversed|selected)(?=[\s/>])|\d[\d.]*m?s)"""
)
_ELEMENT = re.compile(rf"<(?P<closes>/?)(?P<name>[A-Za-z][\w.:-]*)(?P<attributes>(?:{_ATTRIBUTE})*+)\s*/?>")
_ELEMENT_BEGUN = re.compile(
    rf"""</?(?:[A-Za-z][\w.:-]*(?:(?:{_ATTRIBUTE})*+(?:\s*/?|\s+[A-Za-z_:@][\w:@.-]*
    (?:\s*=?|\s*=\s*(?:"[^"<]*|'[^'<]*|[^\s"'=<>`]*))|\s+\d[\d.]*m?))?)?\Z""",
    re.VERBOSE,
)
_PHRASE = re.compile(r"<(?P<closes>/?)(?P<words>[A-Za-z]+(?:[ _-][A-Za-z]+){1,2})\s{0,2}/?>")
_PHRASE_BEGUN = re.compile(r"</?[A-Za-z]+(?:[ _-][A-Za-z]*){0,2}\s{0,2}/?\Z")
_ADDRESS = re.compile(r"<(?:(?:https?|ftp|mailto|tel):[^\s<>]*|[\w.+-]{1,64}@[\w.-]+)>", re.IGNORECASE)
_ADDRESS_BEGUN = re.compile(
    r"<(?:[a-z]{0,6}|(?:https?|ftp|mailto|tel):[^\s<>]*|[\w.+-]{1,64}(?:@[\w.-]*)?)\Z", re.IGNORECASE
)
_DECLARATION = re.compile(r"<(?:![A-Za-z][^<>]*|\?[A-Za-z][^<>]*)>")
_DECLARATION_BEGUN = re.compile(r"<[!?](?:[A-Za-z][^<>]*)?\Z")
_ATTRIBUTES = re.compile(r"""([A-Za-z_:@][\w:@.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>/]+))|(\d[\d.]*m?s)""")

_COMMENT_ENDS = re.compile("-->")
MAX_TAG = 64
_MAX_ELEMENT = 1200


def angle(source: Source, state: State) -> str:
    """Read what begins with `<`; where that is nothing it is itself."""
    after = source.char(1)
    if after == "!" and (comment := _comment(source, state)):
        return comment
    if after in "!?":
        declaration = source.look(_DECLARATION, _DECLARATION_BEGUN, MAX_TAG)
        return masked(declaration.group()) if declaration else "<"
    if not (after.isalnum() or after in "/_"):
        return "<"
    if address := source.look(_ADDRESS, _ADDRESS_BEGUN, _MAX_ELEMENT):
        return MASK + address.group()[1:-1] + MASK
    return _phrase(source, state) or _element(source, state) or "<"


def _comment(source: Source, state: State) -> str:
    if source.char(2) != "-" or source.char(3) != "-":
        return ""
    state.skip = Skip(source.position, "html", _COMMENT_ENDS, 2)
    return blank("<!--")


def _phrase(source: Source, state: State) -> str:
    """Read a tag of two or three words that is in the tables."""
    phrase = source.look(_PHRASE, _PHRASE_BEGUN, MAX_TAG)
    if phrase is None:
        return ""
    return ask(source, state, phrase.group(), phrase["words"], bool(phrase["closes"]))


def _element(source: Source, state: State) -> str:
    name = _NAME.match(source.text, source.at)
    source.char(len(name.group()) if name else 2)  # the name is whole
    if name is None or len(name.group()) > _MAX_NAME:
        return ""
    known = _is_element(name.group().strip("</").lower())
    element = source.look(_ELEMENT, _ELEMENT_BEGUN, _MAX_ELEMENT if known else MAX_TAG)
    return _read(source, state, element) if element else ""


def _is_element(name: str) -> bool:
    return name in tags.BLOCKS or name in tags.INLINE or name in tags.CELLS or name in tags.UNSPOKEN


def _read(source: Source, state: State, element: re.Match[str]) -> str:
    raw, name, closes = element.group(), element["name"].lower(), bool(element["closes"])
    if name in tags.THINKING or name in tags.UNSPOKEN:
        return _body(source, state, raw, name, closes)
    if name in tags.CELLS:
        return _cell(source, raw)
    if name in tags.BLOCKS:
        return broken(raw)
    if name in tags.INLINE:
        return masked(raw)
    if asked := ask(source, state, raw, name, closes, _attributes(element)):
        return asked
    if is_word(source.before()[-1]) or len(name) < 2:
        return ""
    return unknown(source, state, raw, name)


def _attributes(element: re.Match[str]) -> dict[str, str]:
    """Return the values by name; a bare length (`<pause 500ms>`) is under the empty one."""
    return {
        (found[1] or "").lower(): found[2] or found[3] or found[4] or found[5] or ""
        for found in _ATTRIBUTES.finditer(element["attributes"])
    }


def _body(source: Source, state: State, raw: str, name: str, closes: bool) -> str:
    if not closes and not raw.endswith("/>"):
        value = "thinking" if name in tags.THINKING else "html"
        closing = re.compile(rf"</{name}\s{{0,8}}>", re.IGNORECASE)
        state.skip = Skip(source.position, value, closing, len(name) + 10)
    return blank(raw)


def _cell(source: Source, raw: str) -> str:
    return ("," if is_word(source.before()[-1]) else BREAK if raw[1] != "/" else " ") + blank(raw[1:])
