"""When words sound, where the engine does not say: reckoned from the length of the text and of the audio. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from engine.text.marks import CLAUSE_ENDS, CLOSERS, SENTENCE_ENDS
from engine.types import Segment, Span, Word

USUAL_S = 0.060
"""Seconds for a unit of weight until a voice has been heard: English at 175 words a minute."""

_USUAL_WEIGHT = 10.0  # how much the usual counts against what was heard
_MEMORY_WEIGHT = 2000.0  # what was heard longer ago is forgotten: about two minutes of speech
_VOWELS = frozenset("aeiouyAEIOUY")
_WORD = 1.0
_WIDE = 3.0  # a character that is a syllable: Han, Kana, Hangul
_DIGIT = 4.0
_EVENT = 8.0
_CLAUSE_PAUSE, _SENTENCE_PAUSE = 4.0, 7.0


class Rate:
    """How fast a voice speaks, learned from the segments it has finished."""

    __slots__ = ("_seconds", "_weight")

    def __init__(self) -> None:
        self._weight = _USUAL_WEIGHT
        self._seconds = USUAL_S * _USUAL_WEIGHT

    @property
    def s(self) -> float:
        """Seconds for a unit of weight, at speed 1."""
        return self._seconds / self._weight

    def learn(self, weight: float, seconds: float) -> None:
        """Take in that so much was said in so many seconds, at speed 1."""
        kept = min(_MEMORY_WEIGHT / (self._weight + weight), 1.0)
        self._weight = (self._weight + weight) * kept
        self._seconds = (self._seconds + seconds) * kept


class Pace:
    """Reckons the words of one segment while its audio is made, on the segment's clock.

    A word is told when it is over by the rate of its voice, so it lies within what has been made, and is not taken
    back. The rest, the last word always, is fitted to the true end. Words are in order and do not overlap.
    """

    __slots__ = ("_items", "_made", "_next", "_rate", "_sample_rate", "_speed", "_told_s", "_weight_s")

    def __init__(self, segment: Segment, rate: Rate, sample_rate: int) -> None:
        self._items = [(span, *weights(span)) for span in segment.spans]
        if self._items:
            span, weight, _ = self._items[-1]
            self._items[-1] = (span, weight, 0.0)
        self._rate = rate
        self._sample_rate = sample_rate
        self._speed = segment.speed
        self._weight_s = rate.s / segment.speed  # kept, though others teach the rate meanwhile
        self._made = 0
        self._next = 0
        self._told_s = 0.0  # where the last item that is settled ends, its pause included

    def heard(self, num_samples: int) -> list[Word]:
        """Take in that so many more samples were made; return the words that are over by now."""
        self._made += num_samples
        words: list[Word] = []
        while self._next < len(self._items) - 1:
            span, weight, pause = self._items[self._next]
            end_s = self._told_s + weight * self._weight_s
            if end_s > self._made / self._sample_rate:
                break
            words += _word(span, self._told_s, end_s)
            self._told_s = end_s + pause * self._weight_s
            self._next += 1
        return words

    def end(self) -> list[Word]:
        """Take in that no more comes; return the words that are left, and teach the voice's rate what it was."""
        end_s = self._made / self._sample_rate
        left = self._items[self._next :]
        self._next = len(self._items)
        if self._made:
            self._rate.learn(sum(weight + pause for _, weight, pause in self._items), end_s * self._speed)
        return list(_fitted(left, min(self._told_s, end_s), end_s))


def weights(span: Span) -> tuple[float, float]:
    """Return how long a span takes to say, and the pause after it, in units: about a sound each.

    A word is one, and so is each of its sounds; vowels one after the other are one sound. With the best rate for all,
    segments that espeak says are 5 % off in English and 3 % in Hindi; a fit of every kind of unit is no better.
    """
    if span.tag:
        return _EVENT, 0.0
    spoken = sum(_weight(char, before) for before, char in pairwise(f" {span.text}"))
    last = span.text.rstrip(CLOSERS)[-1:]
    pause = (
        _SENTENCE_PAUSE if last and last in SENTENCE_ENDS else _CLAUSE_PAUSE if last and last in CLAUSE_ENDS else 0.0
    )
    return (_WORD + spoken if spoken else 0.0), pause


def _weight(char: str, before: str) -> float:
    if char in _VOWELS and before in _VOWELS:
        return 0.0
    kind = unicodedata.category(char)
    if kind == "Nd":
        return _DIGIT
    if kind[0] in "LM":
        return _WIDE if unicodedata.east_asian_width(char) == "W" else 1.0
    return 0.0


def _fitted(items: list[tuple[Span, float, float]], start_s: float, end_s: float) -> Iterator[Word]:
    """Share out the time from `start_s` to `end_s` among what is left, by its weight."""
    total = sum(weight + pause for _, weight, pause in items)
    weight_s = (end_s - start_s) / total if total else 0.0
    at_s = start_s
    for span, weight, pause in items:
        over_s = min(at_s + weight * weight_s, end_s)
        yield from _word(span, at_s, over_s)
        at_s = min(over_s + pause * weight_s, end_s)


def _word(span: Span, start_s: float, end_s: float) -> list[Word]:
    return [] if span.tag else [Word(span.start, span.end, start_s, end_s, estimated=True)]
