"""What ends a sequence that has lost the thread: a budget of tokens for its text, and an eye on loops and on silence.

A model of this size now and then repeats itself or falls silent until something stops it; the reference lets it go on
for a minute.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterable
from typing import Literal

import numpy as np

from engine.spark.config import SAMPLE_RATE
from engine.types import AUDIBLE, Pcm

Runaway = Literal["budget", "loop", "silence"]
"""Why a sequence was cut: it had more tokens than its text can need, repeated itself, or was silent for too long."""

TOKENS_PER_S = 50

MOST_TOKENS = 3000
"""A minute: what the reference generates at most."""

_AT_LEAST = 256
_PER_CHARACTER = 8
_PER_SYLLABLE = 24
"""Twice what slow speech takes: about 12 characters in a second where letters spell sounds, 4 where they are words."""

_LOOK_EVERY = 25
_WINDOW = 3 * TOKENS_PER_S
_LONGEST_CYCLE = 2 * TOKENS_PER_S
_FEWEST_KINDS = 12
"""Speech has some eighty different tokens in three seconds."""

LONGEST_SILENCE_S = 3.0

_ENDING = 640
"""Samples."""


def budget(text: str) -> int:
    """Return how many semantic tokens a text may take: about twice as many as slow speech does."""
    num_wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    needed = _PER_CHARACTER * (len(text) - num_wide) + _PER_SYLLABLE * num_wide
    return min(_AT_LEAST + needed, MOST_TOKENS)


class Guard:
    """Watches one sequence: its tokens for loops, its sound for silence. What is found is found within a second."""

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=3 * _LONGEST_CYCLE)
        self._unseen = 0
        self._num_silent = 0

    def tokens(self, codes: Iterable[int]) -> Runaway | None:
        """Take semantic tokens; say whether they have become a loop."""
        for code in codes:
            self._last.append(code)
            self._unseen += 1
            if self._unseen >= _LOOK_EVERY:
                self._unseen = 0
                if self._loops():
                    return "loop"
        return None

    def sound(self, pcm: Pcm) -> Runaway | None:
        """Take sound at the codec's rate; say whether there has been none for too long, from the beginning on too."""
        for start in (max(pcm.size - _ENDING, 0), 0):  # speech is hardly ever silent at the end of a window
            loud = np.flatnonzero(np.abs(pcm[start:]) > AUDIBLE)
            if loud.size:
                self._num_silent = pcm.size - start - 1 - int(loud[-1])
                break
        else:
            self._num_silent += pcm.size
        return "silence" if self._num_silent >= LONGEST_SILENCE_S * SAMPLE_RATE else None

    def _loops(self) -> bool:
        """Whether the last three seconds are hardly more than one sound, or a stretch was said three times running."""
        last = list(self._last)
        if len(last) < _WINDOW:
            return False
        if len(set(last[-_WINDOW:])) < _FEWEST_KINDS:
            return True
        newest = last[-1]
        lengths = [back for back in range(_FEWEST_KINDS, _LONGEST_CYCLE + 1) if last[-1 - back] == newest]
        return any(_repeated(last, length) for length in lengths)


def _repeated(ids: list[int], length: int) -> bool:
    """Whether the end of a list is the same stretch over and over: three times, and for no less than the window."""
    num_alike = max(3 * length, _WINDOW) - length
    return len(ids) >= num_alike + length and ids[-num_alike:] == ids[-num_alike - length : -length]
