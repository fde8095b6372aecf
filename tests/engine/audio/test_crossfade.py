from __future__ import annotations

import numpy as np
import pytest

from engine.audio.crossfade import fade_in, fade_out

LENGTHS = [1, 2, 3, 80, 441, 480]


@pytest.mark.parametrize("num_samples", LENGTHS)
def test_the_two_sides_of_a_seam_add_up_to_exactly_one(num_samples: int) -> None:
    total = fade_in(num_samples) + fade_out(num_samples)
    assert total.dtype == np.float32
    assert (total == 1.0).all()
    assert total.size == num_samples


@pytest.mark.parametrize("num_samples", LENGTHS)
def test_a_fade_rises_from_near_silence_to_near_full_and_falls_as_its_mirror_image(num_samples: int) -> None:
    gains = fade_in(num_samples)
    assert (np.diff(gains) > 0).all()
    assert 0 <= gains[0] <= 0.5 <= gains[-1] <= 1
    assert np.allclose(fade_out(num_samples), gains[::-1], atol=1e-7)


def test_the_seam_of_ten_milliseconds_starts_and_ends_without_a_click() -> None:
    gains = fade_in(480)
    steps = np.diff(np.concatenate(([0.0], gains, [1.0])))
    assert np.abs(steps).max() < 0.004
    assert gains[0] < 1e-4


def test_a_fade_of_no_samples_is_empty() -> None:
    assert fade_in(0).size == fade_out(0).size == 0


@pytest.mark.parametrize("gains", [fade_in(480), fade_out(480)])
def test_nobody_can_spoil_a_shared_fade(gains: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        gains *= 0.5
