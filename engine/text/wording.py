"""What is said of a piece: its words, the events between them, its emotion, and the silence before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.text.bonds import Break
from engine.text.chunker import Piece
from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.text.markup import Mark
from engine.text.normalize import spans
from engine.text.tags import MAX_PAUSE_MS
from engine.types import Span

GAP_MS = {Break.NONE: 0, Break.CLAUSE: 150, Break.SENTENCE: 300, Break.PARAGRAPH: 500}
"""Silence between two stretches, by what stands between them, at speed 1."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What is said at once: see Segment for what its parts mean."""

    spans: tuple[Span, ...]
    gap_ms: int
    emotion: str


def is_followed(mark: Mark, tags: frozenset[str]) -> bool:
    """Whether a mark changes anything in the speech of an engine with these tags."""
    if mark.kind in ("emotion", "event"):
        return not mark.value or mark.value in tags
    return mark.kind == "pause"


class Wording:
    """Reads the pieces of one utterance, in order.

    An emotion holds until another one begins, and pauses add up until there is something to say after them; a pause
    replaces the natural one if it is longer. `tags` are the emotions and events that the engine brings out; speech
    under one that it does not is neutral.
    """

    def __init__(self, language: str, tags: frozenset[str], speed: float = 1.0, lexicon: Lexicon = NO_LEXICON) -> None:
        self._ignored: list[Mark] = []
        self._language = language
        self._tags = tags
        self._speed = speed
        self._lexicon = lexicon
        self._emotion = ""
        self._pause_ms = 0
        self._break = Break.NONE
        self._begun = False

    def read(self, piece: Piece, marks: Iterable[Mark]) -> Lines | None:
        """Return what is said of a piece in which these marks stand, or None if that is nothing."""
        words = spans(piece.text, piece.start, self._language, self._lexicon)
        last_start = words[-1].start if words else -1
        events: list[Span] = []
        behind: list[Mark] = []
        for mark in marks:
            if mark.kind == "event" and is_followed(mark, self._tags):
                events.append(Span("", mark.at, mark.at, tag=mark.value))
            elif mark.at > last_start:
                behind.append(mark)
            else:
                self._follow(mark)
        if events:
            words = tuple(sorted((*words, *events), key=lambda span: (span.start, span.end)))
        lines = Lines(words, self._take_gap_ms(), self._emotion) if words else None
        if self._begun:
            self._break = max(self._break, piece.after)
        for mark in behind:
            self._follow(mark)
        return lines

    def take_ignored(self) -> list[Mark]:
        """Return the marks since the last call that changed nothing."""
        ignored, self._ignored = self._ignored, []
        return ignored

    def _follow(self, mark: Mark) -> None:
        is_followed_here = is_followed(mark, self._tags)
        if not is_followed_here:
            self._ignored.append(mark)
        if mark.kind == "pause":
            self._pause_ms = min(self._pause_ms + mark.pause_ms, MAX_PAUSE_MS)
        elif mark.kind == "emotion":
            self._emotion = mark.value if is_followed_here else ""

    def _take_gap_ms(self) -> int:
        gap_ms = max(round(GAP_MS[self._break] / self._speed), self._pause_ms)
        self._break, self._pause_ms, self._begun = Break.NONE, 0, True
        return gap_ms
