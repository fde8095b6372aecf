"""A text's whole way through this package, with what every stage makes of it: for people who want to see why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.text.chunker import Chunker, Piece
from engine.text.markup import Mark, Markup
from engine.text.normalize import spans, support
from engine.text.say import Support
from engine.types import Span

Reading = Literal["on", "literal", "off"]
"""What becomes of markup: it is understood; so it is, but unknown tags are read; everything is read as it stands."""


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
    marked, marks = (text, ()) if markup == "off" else _marked(text, Markup("skip" if markup == "on" else "literal"))
    spoken = tuple(Spoken(piece, spans(piece.text, piece.start, language)) for piece in _pieces(marked, lead_s))
    return Stages(text, language, support(language), marked, marks, spoken)


def _marked(text: str, markup: Markup) -> tuple[str, tuple[Mark, ...]]:
    out = markup.push(text) + markup.end()
    return out, tuple(markup.take_marks())


def _pieces(text: str, lead_s: float) -> Iterator[Piece]:
    chunker = Chunker()
    chunker.push(text)
    chunker.end()
    while (piece := chunker.take(lead_s, 0.0)) is not None:
        yield piece
