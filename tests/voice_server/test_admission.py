"""Whether there is the capacity for one more session."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from voice_server.admission import LITTLE, Admission
from voice_server.allowance import Allowance
from voice_server.errors import Busy

TICK_S = 0.1


@dataclass
class Engine:
    ready: bool = True
    load: float = 0.0
    queued_s: float = 0.0


class House:
    """A server by its numbers: `live` of them lets time pass."""

    def __init__(self, num_sessions: int = 100) -> None:
        self.engine = Engine()
        self.allowance = Allowance()
        self.allowance.num_sessions = self.allowance.num_utterances = num_sessions
        self.now, self.cpu_s = 50.0, 0.0
        self.admission = Admission(self.engine, self.allowance, 0.85, self.now)

    def live(self, for_s: float, busy: float = 0.0, late_s: float = 0.0) -> None:
        for _ in range(round(for_s / TICK_S)):
            self.now += TICK_S
            self.cpu_s += busy * TICK_S
            self.admission.measure(self.now, late_s, self.cpu_s)

    def full(self) -> bool:
        try:
            self.admission.check()
        except Busy:
            return True
        return False


def test_with_room_left_everybody_is_let_in() -> None:
    house = House()
    house.engine.load = 0.84
    house.live(60.0, busy=0.8, late_s=0.02)
    assert not house.full()


def test_a_busy_engine_keeps_new_sessions_out_until_it_is_less_busy() -> None:
    house = House()
    for load, full in ((0.50, False), (0.86, True), (0.60, False)):
        house.engine.load = load
        house.live(60.0)
        assert house.full() is full


def test_near_the_limit_who_has_just_been_let_in_counts_before_the_engine_shows_it() -> None:
    house = House(num_sessions=100)
    house.engine.load = 0.80
    house.live(60.0)
    let_in = 0
    while not house.full():
        house.allowance.num_sessions += 1
        let_in += 1
    assert let_in == 6  # 106 of them at 0.008 each are just below 0.85
    house.allowance.num_sessions -= 1
    assert not house.full()


def test_far_from_the_limit_any_number_may_come_at_once() -> None:
    house = House(num_sessions=10)
    house.engine.load = 0.5
    house.live(60.0)
    house.allowance.num_sessions = 500
    house.live(0.1)
    assert not house.full()


def test_what_few_sessions_cost_keeps_nobody_out() -> None:
    house = House(num_sessions=2)
    house.engine.load = 0.80
    house.live(60.0)
    assert not house.full()


def test_near_the_limit_nobody_is_let_in_while_others_queue_for_the_engine() -> None:
    house = House()
    house.engine.load, house.engine.queued_s = 0.75, 0.2
    house.live(60.0)
    assert house.full()
    house.engine.queued_s = 0.01
    assert not house.full()
    house.engine.load, house.engine.queued_s = 0.3, 0.2
    house.live(0.1)
    assert not house.full()


def test_an_event_loop_that_is_busy_or_late_does_too() -> None:
    for busy, late_s in ((1.0, 0.0), (0.2, 0.08)):
        house = House()
        house.live(1.0, busy, late_s)
        assert not house.full()
        house.live(14.0, busy, late_s)
        assert house.full()
        house.live(5.0)
        assert not house.full()


def test_a_late_event_loop_with_few_sessions_is_not_their_doing() -> None:
    house = House(num_sessions=LITTLE - 1)
    house.live(30.0, late_s=0.2)
    assert not house.full()


def test_nobody_is_kept_out_when_nothing_is_spoken() -> None:
    house = House()
    house.engine.load = 1.0
    house.live(0.1)
    assert house.full()
    house.allowance.num_utterances = 0
    house.live(0.1)
    assert not house.full()


def test_who_is_kept_out_is_told_when_to_come_again() -> None:
    house = House()
    house.engine.ready = False
    with pytest.raises(Busy, match="starting") as caught:
        house.admission.check()
    assert caught.value.retry_after_s == 1.0
    house.admission.stopping = True
    with pytest.raises(Busy, match="stopping"):
        house.admission.check()
