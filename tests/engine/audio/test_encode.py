from __future__ import annotations

import importlib
import struct
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.audio.encode import encoder
from engine.types import Format, Output, Pcm

FORMATS: tuple[Format, ...] = ("pcm_s16le", "pcm_f32le", "mulaw", "alaw")
ALL_S16 = np.arange(-32768, 32768, dtype=np.int64)


def encode(format: Format, *samples: float) -> bytes:
    return encoder(Output(format)).encode(np.array(samples, np.float32)).data


def s16(*samples: float) -> list[int]:
    return list(struct.unpack(f"<{len(samples)}h", encode("pcm_s16le", *samples)))


def floats(steps: NDArray[np.int64]) -> Pcm:
    return (steps / 32768).astype(np.float32)


def g711_mulaw(sample: int) -> int:
    """Compress one 16-bit sample by the decision values of the standard's table, walked one by one."""
    sign, magnitude = (0x00, -(sample >> 2)) if sample < 0 else (0x80, sample >> 2)
    magnitude = min(magnitude, 8158)
    first, width = -1, 2  # the first interval of segment 0 reaches from 0 to 1: it is half as wide as the others
    for segment in range(8):
        if magnitude < first + 16 * width:
            return sign | (0x7F - (segment * 16 + (magnitude - first) // width))
        first, width = first + 16 * width, width * 2
    raise AssertionError(sample)


def g711_alaw(sample: int) -> int:
    """Compress one 16-bit sample by the decision values of the standard's table, walked one by one."""
    sign, magnitude = (0x00, -1 - (sample >> 3)) if sample < 0 else (0x80, sample >> 3)
    first, width = 0, 2
    for segment in range(8):
        if magnitude < first + 16 * width:
            return (sign | segment * 16 + (magnitude - first) // width) ^ 0x55
        first, width = first + 16 * width, width * (1 if segment == 0 else 2)
    raise AssertionError(sample)


def test_16_bit_audio_comes_out_as_it_went_in() -> None:
    data = encoder(Output("pcm_s16le")).encode(floats(ALL_S16)).data
    assert np.array_equal(np.frombuffer(data, "<i2"), ALL_S16)


def test_16_bits_are_rounded_to_the_nearest_step() -> None:
    steps = np.array([0.4, 0.6, -0.4, -0.6, 100.49, 100.51, -7.51, 32766.6]) / 32768
    assert s16(*steps) == [0, 1, 0, -1, 100, 101, -8, 32767]


def test_16_bits_clip_and_never_wrap() -> None:
    assert s16(1.0, 1.0001, 2.0, 1e10, 3e38) == [32767] * 5
    assert s16(-1.0, -1.0001, -2.0, -1e10, -3e38) == [-32768] * 5


@pytest.mark.parametrize("format", FORMATS)
def test_nan_is_silence_and_infinity_is_full_scale(format: Format) -> None:
    assert encode(format, np.nan, np.inf, -np.inf, 0.5) == encode(format, 0.0, 1.0, -1.0, 0.5)


def test_floats_are_little_endian_and_within_full_scale() -> None:
    data = encode("pcm_f32le", 0.1, -0.7, 1.5, -9.0)
    assert np.frombuffer(data, "<f4").tolist() == [np.float32(0.1), np.float32(-0.7), 1.0, -1.0]


@pytest.mark.parametrize(("format", "law"), [("mulaw", g711_mulaw), ("alaw", g711_alaw)], ids=["mulaw", "alaw"])
def test_companding_follows_the_standards_table_for_every_sample(format: Format, law: Callable[[int], int]) -> None:
    data = encoder(Output(format)).encode(floats(ALL_S16)).data
    assert list(data) == [law(int(sample)) for sample in ALL_S16]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the standard library has no audioop any more")
@pytest.mark.parametrize(("format", "name"), [("mulaw", "lin2ulaw"), ("alaw", "lin2alaw")])
def test_companding_equals_pythons_own_for_every_sample(format: Format, name: str) -> None:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        audioop = importlib.import_module("audioop")
    expected = getattr(audioop, name)(ALL_S16.astype("<i2").tobytes(), 2)
    assert encoder(Output(format)).encode(floats(ALL_S16)).data == expected


@pytest.mark.parametrize(("format", "silence"), [("mulaw", 0xFF), ("alaw", 0xD5)])
def test_companded_silence_is_what_telephones_take_for_it(format: Format, silence: int) -> None:
    assert encode(format, 0.0) == bytes([silence])


@given(st.sampled_from(FORMATS), st.lists(st.integers(0, 700), max_size=6), st.integers(0, 700))
def test_the_cut_changes_no_byte(format: Format, cuts: list[int], num_samples: int) -> None:
    pcm = (0.5 * np.random.default_rng(num_samples).standard_normal(num_samples)).astype(np.float32)
    output = Output(format)
    pieces = np.split(pcm, sorted(min(cut, num_samples) for cut in cuts))
    cut_encoder = encoder(output)
    whole = encoder(output).encode(pcm).data
    assert b"".join(cut_encoder.encode(piece).data for piece in pieces) == whole
    assert len(whole) == num_samples * output.bytes_per_sample


def test_the_samples_given_are_left_as_they_were() -> None:
    pcm = np.array([0.3, 2.0, -5.0], np.float32)
    for format in FORMATS:
        encoder(Output(format)).encode(pcm)
    assert pcm.tolist() == [np.float32(0.3), 2.0, -5.0]
