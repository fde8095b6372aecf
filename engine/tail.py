"""Where segments become one stream: gaps, seams, 48 kHz, and the utterance's clock."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.audio.crossfade import fade_in, fade_out
from engine.audio.encoder import NOT_PADDED, Padding
from engine.audio.resample import Resampler
from engine.types import TAIL_RATE, Pcm, Word

SEAM = TAIL_RATE // 100
"""Samples over which a segment fades out, and over which two of them overlap where no gap parts them: 10 ms."""

_NOTHING: Pcm = np.empty(0, np.float32)


class Tail:
    """Assembles the segments of one utterance, at 48 kHz, sample for sample the same however their chunks fell.

    Every segment fades out over its last 10 ms, or all of it if it is shorter. What follows after a gap begins as
    it is. What follows without one fades in over as many samples, and is added to the end of the segment before:
    over 10 ms, or less if one of the two is shorter. So the last 10 ms are held back, until the next segment
    comes or `release` lets them go; a segment that joins after that fades in alone. The first segment has neither
    gap nor fade, and a segment without audio leaves nothing but its gap, to the next one if that has a smaller.
    """

    __slots__ = (
        "_gap",
        "_held",
        "_num_out",
        "_overlap",
        "_padded_to",
        "_placed",
        "_raw",
        "_resampler",
        "_said_s",
        "_start",
        "_unplaced",
        "_words",
    )

    def __init__(self, source_rate: int) -> None:
        self._resampler = Resampler(source_rate, TAIL_RATE)
        self._num_out = 0  # samples let out so far
        self._padded_to = 0  # what was let out when silence was last added
        self._held = _NOTHING  # the faded end of what is complete, not let out
        self._raw = _NOTHING  # the segment's own samples, not let out
        self._overlap = _NOTHING  # what is still to be added to the front of _raw
        self._gap = 0
        self._start = 0  # where the segment begins, once it is placed
        self._placed = False
        self._unplaced: list[Word] = []
        self._words: list[Word] = []
        self._said_s = 0.0  # where the last word ends

    def begin(self, gap_ms: int) -> None:
        """Begin a segment: `gap_ms` of silence go before it."""
        self._gap = max(self._gap, gap_ms * TAIL_RATE // 1000)
        self._placed = False

    def push(self, pcm: Pcm, words: Iterable[Word] = ()) -> Pcm:
        """Take a chunk of the segment, at the engine's rate; return the samples that are final now."""
        self._unplaced.extend(words)
        self._gather(self._resampler.push(pcm))
        return self._advance() if self._raw.size > SEAM else _NOTHING

    def end(self, words: Iterable[Word] = ()) -> Pcm:
        """End the segment, with the last of its words; return the samples that are final now."""
        self._unplaced.extend(words)
        self._gather(self._resampler.flush())
        final = self._advance()
        if self._raw.size:
            self._raw *= fade_out(self._raw.size)
            self._raw[: self._overlap.size] += self._overlap
            self._held, self._raw, self._overlap = self._raw, _NOTHING, _NOTHING
        else:
            self._start = self._num_out + self._held.size
        self._place_words()
        limit_s = (self._num_out + self._held.size) / TAIL_RATE
        self._words = [
            Word(w.start, w.end, min(w.start_s, limit_s), min(w.end_s, limit_s), w.estimated) for w in self._words
        ]
        return final

    def release(self, padding: Padding = NOT_PADDED) -> Pcm:
        """Let out what is held back of the segments that have ended, and then silence, if there is any sound yet."""
        released, self._held = self._held, _NOTHING
        self._num_out += released.size
        if self._num_out == self._padded_to:
            return released
        num_added = padding.room + -(self._num_out + padding.room) % padding.grid
        self._num_out += num_added
        self._padded_to = self._num_out
        return np.concatenate((released, np.zeros(num_added, np.float32))) if num_added else released

    def take_words(self) -> tuple[Word, ...]:
        """Return the words placed since the last call, on the utterance's clock: in order, none over another."""
        words, self._words = tuple(self._words), []
        return words

    def _gather(self, pcm: Pcm) -> None:
        self._raw = np.concatenate((self._raw, pcm))  # a copy, always: it is changed in place

    def _advance(self) -> Pcm:
        """Let out all but the last 10 ms of the segment."""
        before = self._place() if self._raw.size and not self._placed else _NOTHING
        cut = max(self._raw.size - SEAM, 0)
        final, self._raw = self._raw[:cut], self._raw[cut:]
        if self._overlap.size:
            num_added = min(cut, self._overlap.size)
            final[:num_added] += self._overlap[:num_added]
            self._overlap = self._overlap[num_added:]
        if before.size:
            final = np.concatenate((before, final))
        self._num_out += final.size
        if self._unplaced and self._placed:
            self._place_words()
        return final

    def _place(self) -> Pcm:
        """Settle where the segment begins and how; return what goes out before it.

        It is called with more than 10 ms of the segment, or with all of it.
        """
        before, self._held = self._held, _NOTHING
        if self._gap and (before.size or self._num_out):
            before = np.concatenate((before, np.zeros(self._gap, np.float32)))
        elif before.size:
            num_shared = min(before.size, self._raw.size)
            before, self._overlap = np.split(before, [before.size - num_shared])
            self._raw[:num_shared] *= fade_in(num_shared)
        elif self._num_out:
            num_faded = min(SEAM, self._raw.size)
            self._raw[:num_faded] *= fade_in(num_faded)
        self._start = self._num_out + before.size
        self._gap = 0
        self._placed = True
        return before

    def _place_words(self) -> None:
        offset_s = self._start / TAIL_RATE
        for word in self._unplaced:
            start_s = max(offset_s + word.start_s, self._said_s)
            self._said_s = max(offset_s + word.end_s, start_s)
            self._words.append(Word(word.start, word.end, start_s, self._said_s, word.estimated))
        self._unplaced.clear()
