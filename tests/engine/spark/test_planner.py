from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.planner import (
    COMFORT_S,
    FIRST,
    HOP,
    LOOKAHEAD,
    MARGIN_S,
    MOST_AHEAD,
    SHORT_HOP,
    Flow,
    Planner,
    Window,
)


class Streams:
    """Some streams, of which a model makes a token each in a step, as a planner sees them."""

    def __init__(self, *flows: Flow) -> None:
        self.planner = Planner()
        self.flows = dict(enumerate(flows, 1))

    def step(self, due: dict[int, float], num_made: int = 1) -> list[Window]:
        for segment in self.planner.speakers(due, self.flows):
            self.flows[segment].num_made += num_made
        self.planner.stepped()
        windows = self.planner.windows(due, self.flows)
        for window in windows:
            flow = self.flows[window.segment]
            flow.feed(window.num_tokens)
            flow.num_sounded = max(flow.num_sounded, flow.num_fed - LOOKAHEAD)
        return windows


def streaming(num_waiting: int = 0) -> Flow:
    return Flow(num_made=200 + num_waiting, num_fed=200, num_sounded=133, streaming=True)


def test_the_first_window_of_an_exact_stream_is_as_long_as_its_first_sound_needs() -> None:
    streams = Streams(Flow(exact=True))
    windows = [streams.step({1: -inf}) for _ in range(LOOKAHEAD + HOP)]
    assert windows == [[]] * (LOOKAHEAD + HOP - 1) + [[Window(1, LOOKAHEAD + HOP, False, -inf)]]


def test_who_waits_for_a_first_sound_gets_a_preview_of_it() -> None:
    streams = Streams(Flow())
    windows = [streams.step({1: -inf}) for _ in range(20)]
    assert windows == [[]] * 19 + [[Window(1, 20, False, -inf)]]


def test_what_was_previewed_need_not_be_new_in_the_first_exact_window() -> None:
    flow = Flow(num_made=LOOKAHEAD + 8 + FIRST - 1, num_fed=20, num_sounded=8)
    assert Streams(flow).step({1: 5.0}) == [Window(1, LOOKAHEAD + 8 + FIRST - 20, False, 5.0)]


def test_the_last_window_is_whatever_is_left() -> None:
    flow = streaming(7)
    flow.ended = True
    assert Streams(flow).step({1: 5.0}) == [Window(1, 7, True, 5.0)]


def test_streams_that_began_at_different_times_go_together() -> None:
    streams = Streams(*(streaming(num_waiting) for num_waiting in range(0, 24, 3)))
    due = dict.fromkeys(streams.flows, 1.0)
    batches = [batch for _ in range(4 * HOP) if (batch := streams.step(due))]
    assert {len(batch) for batch in batches[1:]} == {len(streams.flows)}
    assert {window.num_tokens for batch in batches for window in batch} == {HOP}


def test_nobody_waits_for_a_beat_that_would_bring_no_one_else() -> None:
    streams = Streams(streaming(HOP - 1), streaming(HOP - 1))
    assert [window.segment for window in streams.step({1: 1.0, 2: 1.0})] == [1, 2]


def test_a_listener_in_a_hurry_gets_a_short_window_and_goes_first() -> None:
    streams = Streams(streaming(SHORT_HOP - 1), streaming(HOP - 1))
    assert streams.step({1: 0.0, 2: 1.0}) == [Window(1, SHORT_HOP, False, 0.0)]
    assert streams.step({1: 1.0, 2: 1.0}, 0) == []
    assert [window.segment for window in streams.step({2: 1.0}, 0)] == [2]


def test_those_in_a_hurry_go_together_too() -> None:
    streams = Streams(*(streaming(num_waiting) for num_waiting in range(4)))
    due = dict.fromkeys(streams.flows, 0.0)
    batches = [batch for _ in range(4 * SHORT_HOP) if (batch := streams.step(due))]
    assert [len(batch) for batch in batches[1:]] == [len(streams.flows)] * len(batches[1:])


def test_those_who_are_previewed_wait_for_each_other_a_little() -> None:
    flows = [Flow(num_made=20 + num_waiting, num_fed=20, num_sounded=8) for num_waiting in range(4)]
    streams = Streams(*flows)
    due = dict.fromkeys(streams.flows, 0.0)
    sizes = []
    for _ in range(8 * SHORT_HOP):
        batch = streams.step(due)
        sizes.append(len(batch))
        for window in batch:
            streams.flows[window.segment].num_sounded += 8
    assert sum(sizes) >= 16
    assert sum(size > 0 for size in sizes) <= 8 + 1  # on the beat, or when all were there


def test_a_preview_is_made_in_time_for_who_would_run_dry_before_the_next_beat() -> None:
    streams = Streams(Flow(num_made=20, num_fed=20, num_sounded=8))
    streams.planner.step_s = 0.03
    windows = [bool(streams.step({1: 0.19})) for _ in range(8)]
    assert windows == [False] * 7 + [True]  # with eight tokens more, though a lead of 0.19 s alone would want twenty


def test_the_model_makes_nothing_for_the_well_supplied_while_somebody_is_in_a_hurry() -> None:
    streams = Streams(Flow(), streaming(), streaming())
    assert streams.planner.speakers({1: -inf, 2: 1.0, 3: COMFORT_S}, streams.flows) == [1, 2]
    assert streams.planner.speakers({2: 1.0, 3: COMFORT_S}, streams.flows) == [2, 3]


def test_the_model_pauses_for_a_stream_that_has_tokens_enough() -> None:
    streams = Streams(streaming(MOST_AHEAD), Flow(num_made=LOOKAHEAD + HOP + MOST_AHEAD), Flow(ended=True))
    assert streams.planner.speakers(dict.fromkeys(streams.flows, 1.0), streams.flows) == []


def test_only_what_is_due_gets_anything() -> None:
    streams = Streams(streaming(HOP), streaming(HOP))
    assert {window.segment for window in streams.step({2: 1.0})} == {2}


def test_the_time_of_a_step_is_reckoned_from_the_leads_that_fall() -> None:
    planner = Planner()
    for step in range(40):
        planner.observe({1: 2.0 - 0.03 * step, 2: -inf, 3: 1.0 + step}, given={3})
    assert planner.step_s == pytest.approx(0.03, rel=0.05)


def test_what_a_step_takes_is_taken_off_a_listeners_lead() -> None:
    streams = Streams(streaming(SHORT_HOP - 1), streaming())
    streams.planner.step_s = 0.1
    assert [window.segment for window in streams.step({1: MARGIN_S + 0.5, 2: 1.0})] == [1]


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(-1, 3) | st.just(-inf)), max_size=200), st.booleans())
def test_a_window_is_never_longer_than_what_waits_and_the_end_leaves_nothing(
    steps: list[tuple[int, float]], exact: bool
) -> None:
    streams = Streams(Flow(exact))
    for num_made, lead_s in steps:
        for window in streams.step({1: lead_s}, num_made):
            assert window.num_tokens > 0
            assert streams.flows[1].num_waiting >= 0
    streams.flows[1].ended = True
    (last,) = streams.step({1: 1.0})
    assert last.is_last
    assert streams.flows[1].num_waiting == 0
