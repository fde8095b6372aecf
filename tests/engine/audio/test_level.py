from __future__ import annotations

import numpy as np
import pytest

from engine.audio.level import finite, first_audible


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


def test_ordinary_samples_are_passed_on_as_they_are() -> None:
    pcm = np.array([0.0, -1.0, 3.5], np.float32)
    assert finite(pcm) is pcm


def test_nan_becomes_silence_and_what_is_beyond_sound_is_clipped() -> None:
    pcm = np.array([0.25, np.nan, np.inf, -np.inf, 3e38, -3e38], np.float32)
    assert finite(pcm).tolist() == [0.25, 0.0, 1e9, -1e9, 1e9, -1e9]
