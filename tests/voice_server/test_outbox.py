from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.listener import Listener
from engine.types import Output
from voice_server.messages import AudioOut, Flushed, Pong
from voice_server.outbox import Finish, Item, Lane, Outbox

FRAME = 160
MULAW = Output("mulaw", 8000)


def audio(first: int, num_samples: int = FRAME) -> AudioOut:
    """One byte for each sample, so that every sample can be told from its neighbours."""
    return AudioOut("a", 1, first, num_samples, bytes(at % 251 for at in range(first, first + num_samples)))


def build_lane(frame_ms: int = 100, max_lead_s: float = 0.0, output: Output = MULAW) -> Lane:
    return Lane(output, frame_ms, max_lead_s, Listener())


def fill(lane: Lane, num_frames: int, first: int = 0) -> None:
    for index in range(num_frames):
        lane.put(audio(first + index * FRAME))


def take_audio(lane: Lane, now: float) -> AudioOut:
    taken = lane.take(now)
    assert isinstance(taken, AudioOut)
    assert len(taken.data) == taken.num_samples
    return taken


def end_of(taken: AudioOut) -> int:
    return taken.first_sample + taken.num_samples


def test_what_is_put_in_comes_out_in_order() -> None:
    lane = build_lane()
    items: list[Item] = [audio(0), Flushed("a", 1), audio(FRAME), Flushed("a", 2), Finish()]
    for item in items:
        lane.put(item)
    assert [lane.take(0.0) for _ in items] == items
    assert lane.ready_at(0.0) == math.inf


def test_nothing_is_joined_over_something_to_tell() -> None:
    lane = build_lane()
    lane.listener.sent(0.0, 1.0)
    fill(lane, 2)
    lane.put(Flushed("a", 1))
    fill(lane, 2, 2 * FRAME)
    assert end_of(take_audio(lane, 0.0)) == 2 * FRAME
    assert lane.take(0.0) == Flushed("a", 1)
    assert end_of(take_audio(lane, 0.0)) == 4 * FRAME


def test_a_listener_that_has_little_gets_frames_and_one_that_has_enough_gets_more_at_a_time() -> None:
    lane = build_lane(frame_ms=60)
    fill(lane, 30)
    sizes = [len(take_audio(lane, 0.0).data) // FRAME for _ in range(16)]
    assert sizes == [1] * 11 + [3] * 5


def test_big_deliveries_are_cut_to_size() -> None:
    lane = build_lane(frame_ms=40)
    lane.put(audio(0, 25 * FRAME))
    taken = [take_audio(lane, 0.0) for _ in range(18)]
    assert [len(part.data) // FRAME for part in taken] == [1] * 11 + [2] * 7
    assert b"".join(part.data for part in taken) == audio(0, 25 * FRAME).data
    assert lane.ready_at(0.0) == math.inf


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=12),
    st.sampled_from([20, 60, 200]),
    st.sampled_from([0.0, 0.01, 0.25, 2.0]),
    st.sampled_from([Output("mulaw", 8000), Output("pcm_s16le", 8000), Output("pcm_f32le", 8000)]),
)
def test_every_sample_leaves_once_in_order_and_in_whole_frames(
    frames: list[int], frame_ms: int, max_lead_s: float, output: Output
) -> None:
    lane = build_lane(frame_ms, max_lead_s, output)
    width, first = output.bytes_per_sample, 0
    for num_frames in frames:
        data = b"".join(at.to_bytes(4, "little")[:width] for at in range(first, first + num_frames * FRAME))
        lane.put(AudioOut("a", 1, first, num_frames * FRAME, data))
        first += num_frames * FRAME
    now, at = 0.0, 0
    while (ready_at := lane.ready_at(now)) < math.inf:
        now = max(now, ready_at)
        if lane.ready_at(now) > now:
            continue
        taken = lane.take(now)
        assert isinstance(taken, AudioOut)
        num_samples, end = taken.num_samples, taken.first_sample + taken.num_samples
        assert (taken.first_sample, num_samples % FRAME) == (at, 0)
        assert num_samples <= frame_ms * 8
        expected = b"".join(sample.to_bytes(4, "little")[:width] for sample in range(at, end))
        assert bytes(taken.data) == expected
        at = end
        assert not max_lead_s or at / 8000 <= now + max(max_lead_s, frame_ms / 1000) + 1e-9
    assert at == first
    assert lane.queued_s == pytest.approx(0.0, abs=1e-9)


def test_audio_waits_until_a_whole_message_fits_under_the_lead() -> None:
    lane = build_lane(frame_ms=60, max_lead_s=0.5)
    fill(lane, 100)
    now = 0.0
    while lane.ready_at(now) <= now:
        lane.take(now)
    sent_s = lane.listener.sent_s
    assert 0.44 <= sent_s <= 0.5
    ready_at = lane.ready_at(now)
    assert ready_at == pytest.approx(sent_s + 0.06 - 0.5)
    assert lane.ready_at(ready_at + 0.001) <= ready_at + 0.001


def test_what_is_no_audio_does_not_wait_for_the_listener() -> None:
    lane = build_lane(max_lead_s=0.1)
    lane.listener.sent(0.0, 5.0)
    lane.put(Flushed("a", 1))
    fill(lane, 1)
    assert lane.ready_at(0.0) == 0.0
    lane.take(0.0)
    assert lane.ready_at(0.0) > 4.0


def test_a_lane_knows_how_much_waits_in_it() -> None:
    lane = build_lane()
    fill(lane, 5)
    assert lane.queued_s == pytest.approx(0.1)
    lane.take(0.0)
    assert lane.queued_s == pytest.approx(0.08)
    lane.purge()
    assert (lane.queued_s, lane.ready_at(0.0)) == (0.0, math.inf)


def test_answers_go_before_everything() -> None:
    outbox, lane = Outbox(), build_lane()
    outbox.add(1, lane)
    fill(lane, 1)
    outbox.tell(Pong(1))
    outbox.tell(Pong(2))
    assert outbox.num_answers == 2
    assert [outbox.take(0.0), outbox.take(0.0), outbox.take(0.0)] == [Pong(1), Pong(2), (1, audio(0))]
    assert outbox.take(0.0) is None


def test_lanes_take_turns() -> None:
    outbox = Outbox()
    for stream in (1, 2, 3):
        lane = build_lane()
        outbox.add(stream, lane)
        fill(lane, 3 if stream < 3 else 1)
    order = [taken[0] for _ in range(7) if isinstance(taken := outbox.take(0.0), tuple)]
    assert order == [1, 2, 3, 1, 2, 1, 2]


def test_a_lane_that_must_wait_holds_up_nobody() -> None:
    outbox, slow, fast = Outbox(), build_lane(max_lead_s=0.1), build_lane()
    slow.listener.sent(0.0, 5.0)
    for stream, lane in ((1, slow), (2, fast)):
        outbox.add(stream, lane)
        fill(lane, 2)
    assert [outbox.take(0.0), outbox.take(0.0), outbox.take(0.0)] == [(2, audio(0)), (2, audio(FRAME)), None]
    assert outbox.ready_at(0.0) == slow.ready_at(0.0) < math.inf


def test_a_lane_that_is_removed_is_gone_and_its_neighbours_are_not() -> None:
    outbox = Outbox()
    for stream in (1, 2):
        lane = build_lane()
        outbox.add(stream, lane)
        fill(lane, 1)
    outbox.remove(1)
    outbox.remove(1)
    assert outbox.take(0.0) == (2, audio(0))
    assert outbox.take(0.0) is None
    assert outbox.ready_at(0.0) == math.inf


def test_an_empty_outbox_waits_for_ever() -> None:
    outbox = Outbox()
    assert outbox.ready_at(5.0) == math.inf
    outbox.tell(Pong(1))
    assert outbox.ready_at(5.0) == 5.0
