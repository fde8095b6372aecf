from __future__ import annotations

import numpy as np
import pytest

from engine.audio.level import clipped, first_audible

LOWEST, HIGHEST = np.array(-4, np.float32), np.array(2, np.float32)


@pytest.mark.parametrize("loud", [0.01, -0.01, 1.0, -1.0])
@pytest.mark.parametrize("at", [0, 1, 499, 959])
def test_sound_begins_at_its_first_loud_sample_of_either_sign(loud: float, at: int) -> None:
    pcm = np.full(960, 0.003, np.float32)
    pcm[at] = loud
    pcm[at + 1 :: 7] = 0.5
    assert first_audible(pcm) == at


def test_minus_fifty_decibels_is_where_sound_begins() -> None:
    level = 10 ** (-50 / 20)
    assert first_audible(np.array([level * 0.999, level * 1.001], np.float32)) == 1


@pytest.mark.parametrize("num_samples", [0, 1, 960])
def test_silence_has_no_first_sound(num_samples: int) -> None:
    assert first_audible(np.zeros(num_samples, np.float32)) is None


def test_clipping_leaves_ordinary_samples_and_the_callers_array_as_they_are() -> None:
    pcm = np.array([0.0, -1.0, 3.5, -9.0], np.float32)
    assert clipped(pcm, LOWEST, HIGHEST).tolist() == [0.0, -1.0, 2.0, -4.0]
    assert pcm.tolist() == [0.0, -1.0, 3.5, -9.0]


def test_nan_becomes_silence_and_infinity_the_bound() -> None:
    pcm = np.array([0.25, np.nan, np.inf, -np.inf, 3e38, -3e38], np.float32)
    assert clipped(pcm, LOWEST, HIGHEST).tolist() == [0.25, 0.0, 2.0, -4.0, 2.0, -4.0]
