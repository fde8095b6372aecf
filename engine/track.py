"""One utterance's way from an engine's chunks to the bytes that its listener asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from engine.audio.encode import encoder
from engine.audio.frames import Framer
from engine.audio.level import first_audible
from engine.audio.resample import Resampler
from engine.tail import Tail
from engine.types import FRAME_MS, TAIL_RATE, Output, Pcm, Word


class Encoded(NamedTuple):
    """What came out since the last call: the fields of a Delivery of the same names."""

    data: bytes
    first_sample: int
    num_samples: int
    words: tuple[Word, ...]
    audible_at: int | None


class Track:
    """Tail, output rate, frames and encoding of one utterance. Audio comes out in whole frames of 20 ms.

    What fills no frame, and the last 10 ms, are held back until `release`. `holding` says whether anything is.
    """

    __slots__ = ("_audible", "_encoder", "_framer", "_frames", "_num_taken", "_resampler", "_tail", "holding")

    def __init__(self, engine_rate: int, output: Output) -> None:
        self.holding = False
        self._tail = Tail(engine_rate)
        self._resampler = Resampler(TAIL_RATE, output.sample_rate)
        self._framer = Framer(output.sample_rate * FRAME_MS // 1000)
        self._encoder = encoder(output)
        self._frames: list[Pcm] = []
        self._num_taken = 0
        self._audible = False

    def begin(self, gap_ms: int) -> None:
        """Begin a segment."""
        self._tail.begin(gap_ms)

    def push(self, pcm: Pcm, words: Iterable[Word]) -> None:
        """Take a chunk of the segment."""
        self.holding = True
        self._convert(self._tail.push(pcm, words))

    def end(self) -> None:
        """End the segment."""
        self._convert(self._tail.end())

    def release(self) -> None:
        """Let out all that is held back. Not within a segment."""
        self._convert(self._tail.release())
        self._frame(self._resampler.flush())
        self._frames.append(self._framer.flush())
        self.holding = False

    def take(self) -> Encoded:
        """Return what came out since the last call."""
        pcm = self._frames[0] if len(self._frames) == 1 else np.concatenate((*self._frames, _NOTHING))
        self._frames.clear()
        first, self._num_taken = self._num_taken, self._num_taken + pcm.size
        data = self._encoder.encode(pcm) if pcm.size else b""
        return Encoded(data, first, pcm.size, self._tail.take_words(), self._look_for_sound(pcm, first))

    def _convert(self, pcm: Pcm) -> None:
        self._frame(self._resampler.push(pcm))

    def _frame(self, pcm: Pcm) -> None:
        if pcm.size:
            frames = self._framer.push(pcm)
            if frames.size:
                self._frames.append(frames)

    def _look_for_sound(self, pcm: Pcm, first: int) -> int | None:
        if self._audible:
            return None
        index = first_audible(pcm)
        if index is None:
            return None
        self._audible = True
        return first + index


_NOTHING: Pcm = np.empty(0, np.float32)
