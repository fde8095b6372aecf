"""What a tag asks of the voice: an emotion, an event, a pause; or nothing that is known."""

from __future__ import annotations

from collections.abc import Mapping

from engine.text import tags
from engine.text.markdown.source import Mark, Source, State, is_word, masked
from engine.text.marks import CUT

_NONE: Mapping[str, str] = {}


def ask(source: Source, state: State, raw: str, name: str, closes: bool, attributes: Mapping[str, str] = _NONE) -> str:
    """Note what a tag asks for and return what stands for it; "" if it asks for nothing that is known."""
    words = tags.words_of(name)
    if words in ("emotion", "style", "express as"):
        words = tags.words_of(attributes.get("value") or attributes.get("name") or attributes.get("style") or "")
    if (emotion := tags.emotion(words)) is not None:
        return _cut(source, state, raw, Mark(0, 0, "emotion", "" if closes else emotion))
    if words in tags.PAUSES and not closes:
        return _pause(source, state, raw, words, attributes)
    event = tags.event(words)
    if event and not closes:
        _note(source, state, raw, Mark(0, 0, "event", event))
    return _left(source, raw) if event or words in tags.PAUSES else ""


def _pause(source: Source, state: State, raw: str, words: str, attributes: Mapping[str, str]) -> str:
    written = attributes.get("time") or attributes.get("duration") or attributes.get("length") or attributes.get("")
    length_ms = tags.length_ms(written) if written else None
    if length_ms is None:
        length_ms = tags.STRENGTHS.get(attributes.get("strength", "").lower(), tags.PAUSES[words])
    return _cut(source, state, raw, Mark(0, 0, "pause", "", length_ms))


def unknown(source: Source, state: State, raw: str, name: str) -> str:
    """Note a tag that is in no table and leave it out; or leave it to be read, if that is what was chosen."""
    if state.keeps_unknown:
        return raw
    _note(source, state, raw, Mark(0, 0, "unknown", name))
    return _left(source, raw)


def _cut(source: Source, state: State, raw: str, mark: Mark) -> str:
    _note(source, state, raw, mark)
    return CUT + masked(raw[1:])


def _note(source: Source, state: State, raw: str, mark: Mark) -> None:
    state.tag_end = source.position + len(raw)
    state.marks.append(mark._replace(at=source.position, end=source.position + len(raw)))


def _left(source: Source, raw: str) -> str:
    """Return what stands for a tag that leaves nothing: it never joins two words."""
    return " " + masked(raw[1:]) if is_word(source.before()[-1]) else masked(raw)
