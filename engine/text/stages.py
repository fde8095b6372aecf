"""A text's whole way through this package, with what every stage makes of it: for people who want to see why."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from engine.text.chunker import Chunker, Piece
from engine.text.markup import Mark, Reading, markup_for
from engine.text.normalize import support
from engine.text.say import Support
from engine.text.tags import EMOTIONS, EVENTS
from engine.text.wording import Wording
from engine.types import Span


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece, and what is said for it, events left out; the silence before that at speed 1, and its emotion."""

    piece: Piece
    spans: tuple[Span, ...]
    gap_ms: int
    emotion: str


@dataclass(frozen=True, slots=True)
class Stages:
    """What the stages make of a text. All positions are those of `raw`, in code points.

    `marked` is the text after the markup, as long as `raw`; `marks` is what was found in it; `support` tells how well
    `language` is known.
    """

    raw: str
    language: str
    support: Support
    marked: str
    marks: tuple[Mark, ...]
    spoken: tuple[Spoken, ...]


def stages(
    text: str, language: str, markup: Reading = "on", lead_s: float = 3.0, tags: frozenset[str] = EMOTIONS | EVENTS
) -> Stages:
    """Take a whole text through all stages, cut for a listener who has `lead_s` seconds of audio in hand.

    `tags` are those that the engine brings out.
    """
    marked, marks = _marked(text, markup)
    spoken = tuple(_spoken(_pieces(marked, lead_s), marks, Wording(language, tags)))
    return Stages(text, language, support(language), marked, marks, spoken)


def _spoken(pieces: Iterator[Piece], marks: tuple[Mark, ...], wording: Wording) -> Iterator[Spoken]:
    waiting = deque(marks)
    for piece in pieces:
        here: list[Mark] = []
        while waiting and waiting[0].at < piece.end:
            here.append(waiting.popleft())
        lines = wording.read(piece, here)
        if lines is None:
            yield Spoken(piece, (), 0, "")
        else:
            yield Spoken(piece, tuple(span for span in lines.spans if not span.tag), lines.gap_ms, lines.emotion)


def _marked(text: str, reading: Reading) -> tuple[str, tuple[Mark, ...]]:
    markup = markup_for(reading)
    if markup is None:
        return text, ()
    out = markup.push(text) + markup.end()
    return out, tuple(markup.take_marks())


def _pieces(text: str, lead_s: float) -> Iterator[Piece]:
    chunker = Chunker()
    chunker.push(text)
    chunker.end()
    while (piece := chunker.take(lead_s, 0.0)) is not None:
        yield piece
