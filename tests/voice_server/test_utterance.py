"""One utterance by itself, against a loop that only notes what it was asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.local import LocalLoop
from engine.tone import ToneEngine
from engine.types import Delivery, Failed, Output, Segment, Timing, Word
from tests.engine.build import Clock
from voice_server.casting import output_of
from voice_server.messages import AudioOut, Flushed, Options, Started, Timestamps
from voice_server.metrics import Metrics
from voice_server.outbox import Finish, Item
from voice_server.setting import Setting
from voice_server.utterance import MAX_QUEUED_S, State, Utterance


class Loop(LocalLoop):
    """Notes what it was asked, in order, and does it too."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(ToneEngine(), self.clock, self.clock.advance)
        self.segments: list[Segment] = []
        self.asked: list[str] = []
        self.live = self.most_live = 0

    def submit(self, segment: Segment) -> None:
        self.live += 1
        self.most_live = max(self.live, self.most_live)
        self.segments.append(segment)
        self.asked.append("submit")
        super().submit(segment)

    def flush(self, utterance: int, flush_id: int) -> None:
        self.asked.append(f"flush {flush_id}")
        super().flush(utterance, flush_id)

    def abort(self, utterance: int) -> None:
        self.asked.append("abort")
        super().abort(utterance)

    def close(self, utterance: int) -> None:
        self.asked.append("close")
        super().close(utterance)


class Speaker:
    """An utterance with its loop, whose lane is emptied by hand."""

    def __init__(self, options: Options | None = None, wait_s: float | None = 0.0) -> None:
        self.loop = Loop()
        self.metrics = Metrics()
        chosen = options or Options()
        setting = Setting("a", 7, "tone", "en-us", output_of(chosen), chosen)
        self.utterance = Utterance(setting, self.loop, self.metrics, self.now)
        if wait_s is not None:
            self.start(wait_s)

    @property
    def now(self) -> float:
        return self.loop.clock.now

    def start(self, wait_s: float = 0.0) -> None:
        self.utterance.start(wait_s, self.on_delivery, self.now)

    def on_delivery(self, delivery: Delivery) -> None:
        self.loop.live -= delivery.ended is not None
        self.utterance.on_delivery(delivery, self.now)

    def take(self) -> list[Item]:
        """Take all that may leave now, and tell the utterance as a session does."""
        taken: list[Item] = []
        lane = self.utterance.lane
        while (item := lane.take(self.now)) is not None:
            taken.append(item)
            if isinstance(item, AudioOut):
                self.utterance.on_sent(item, self.now)
        return taken


def test_a_life_goes_from_waiting_to_done() -> None:
    speaker = Speaker(wait_s=None)
    utterance, states = speaker.utterance, []
    states.append(utterance.state)
    speaker.start()
    utterance.append("Hello.", speaker.now)
    states.append(utterance.state)
    utterance.end(speaker.now)
    speaker.loop.run(1.0)
    states.append(utterance.state)
    assert isinstance(speaker.take()[-1], Finish)
    assert not utterance.over
    utterance.finish()
    assert [*states, utterance.state] == [State.WAITING, State.SPEAKING, State.DRAINING, State.DONE]
    assert utterance.over


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED])
def test_a_life_can_be_cut_short_at_any_time_but_only_once(state: State) -> None:
    for started in (False, True):
        utterance = Speaker(wait_s=0.0 if started else None).utterance
        utterance.stop(state)
        assert utterance.over
        with pytest.raises(RuntimeError, match=f"from {state.value} to cancelled"):
            utterance.stop(State.CANCELLED)


def test_what_has_not_begun_cannot_be_done() -> None:
    with pytest.raises(RuntimeError, match="'a' cannot go from waiting to done"):
        Speaker(wait_s=None).utterance.finish()


def test_nothing_is_asked_of_the_engine_before_its_turn() -> None:
    speaker = Speaker(wait_s=None)
    speaker.utterance.append("Hello there. How are you?", speaker.now)
    speaker.utterance.flush(speaker.now)
    speaker.utterance.end(speaker.now)
    assert speaker.loop.asked == []
    speaker.utterance.stop(State.CANCELLED)
    assert speaker.loop.asked == []


def test_there_is_never_more_than_one_segment_under_way() -> None:
    speaker = Speaker()
    speaker.utterance.append("One, two. Three! Four? Five.\n\nSix.", speaker.now)
    speaker.utterance.end(speaker.now)
    speaker.loop.run(10.0)
    assert len(speaker.loop.segments) > 2
    assert speaker.loop.most_live == 1


def test_a_segment_says_how_it_is_to_be_spoken() -> None:
    speaker = Speaker(Options(speed=2.0, pitch=0.5, volume=1.5, seed=11, exact=True))
    speaker.utterance.append("Hello there.", speaker.now)
    speaker.utterance.flush(speaker.now)
    (segment,) = speaker.loop.segments
    assert (segment.utterance, segment.voice, segment.language) == (speaker.utterance.id, "tone", "en-us")
    assert (segment.speed, segment.pitch, segment.volume, segment.seed) == (2.0, 0.5, 1.5, 11)
    assert segment.exact
    assert [(span.start, span.end) for span in segment.spans] == [(0, 5), (6, 12)]


@pytest.mark.parametrize(
    ("text", "gap_ms"),
    [("One two", 0), ("One, ", 150), ("One. ", 300), ("One.\n\n", 500), ("One! 😀 ", 300), ("One, 😀.\n\n", 500)],
)
@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_the_pause_before_a_segment_is_what_stands_between(text: str, gap_ms: int, speed: float) -> None:
    speaker = Speaker(Options(speed=speed))
    speaker.utterance.append(f"  {text}", speaker.now)
    speaker.utterance.flush(speaker.now)
    speaker.loop.run(3.0)
    speaker.utterance.append(" three", speaker.now)
    speaker.utterance.end(speaker.now)
    assert speaker.loop.segments[0].gap_ms == 0
    assert speaker.loop.segments[-1].gap_ms == gap_ms / speed


def test_what_the_listener_sees_is_in_order() -> None:
    speaker = Speaker()
    speaker.utterance.append("Hello", speaker.now)
    speaker.utterance.flush(speaker.now)
    speaker.utterance.end(speaker.now)
    speaker.loop.run(3.0)
    kinds = [type(item) for item in speaker.take()]
    assert kinds[:3] == [Started, Timestamps, AudioOut]
    assert kinds[-2:] == [Flushed, Finish]


def test_a_listener_that_has_enough_is_asked_again_when_it_has_not() -> None:
    speaker = Speaker(Options(max_lead_s=1.0))
    speaker.utterance.append("One two three four five six. " * 20, speaker.now)
    speaker.utterance.end(speaker.now)
    for _ in range(500):
        speaker.loop.step()
        speaker.take()
    asked = len(speaker.loop.segments)
    speaker.utterance.advance(speaker.now)
    assert len(speaker.loop.segments) == asked
    speaker.loop.clock.advance(5.0)
    speaker.loop.run(0.0)
    speaker.utterance.advance(speaker.now)
    assert len(speaker.loop.segments) > asked


def test_a_lane_that_nobody_empties_stops_the_work_and_emptying_it_lets_it_go_on() -> None:
    speaker = Speaker(Options(max_lead_s=0))
    speaker.utterance.append("One two three four five six. " * 40, speaker.now)
    speaker.utterance.end(speaker.now)
    speaker.loop.run()
    assert MAX_QUEUED_S < speaker.utterance.lane.queued_s < MAX_QUEUED_S + 20
    asked = len(speaker.loop.segments)
    speaker.take()
    assert len(speaker.loop.segments) == asked + 1


def test_stopping_frees_the_engine_and_forgets_what_waits() -> None:
    speaker = Speaker()
    speaker.utterance.append("Hello there. ", speaker.now)
    speaker.utterance.flush(speaker.now)
    speaker.loop.step()
    speaker.utterance.stop(State.CANCELLED)
    assert speaker.loop.asked[-1] == "abort"
    assert (speaker.take(), speaker.utterance.wake_at) == ([], None)
    speaker.loop.run(1.0)
    assert speaker.take() == []


def test_a_failure_is_left_to_the_session_and_asks_for_nothing_more() -> None:
    speaker = Speaker()
    speaker.utterance.append("Hello there. And more of it. ", speaker.now)
    (segment,) = speaker.loop.segments
    speaker.on_delivery(Delivery(speaker.utterance.id, failed=Failed(segment.id, "broken")))
    assert speaker.loop.segments == [segment]
    speaker.utterance.stop(State.FAILED)


def test_the_timeline_takes_its_moments_from_the_loop() -> None:
    speaker = Speaker()
    utterance, now = speaker.utterance, speaker.now
    utterance.append("Hello. ", now)
    utterance.end(now)
    (segment,) = speaker.loop.segments
    delivery = Delivery(
        utterance.id,
        data=bytes(1920),
        num_samples=960,
        words=(Word(0, 6, 0.0, 0.02),),
        audible_at=10,
        timing=Timing(now + 0.1, now + 0.3),
        busy_s=0.002,
        ended=segment.id,
        closed=True,
    )
    speaker.loop.clock.advance(0.5)
    speaker.on_delivery(delivery)
    speaker.take()
    done = utterance.finish()
    assert (done.audio_ms, done.chars) == (20.0, 7)
    timeline = done.timeline
    told = [timeline.queue_ms, timeline.engine_ms, timeline.ttfb_ms, timeline.audible_ms, timeline.rtf]
    assert told == pytest.approx([100, 200, 500, 500, 0.1])


def test_a_listener_that_is_still_busy_hears_an_utterance_later() -> None:
    speaker = Speaker(wait_s=2.0)
    speaker.utterance.append("One two three.", speaker.now)
    speaker.utterance.end(speaker.now)
    speaker.loop.run(0.0)
    assert speaker.take()
    speaker.loop.clock.advance(1.9)
    assert speaker.utterance.unheard(speaker.now) == "One two three."
    speaker.loop.clock.advance(1.0)
    assert speaker.utterance.unheard(speaker.now) == ""


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["text", "more. ", "flush", "😀 ", "\n\n"]), max_size=12), st.booleans())
def test_every_flush_is_answered_once_in_order_and_after_its_text(told: list[str], end: bool) -> None:
    speaker = Speaker(Options(max_lead_s=0, timestamps="none"))
    flushes = 0
    for text in told:
        if text == "flush":
            speaker.utterance.flush(speaker.now)
            flushes += 1
        else:
            speaker.utterance.append(text, speaker.now)
    if end:
        speaker.utterance.end(speaker.now)
    speaker.loop.run(10.0)
    taken = speaker.take()
    assert [item.flush_id for item in taken if isinstance(item, Flushed)] == list(range(1, flushes + 1))
    assert isinstance(taken[-1], Finish) or not end


def test_output_is_what_the_options_chose() -> None:
    options = Options(format="alaw", sample_rate=8000)
    assert Speaker(options).utterance.output == Output("alaw", 8000)
