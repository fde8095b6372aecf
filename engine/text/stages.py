"""A text's whole way through this package, with what every stage makes of it: for people who want to see why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.text.chunker import Chunker, Piece
from engine.text.markup import Mark, Reading, markup_for
from engine.text.normalize import spans, support
from engine.text.say import Support
from engine.types import Span


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece, and what is said for it."""

    piece: Piece
    spans: tuple[Span, ...]


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


def stages(text: str, language: str, markup: Reading = "on", lead_s: float = 3.0) -> Stages:
    """Take a whole text through all stages, cut for a listener who has `lead_s` seconds of audio in hand."""
    marked, marks = _marked(text, markup)
    spoken = tuple(Spoken(piece, spans(piece.text, piece.start, language)) for piece in _pieces(marked, lead_s))
    return Stages(text, language, support(language), marked, marks, spoken)


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
