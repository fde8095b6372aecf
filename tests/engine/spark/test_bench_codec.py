from __future__ import annotations

import numpy as np
import pytest

from engine.bench import codec
from engine.spark.config import PUBLIC, TINY
from engine.spark.superres import APBWE

pytestmark = pytest.mark.spark


def test_a_second_of_sound_takes_58_7_billion_operations() -> None:
    assert round(50 * codec.flop_per_token(PUBLIC) / 1e9, 1) == 58.7


def test_it_measures_everything_there_is_to_measure() -> None:
    rows = list(codec.measure(TINY, APBWE.random(24, 2), runs=1))
    assert len(rows) == 19
    assert all(row.value > 0 for row in rows)
    exact = next(row for row in rows if "against decode" in row.name)
    assert exact.holds
    assert "pass" in str(exact)


def test_a_click_at_a_seam_is_seen() -> None:
    draw = np.random.default_rng(0)
    whole = np.convolve(draw.normal(0, 0.1, 16000), np.ones(8) / 8, "same").astype(np.float32)
    clicking = whole.copy()
    clicking[8000:] += 0.5
    for measure in (codec.first_difference, codec.spectral_flux):
        fine = codec._seam_row("", np.split(whole, [8000]), whole, measure)
        assert fine.holds
        assert not codec._seam_row("", np.split(clicking, [8000]), whole, measure).holds
