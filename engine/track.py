"""One utterance's way from an engine's chunks to the bytes that its listener asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from engine.audio.encode import encoder
from engine.audio.encoder import NOT_PADDED, NOTHING, Encoded, Padding
from engine.audio.frames import Framer
from engine.audio.level import first_audible
from engine.audio.resample import Resampler
from engine.pace import Pace
from engine.tail import Tail
from engine.types import TAIL_RATE, Output, Pcm, Word


class Taken(NamedTuple):
    """What came out since the last call: the fields of a Delivery of the same names."""

    data: bytes
    first_sample: int
    num_samples: int
    words: tuple[Word, ...]
    audible_at: int | None
    packets: tuple[int, ...]


class Track:
    """Tail, output rate, frames and encoding of one utterance. Audio comes out in whole frames or packets.

    What fills no frame, and the last 10 ms, are held back until `release` or `finish`. `holding` says whether
    anything is.
    """

    __slots__ = (
        "_audible",
        "_encoder",
        "_finished",
        "_framer",
        "_frames",
        "_num_in",
        "_num_out",
        "_pace",
        "_pre_skip",
        "_resampler",
        "_tail",
        "holding",
    )

    def __init__(self, engine_rate: int, output: Output) -> None:
        self.holding = False
        self._tail = Tail(engine_rate)
        self._resampler = Resampler(TAIL_RATE, output.sample_rate)
        self._framer = Framer(output.frame_samples)
        self._encoder = encoder(output)
        self._pre_skip = output.pre_skip
        self._pace: Pace | None = None
        self._frames: list[Pcm] = []
        self._num_in = 0  # samples that were given to the encoder
        self._num_out = 0  # samples that came from it
        self._audible = False
        self._finished = False

    def begin(self, gap_ms: int, pace: Pace | None = None) -> None:
        """Begin a segment. If there is a `pace` the times of its words come from there, not from its chunks."""
        self._pace = pace
        self._tail.begin(gap_ms)

    def push(self, pcm: Pcm, words: Iterable[Word]) -> None:
        """Take a chunk of the segment."""
        self.holding = True
        self._convert(self._tail.push(pcm, self._pace.heard(pcm.size) if self._pace else words))

    def end(self) -> None:
        """End the segment."""
        self._convert(self._tail.end(self._pace.end() if self._pace else ()))

    def release(self) -> None:
        """Let out all that is held back, with the silence that the format needs for that. Not within a segment."""
        self._release(self._encoder.padding)

    def finish(self) -> None:
        """Let out all that is held back, and what ends the stream. Nothing follows."""
        self._release(NOT_PADDED)
        self._finished = True

    def take(self) -> Taken:
        """Return what came out since the last call."""
        frames = self._frames
        pcm = frames[0] if len(frames) == 1 else np.concatenate(frames) if frames else _NO_SAMPLES
        frames.clear()
        audible_at = None if self._audible else self._look_for_sound(pcm)
        made = self._encoder.encode(pcm) if pcm.size else NOTHING
        if self._finished:
            made = _joined(made, self._encoder.finish())
        first, self._num_in, self._num_out = self._num_out, self._num_in + pcm.size, self._num_out + made.num_samples
        return Taken(made.data, first, made.num_samples, self._tail.take_words(), audible_at, made.packets)

    def _release(self, padding: Padding) -> None:
        self._convert(self._tail.release(padding))
        self._frame(self._resampler.flush())
        self._frames.append(self._framer.flush())
        self.holding = False

    def _convert(self, pcm: Pcm) -> None:
        self._frame(self._resampler.push(pcm))

    def _frame(self, pcm: Pcm) -> None:
        if pcm.size:
            frames = self._framer.push(pcm)
            if frames.size:
                self._frames.append(frames)

    def _look_for_sound(self, pcm: Pcm) -> int | None:
        index = first_audible(pcm)
        if index is None:
            return None
        self._audible = True
        return self._pre_skip + self._num_in + index


def _joined(made: Encoded, rest: Encoded) -> Encoded:
    return Encoded(made.data + rest.data, made.num_samples + rest.num_samples, made.packets + rest.packets)


_NO_SAMPLES: Pcm = np.empty(0, np.float32)
