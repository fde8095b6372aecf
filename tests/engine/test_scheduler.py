from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.listener import Listener
from engine.scheduler import GRID_S, ROOM_S, next_due_at, plan

NOW = 1000.0


@dataclass(frozen=True)
class Claimant:
    """A live segment as the scheduler sees it."""

    segment_id: int
    listener: Listener
    submitted_at: float = NOW
    max_lead_s: float = 10.0


def build_claim(
    segment_id: int, lead_s: float | None = None, submitted_at: float = NOW, max_lead_s: float = 10.0
) -> Claimant:
    """Lead of None: no sound yet."""
    listener = Listener()
    if lead_s is not None:
        listener.sent(NOW, 20.0)
        listener.report(NOW, 20.0 - lead_s)
    return Claimant(segment_id, listener, submitted_at, max_lead_s)


def test_who_has_made_no_sound_goes_before_anyone_with_audio_in_hand() -> None:
    claims = [build_claim(1, lead_s=0.001), build_claim(2), build_claim(3, lead_s=2.0)]
    assert plan(claims, NOW) == {2: -math.inf, 1: pytest.approx(0.001), 3: pytest.approx(2.0)}
    assert list(plan(claims, NOW)) == [2, 1, 3]


def test_who_came_first_sounds_first() -> None:
    claims = [build_claim(1, submitted_at=NOW - 1), build_claim(2, submitted_at=NOW - 3)]
    assert list(plan(claims, NOW)) == [2, 1]


def test_who_runs_dry_soonest_goes_first_among_those_who_hear_something() -> None:
    claims = [build_claim(1, 3.0), build_claim(2, 1.0), build_claim(3, 2.0)]
    assert list(plan(claims, NOW)) == [2, 3, 1]


def test_who_has_been_dry_for_longer_than_a_newcomer_waits_goes_before_it() -> None:
    dry = build_claim(1, lead_s=0.0)
    newcomer = build_claim(2, submitted_at=NOW + 1)
    assert list(plan([newcomer, dry], NOW + 2)) == [1, 2]


def test_an_utterance_whose_listener_is_busy_elsewhere_is_not_in_a_hurry() -> None:
    later = build_claim(1)
    later.listener.report(NOW, -3.0)
    assert plan([later, build_claim(2, 1.0)], NOW) == {2: pytest.approx(1.0), 1: pytest.approx(3.0)}


def test_a_listener_with_enough_in_hand_is_not_due() -> None:
    claims = [build_claim(1, lead_s=10.0), build_claim(2, lead_s=9.0)]
    assert list(plan(claims, NOW)) == [2]


def test_without_a_limit_a_segment_is_always_due() -> None:
    assert list(plan([build_claim(1, lead_s=19.0, max_lead_s=0.0)], NOW)) == [1]


def test_nothing_is_due_when_there_is_nothing() -> None:
    assert plan([], NOW) == {}
    assert next_due_at([], NOW) == math.inf


def test_a_paced_listener_is_served_again_when_there_is_room_under_its_lead() -> None:
    claim = build_claim(1, lead_s=10.5)
    wake_at = next_due_at([claim], NOW)
    assert 0.0 <= wake_at - (NOW + 0.5 + ROOM_S) < 1.001 * GRID_S
    assert not plan([claim], wake_at - 0.001)
    assert list(plan([claim], wake_at + 1e-6)) == [1]


def test_many_paced_listeners_share_their_moments() -> None:
    claims = [build_claim(i, lead_s=10.0 + i / 1e4) for i in range(1, 200)]
    wake_at = next_due_at(claims, NOW) + 1e-6
    assert len(plan(claims, wake_at)) + len(plan(claims, wake_at + GRID_S)) >= 199


def test_a_limit_shorter_than_the_grid_lets_nobody_run_dry() -> None:
    claim = build_claim(1, lead_s=0.006, max_lead_s=0.001)
    assert next_due_at([claim], NOW) <= NOW + 0.006


leads = st.none() | st.floats(-5, 15, allow_nan=False)


@given(st.lists(st.tuples(leads, st.floats(-9, 0), st.sampled_from([0.0, 0.5, 10.0])), max_size=12))
def test_someone_is_due_exactly_when_the_next_moment_has_come(cases: list[tuple[float | None, float, float]]) -> None:
    claims = [
        build_claim(number, lead_s, NOW + age, max_lead_s) for number, (lead_s, age, max_lead_s) in enumerate(cases, 1)
    ]
    assert bool(plan(claims, NOW)) == (next_due_at(claims, NOW) <= NOW)


@given(st.integers(1, 4), st.integers(1, 8))
def test_nobody_starves_however_many_newcomers_there_are(num_newcomers: int, chunks_per_turn: int) -> None:
    """An engine that does one chunk a turn, and a stream of newcomers who each take several."""
    patient = build_claim(1, lead_s=0.2, max_lead_s=0.0)
    claims = {1: patient}
    now, served = NOW, 0
    for turn in range(120):
        if turn % chunks_per_turn == 0:
            for newcomer in range(num_newcomers):
                segment_id = 2 + turn * 100 + newcomer
                claims[segment_id] = build_claim(segment_id, submitted_at=now)
        chosen = next(iter(plan(claims.values(), now)))
        claims[chosen].listener.sent(now, 0.02)
        served += chosen == 1
        if chosen != 1:
            del claims[chosen]
        now += 0.01
    assert served > 0
