"""From samples to the bytes that a listener asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.audio.level import clipped
from engine.types import Output, Pcm

_S16_SCALE = np.array(32768, np.float32)
_S16_TOP = np.array(32767 / 32768, np.float32)
_ONE = np.array(1, np.float32)
_MINUS_ONE = np.array(-1, np.float32)


class Encoder(Protocol):
    """Samples of one utterance to bytes, in order. It has one owner: an encoder may remember what went before."""

    def encode(self, pcm: Pcm) -> bytes:
        """Return the bytes of these samples; magnitudes over 1 are clipped, NaN is silence."""


def encoder(output: Output) -> Encoder:
    """Return a new encoder for the format of `output`. The samples given to it are at the output's rate already."""
    match output.format:
        case "pcm_s16le":
            return S16()
        case "pcm_f32le":
            return F32()
        case "mulaw":
            return Companded(mulaw_table())
        case "alaw":
            return Companded(alaw_table())


class S16:
    """16-bit little-endian: rounded to the nearest step of 1/32768, so that 16-bit audio comes out as it went in.

    -1.0 is -32768, and 1.0 is clipped to 32767.
    """

    __slots__ = ()

    def encode(self, pcm: Pcm) -> bytes:
        """Return two bytes for each sample."""
        return _int16(pcm).astype("<i2", copy=False).tobytes()


class F32:
    """32-bit IEEE float, little-endian, within +-1."""

    __slots__ = ()

    def encode(self, pcm: Pcm) -> bytes:
        """Return four bytes for each sample."""
        return clipped(pcm, _MINUS_ONE, _ONE).astype("<f4", copy=False).tobytes()


class Companded:
    """One byte for each sample, looked up by its 16-bit value: G.711."""

    __slots__ = ("_table",)

    def __init__(self, table: NDArray[np.uint8]) -> None:
        self._table = table

    def encode(self, pcm: Pcm) -> bytes:
        """Return one byte for each sample."""
        return self._table.take(_int16(pcm).view(np.uint16)).tobytes()


def _int16(pcm: Pcm) -> NDArray[np.int16]:
    """Round to 16 bits, after clipping to what they hold."""
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
