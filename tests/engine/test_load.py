"""How busy something is, over the last seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.load import TIME_S, LoadMeter


def test_what_always_works_is_fully_loaded_after_some_seconds_and_not_before() -> None:
    meter = LoadMeter(0.0)
    assert meter.worked(0.5, 0.5) < 0.2
    assert meter.worked(4 * TIME_S, 0.5 + 4 * TIME_S) > 0.98


def test_a_load_is_forgotten_when_nothing_is_done() -> None:
    meter = LoadMeter(0.0)
    meter.worked(60.0, 60.0)
    assert meter.worked(0.0, 61.0) > 0.7
    assert meter.worked(0.0, 70.0) < 0.05


@given(st.floats(0, 1), st.lists(st.floats(0.001, 0.5), min_size=40, max_size=200))
def test_a_steady_share_is_told_however_often_it_is_looked_at(share: float, intervals: list[float]) -> None:
    meter, now = LoadMeter(0.0), 100.0
    meter.worked(share * now, now)
    for interval in intervals:
        now += interval
        assert meter.worked(share * interval, now) == pytest.approx(share, abs=1e-6)


def test_two_readings_at_one_moment_are_no_division_by_zero() -> None:
    meter = LoadMeter(1.0)
    assert meter.worked(1.0, 1.0) == 0.0
