"""The formats without memory: each sample by itself, of the same size."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.audio.encoder import NOT_PADDED, NOTHING, Encoded
from engine.audio.level import clipped
from engine.types import Pcm

_S16_SCALE = np.array(32768, np.float32)
_S16_TOP = np.array(32767 / 32768, np.float32)
_ONE = np.array(1, np.float32)
_MINUS_ONE = np.array(-1, np.float32)


class Plain:
    """Encodes each sample by itself, with one of the functions below."""

    __slots__ = ("_to_bytes",)
    padding = NOT_PADDED

    def __init__(self, to_bytes: Callable[[Pcm], bytes]) -> None:
        self._to_bytes = to_bytes

    def encode(self, pcm: Pcm) -> Encoded:
        """Return the bytes of these samples."""
        return Encoded(self._to_bytes(pcm), pcm.size)

    def finish(self) -> Encoded:
        """Return nothing: nothing is held back."""
        return NOTHING


def s16(pcm: Pcm) -> bytes:
    """Return 16-bit little-endian: the nearest steps of 1/32768, so that 16-bit audio comes out as it went in.

    -1.0 is -32768, and 1.0 is clipped to 32767.
    """
    return int16(pcm).astype("<i2", copy=False).tobytes()


def f32(pcm: Pcm) -> bytes:
    """Return 32-bit IEEE floats, little-endian, within +-1."""
    return within_full_scale(pcm).astype("<f4", copy=False).tobytes()


def mulaw(pcm: Pcm) -> bytes:
    """Return G.711 mu-law, one byte for each sample, looked up by its 16-bit value."""
    return mulaw_table().take(int16(pcm).view(np.uint16)).tobytes()


def alaw(pcm: Pcm) -> bytes:
    """Return G.711 A-law, one byte for each sample, looked up by its 16-bit value."""
    return alaw_table().take(int16(pcm).view(np.uint16)).tobytes()


def within_full_scale(pcm: Pcm) -> Pcm:
    """Return a copy within +-1, NaN made silence."""
    return clipped(pcm, _MINUS_ONE, _ONE)


def int16(pcm: Pcm) -> NDArray[np.int16]:
    """Return the samples rounded to 16 bits, after clipping to what they hold."""
    steps = clipped(pcm, _MINUS_ONE, _S16_TOP)
    np.multiply(steps, _S16_SCALE, steps)
    np.rint(steps, steps)
    return steps.astype(np.int16)


@lru_cache(maxsize=1)
def mulaw_table() -> NDArray[np.uint8]:
    """Return the mu-law bytes of all 16-bit samples, indexed by the sample's bits taken as unsigned: [65536].

    ITU-T G.711, table 2: 14-bit samples; magnitude + 33 in eight segments of sixteen steps, each segment with
    steps twice as wide as the one below it; all bits inverted.
    """
    samples = _all_samples() >> 2
    biased = np.minimum(np.abs(samples), 8158) + 33
    segment = _bit_length(biased) - 6
    step = (biased >> (segment + 1)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return _read_only((sign | segment << 4 | step) ^ 0xFF)


@lru_cache(maxsize=1)
def alaw_table() -> NDArray[np.uint8]:
    """Return the A-law bytes of all 16-bit samples, indexed by the sample's bits taken as unsigned: [65536].

    ITU-T G.711, table 1: 13-bit samples; segments 0 and 1 have steps of equal width, those above are each twice
    as wide as the one below; negative values mirror positive ones about -1/2; even bits inverted.
    """
    samples = _all_samples() >> 3
    magnitude = np.where(samples < 0, -1 - samples, samples)
    segment = np.maximum(_bit_length(magnitude) - 5, 0)
    step = (magnitude >> np.maximum(segment, 1)) & 0x0F
    sign = np.where(samples < 0, 0, 0x80)
    return _read_only((sign | segment << 4 | step) ^ 0x55)


def _all_samples() -> NDArray[np.int64]:
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int64)


def _bit_length(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of bits of each value; `frexp` knows it exactly."""
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)


def _read_only(codes: NDArray[np.int64]) -> NDArray[np.uint8]:
    table = codes.astype(np.uint8)
    table.flags.writeable = False
    return table
