"""Which of the loop's work counts as load: what listeners need in real time, not what is made ahead."""

from __future__ import annotations

import pytest

from engine.commands import Open, Submit
from engine.loop import EngineLoop
from engine.types import new_id
from tests.engine.build import Clock, build_segment
from tests.engine.test_loop import F32, WORDS, Watched


def wanted_while_speaking(max_lead_s: float, num_steps: int) -> list[float]:
    """What each step's work is wanted for, of steps that take 1 ms and make 20 ms, for a listener who plays on."""
    clock = Clock()
    loop = EngineLoop(Watched(clock, step_s=0.001), clock)
    utterance = new_id()
    loop.handle(Open(utterance, F32, max_lead_s))
    loop.handle(Submit(build_segment(" ".join(WORDS * 2), utterance)))
    wanted: list[float] = []
    while len(wanted) < num_steps:
        clock.advance(loop.wait_s() or 0.0)
        if any(delivery.num_samples for delivery in loop.step()):
            wanted.append(loop.wanted)
    return wanted


def test_work_that_fills_a_safe_lead_faster_than_it_is_played_is_hardly_wanted() -> None:
    wanted = wanted_while_speaking(max_lead_s=0.0, num_steps=400)
    assert wanted[:90] == [1.0] * 90
    assert wanted[-200:] == pytest.approx([0.05] * 200, rel=0.1)


def test_work_at_the_listeners_pace_is_wanted_however_much_he_has_in_hand() -> None:
    wanted = wanted_while_speaking(max_lead_s=5.0, num_steps=600)
    assert wanted[150:240] == pytest.approx([0.05] * 90, rel=0.1)
    assert wanted[-200:] == pytest.approx([1.0] * 200, abs=0.1)


def test_how_long_the_one_who_was_most_urgent_had_queued_is_told_until_it_has_been_heard() -> None:
    clock = Clock()
    loop = EngineLoop(Watched(clock, step_s=0.001), clock)
    utterance = new_id()
    loop.handle(Open(utterance, F32, 0.0))
    loop.handle(Submit(build_segment(" ".join(WORDS), utterance)))
    clock.advance(0.3)
    while not any(delivery.num_samples for delivery in loop.step()):
        assert loop.queued_s == pytest.approx(0.3)
    loop.step()
    assert loop.queued_s == 0.0
