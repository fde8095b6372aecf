from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.bench import hearing
from voice_server.bench.log import CallLog

STARTED = {"format": "pcm_s16le", "sample_rate": 48000, "frame_ms": 60}
FRAME = 1920  # bytes: 20 ms

arrivals = st.lists(st.integers(0, 500).map(lambda ms: ms / 1000), min_size=1, max_size=40)
"""Seconds between messages."""


def heard(times: list[float], sizes: list[int] | None = None, planned_at: float = 0.0) -> CallLog:
    """A call of which these messages came, of 20 ms each if not told otherwise."""
    return CallLog(
        planned_at, times=array("d", times), sizes=array("l", sizes or [FRAME] * len(times)), started=STARTED
    )


def on_time(num: int, first_at: float = 0.0) -> list[float]:
    return [first_at + 0.02 * number for number in range(num)]


def from_gaps(gaps: list[float]) -> CallLog:
    return heard([float(at) for at in np.cumsum(gaps)])


def test_a_stream_that_comes_exactly_in_time_never_runs_dry() -> None:
    delays = hearing.delays(heard(on_time(100)))
    assert hearing.underruns(delays, 0.0) == pytest.approx((0, 0.0), abs=1e-9)


def test_a_stall_of_150_ms_is_one_underrun_for_those_who_hold_less() -> None:
    times = [*on_time(10), *on_time(10, first_at=0.2 + 0.15)]
    delays = hearing.delays(heard(times))
    assert hearing.underruns(delays, 0.06) == pytest.approx((1, 0.09))
    assert hearing.underruns(delays, 0.2) == (0, 0.0)


def test_who_has_stood_still_once_needs_everything_that_much_later() -> None:
    times = [*on_time(10), *on_time(10, first_at=0.3), *on_time(10, first_at=0.499), *on_time(10, first_at=0.75)]
    num, worst_s = hearing.underruns(hearing.delays(heard(times)), 0.01)
    assert (num, worst_s) == pytest.approx((2, 0.14))


def test_the_last_audio_is_reckoned_from_the_last_text() -> None:
    log = heard(on_time(10, first_at=1.0), planned_at=0.5)
    log.told_at = 1.1
    assert hearing.last_after_text(log) is None
    log.done = {}
    assert hearing.last_after_text(log) == pytest.approx(0.08)


def test_audio_sent_ahead_covers_a_stall() -> None:
    times = [0.0] * 50 + [0.9] * 10  # a second at once, then 0.9 s of nothing
    assert hearing.underruns(hearing.delays(heard(times)), 0.0) == (0, 0.0)


@given(arrivals, st.sampled_from(hearing.BUFFERS_S))
def test_a_player_runs_dry_if_and_only_if_it_was_ever_short_of_more_than_its_buffer(
    gaps: list[float], buffer_s: float
) -> None:
    delays = hearing.delays(from_gaps(gaps))
    num, worst_s = hearing.underruns(delays, buffer_s)
    assert (num > 0) == (delays.max() > buffer_s + hearing.SAMPLE_S)
    assert worst_s == pytest.approx(max(delays.max() - buffer_s, 0.0))


@given(arrivals)
def test_lateness_is_never_less_than_what_a_player_is_short_of(gaps: list[float]) -> None:
    log = from_gaps(gaps)
    needed, late = hearing.needed(hearing.delays(log)), hearing.late(log)
    assert (late >= needed - 1e-9).all()
    assert needed.sum() == pytest.approx(hearing.underruns(hearing.delays(log), 0.0)[1])


def test_late_is_measured_from_the_promptest_and_sending_ahead_hides_nothing() -> None:
    times = [0.0, 0.0, *[at + 0.02 for at in on_time(20)]]
    times[10] += 0.012
    assert hearing.late(heard(times), (0.01, 9.0)).max() == pytest.approx(0.012)
    assert hearing.needed(hearing.delays(heard(times))).max() == pytest.approx(0.0, abs=1e-9)


def test_the_beginning_can_be_left_out() -> None:
    times = [0.0, 0.5, *on_time(10, 0.52)]
    assert hearing.late(heard(times)).max() > 0.4
    assert hearing.late(heard(times), (0.51, 9.0)).max() == pytest.approx(0.0, abs=1e-9)
    assert hearing.num_frames([heard(times)], (0.51, 9.0)) == pytest.approx(10)
    assert len(hearing.gaps(heard(times), (0.51, 9.0))) == 9


def test_first_byte_and_first_sound_are_told_apart() -> None:
    log = heard([1.05, 1.10], planned_at=1.0)
    log.audible_at, log.audible_s = 1.10, 0.02
    assert hearing.first_byte(log) == pytest.approx(0.05)
    assert hearing.audible(log) == pytest.approx(0.10)


def test_silence_within_the_first_message_delays_the_sound_but_not_its_message() -> None:
    log = heard([1.05], [FRAME * 10], planned_at=1.0)
    log.audible_at, log.audible_s = 1.05, 0.15
    assert hearing.audible(log) == pytest.approx(0.05)
    assert hearing.sounding(log) == pytest.approx(0.20)


def test_the_wait_for_text_can_be_set_apart() -> None:
    log = heard([1.35], planned_at=1.0)
    log.audible_at, log.audible_s = 1.35, 0.0
    assert hearing.audible_after_text(log) is None
    log.done = {"timeline": {"text_wait_ms": 340.0}}
    assert hearing.audible_after_text(log) == pytest.approx(0.01)


def test_what_never_came_has_no_time() -> None:
    log = CallLog(0.0)
    assert (hearing.first_byte(log), hearing.audible(log), hearing.sounding(log)) == (None, None, None)
    assert hearing.underruns(hearing.delays(log), 0.0) == (0, 0.0)
    assert hearing.late(log).size == hearing.needed(hearing.delays(log)).size == 0


def test_opus_packets_are_as_long_as_the_server_said() -> None:
    log = heard(on_time(5), [83, 80, 3, 79, 91])
    log.started = {"format": "opus", "sample_rate": 48000, "frame_ms": 20}
    assert hearing.lengths(log) == pytest.approx([0.02] * 5)


def test_listeners_at_a_time_are_counted_from_their_coming_to_their_last_sample() -> None:
    calls = [heard([0.5], [96_000], planned_at=0.0), heard([2.0], [96_000], planned_at=2.0), CallLog(1.0)]
    assert hearing.in_flight(calls, (0.0, 4.0)) == pytest.approx((1.5 + 1.0) / 4)


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=300))
def test_percentiles_are_observed_values_that_so_many_do_not_exceed(values: list[float]) -> None:
    found = hearing.percentiles(values, scale=1.0)
    assert found is not None
    for share, value in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99), (1.0, found.worst)):
        assert value in values
        assert sum(other <= value for other in values) >= math.floor(share * len(values) + 1e-9)


@pytest.mark.parametrize("share", [0.5, 0.99])
@pytest.mark.parametrize("later_s", [0.0, 0.002])
def test_how_far_two_are_apart_is_told_with_what_chance_makes_of_it(share: float, later_s: float) -> None:
    random = np.random.default_rng(3)
    ours = list(random.gamma(4.0, 0.001, 2000))
    found = hearing.apart([later_s + each for each in random.gamma(4.0, 0.001, 2000)], ours, share)
    assert found is not None
    assert found.low_ms <= found.ms <= found.high_ms
    assert found.low_ms <= later_s * 1000 <= found.high_ms
    few = hearing.apart([later_s + each for each in ours[:100]], ours[100:200], share)
    assert few is not None
    assert few.high_ms - few.low_ms > 2 * (found.high_ms - found.low_ms)
    assert hearing.apart([], ours, share) is None


def test_of_nothing_there_are_no_percentiles() -> None:
    assert hearing.percentiles([]) is None


def test_a_cancel_counts_the_audio_that_came_after_it() -> None:
    log = heard([0.0, 1.0, 1.004])
    log.cancel_sent_at, log.cancelled_at, log.stray = 1.0, 1.006, 100
    assert hearing.after_cancel(log) == pytest.approx((0.004, 0.006, FRAME + 100))


def test_a_cancel_after_which_nothing_came_was_silent_at_once() -> None:
    log = heard([0.0])
    log.cancel_sent_at, log.cancelled_at = 1.0, 1.001
    assert hearing.after_cancel(log) == pytest.approx((0.0, 0.001, 0))
