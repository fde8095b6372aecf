"""Whole frames from pieces of any length."""

from __future__ import annotations

import numpy as np

from engine.types import Pcm


class Framer:
    """Lets samples out in whole frames of `frame_samples`, and holds back the rest: always less than a frame.

    The samples are passed on as they are. What `push` returns may share memory with what it was given; what is
    held back never does. A push costs time in proportion to its own length.
    """

    __slots__ = ("_frame_samples", "_held", "_num_held")

    def __init__(self, frame_samples: int) -> None:
        if frame_samples < 1:
            raise ValueError(f"a frame needs at least one sample, not {frame_samples}")
        self._frame_samples = frame_samples
        self._held: Pcm = np.empty(frame_samples, np.float32)
        self._num_held = 0

    def push(self, pcm: Pcm) -> Pcm:
        """Take samples and return the frames that are whole now, end to end: a multiple of `frame_samples`."""
        num_held = self._num_held
        if not num_held and pcm.size == self._frame_samples:
            return pcm  # an engine whose chunks are frames: the common case of the fast ones
        num_rest = (num_held + pcm.size) % self._frame_samples
        if num_held + pcm.size < self._frame_samples:
            self._held[num_held:num_rest] = pcm
            self._num_held = num_rest
            return pcm[:0]
        cut = pcm.size - num_rest
        frames = np.concatenate((self._held[:num_held], pcm[:cut])) if num_held else pcm[:cut]
        self._held[:num_rest] = pcm[cut:]
        self._num_held = num_rest
        return frames

    def flush(self) -> Pcm:
        """Return the samples that fill no frame, and start afresh."""
        rest = self._held[: self._num_held].copy()
        self._num_held = 0
        return rest
