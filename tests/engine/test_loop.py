from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from engine.local import LocalLoop
from engine.loop import EngineLoop
from engine.tone import ToneEngine, duration_of, hear, vocabulary
from engine.types import Delivery, EngineOutput, Output, SegmentId, new_id
from tests.engine.assembly import Part, assemble, spoken
from tests.engine.build import Clock, Heard, build_segment

WORDS = vocabulary(400)
F32 = Output("pcm_f32le", 48000)
FRAME = 960


class Watched(ToneEngine):
    """A tone engine whose steps take time on a test's clock and are written down."""

    def __init__(self, clock: Clock, step_s: float = 0.0, chunk_ms: float = 20) -> None:
        super().__init__(chunk_ms=chunk_ms)
        self.steps: list[dict[SegmentId, float]] = []
        self._clock = clock
        self._step_s = step_s

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        self._clock.advance(self._step_s)
        self.steps.append(dict(due))
        return super().step(due)


class Bench:
    """A loop over a watched engine, on a clock of its own."""

    def __init__(self, step_s: float = 0.0, chunk_ms: float = 20) -> None:
        self.clock = Clock()
        self.engine = Watched(self.clock, step_s, chunk_ms)
        self.loop = LocalLoop(self.engine, self.clock, self.clock.advance)

    def open(self, output: Output = F32, max_lead_s: float = 0.0) -> tuple[int, Heard]:
        utterance, heard = new_id(), Heard(output)
        self.loop.open(utterance, output, max_lead_s, heard)
        return utterance, heard

    def say(self, utterance: int, text: str, gap_ms: int = 0) -> SegmentId:
        segment = build_segment(text, utterance, gap_ms)
        self.loop.submit(segment)
        return segment.id

    def pump(self) -> None:
        """Do the turns that are wanted now."""
        self.loop.run(0.0)


def test_text_becomes_sound_and_words_and_an_end() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    segment_id = bench.say(utterance, "bako bade")
    bench.loop.close(utterance)
    bench.loop.run()
    assert hear(heard.pcm, 48000, WORDS) == ["bako", "bade"]
    assert [(word.start, word.end) for word in heard.words] == [(0, 4), (5, 9)]
    assert heard.ended == [segment_id]
    assert heard.closed
    assert np.array_equal(heard.pcm, assemble([Part(spoken("bako bade"))]))


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 24000, 32000, 44100, 48000])
def test_every_rate_comes_in_whole_frames_until_the_rest(sample_rate: int) -> None:
    bench = Bench()
    utterance, heard = bench.open(Output("pcm_s16le", sample_rate))  # type: ignore[arg-type]
    bench.say(utterance, "bako bade")
    bench.loop.close(utterance)
    bench.loop.run()
    *frames, last = [delivery for delivery in heard.deliveries if delivery.num_samples]
    assert all(delivery.num_samples % (sample_rate // 50) == 0 for delivery in frames)
    assert last.closed
    assert heard.num_samples == pytest.approx(0.16 * sample_rate, abs=1)
    assert hear(heard.pcm, sample_rate, WORDS) == ["bako", "bade"]


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_companded_audio_is_one_byte_a_sample(encoding: str) -> None:
    bench = Bench()
    utterance, heard = bench.open(Output(encoding, 8000))  # type: ignore[arg-type]
    bench.say(utterance, "bako")
    bench.loop.close(utterance)
    bench.loop.run()
    assert len(heard.data) == heard.num_samples == 640


def test_first_samples_count_on_without_a_hole() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.say(utterance, "bako bade")
    bench.loop.flush(utterance, 1)
    bench.say(utterance, "baki")
    bench.loop.close(utterance)
    bench.loop.run()
    expected = 0
    for delivery in heard.deliveries:
        assert delivery.first_sample == expected
        expected += delivery.num_samples


def test_segments_are_spoken_one_after_another_in_the_order_in_which_they_came() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    ids = [bench.say(utterance, word) for word in WORDS[:5]]
    bench.loop.close(utterance)
    bench.loop.run()
    assert heard.ended == ids
    assert hear(heard.pcm, 48000, WORDS) == WORDS[:5]
    assert all(len(due) == 1 for due in bench.engine.steps)


def test_two_utterances_share_the_steps_of_the_engine() -> None:
    bench = Bench()
    (one, first), (other, second) = bench.open(), bench.open()
    bench.say(one, "bako bade")
    bench.say(other, "baki bafa")
    bench.loop.close(one)
    bench.loop.close(other)
    bench.loop.run()
    assert len(bench.engine.steps) == 8
    assert all(len(due) == 2 for due in bench.engine.steps)
    assert hear(first.pcm, 48000, WORDS) == ["bako", "bade"]
    assert hear(second.pcm, 48000, WORDS) == ["baki", "bafa"]


def test_a_flush_lets_out_all_and_is_answered_after_it() -> None:
    bench = Bench()
    utterance, heard = bench.open(max_lead_s=10.0)
    bench.say(utterance, "bako")
    bench.loop.flush(utterance, 41)
    bench.pump()
    assert heard.flushed == [41]
    assert heard.num_samples == spoken("bako").size
    last = heard.deliveries[-1]
    assert (last.flushed, last.ended is not None) == (41, True)


def test_a_flush_of_nothing_is_answered_at_once() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.loop.flush(utterance, 7)
    bench.loop.flush(utterance, 8)
    bench.pump()
    assert heard.flushed == [7, 8]
    assert heard.num_samples == 0


def test_a_flush_waits_for_the_segments_before_it_and_not_for_those_after() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    first = bench.say(utterance, "bako")
    bench.loop.flush(utterance, 1)
    second = bench.say(utterance, "bade")
    bench.loop.close(utterance)
    bench.loop.run()
    told = [
        mark
        for d in heard.deliveries
        for mark in (d.ended, d.flushed and -d.flushed, d.closed and 0)
        if mark is not None
    ]
    assert [mark for mark in told if mark is not False] == [first, -1, second, 0]


def test_closing_what_never_spoke_closes_it() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.loop.close(utterance)
    bench.pump()
    assert heard.deliveries == [Delivery(utterance, closed=True)]


def test_nothing_follows_closed() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.loop.close(utterance)
    bench.say(utterance, "bako")
    bench.loop.flush(utterance, 1)
    bench.loop.run()
    assert heard.deliveries[-1].closed
    assert heard.num_samples == 0


def test_the_end_of_a_segment_is_held_for_the_next_as_long_as_the_listener_has_something_to_hear() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.say(utterance, "bako")
    bench.pump()
    whole = spoken("bako").size
    assert whole - FRAME - 480 < heard.num_samples < whole
    wait_s = heard.num_samples / 48000 - 0.020
    bench.loop.run(wait_s - 0.001)
    assert heard.num_samples < whole
    bench.loop.run(0.002)
    assert heard.num_samples == whole


def test_a_segment_in_time_joins_the_one_before() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.say(utterance, "bako")
    bench.pump()
    bench.clock.advance(0.02)
    bench.say(utterance, "bade")
    bench.loop.close(utterance)
    bench.loop.run()
    assert np.array_equal(heard.pcm, assemble([Part(spoken("bako")), Part(spoken("bade"))]))


def test_a_segment_too_late_fades_in_after_the_silence() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.say(utterance, "bako")
    bench.loop.run()
    bench.say(utterance, "bade")
    bench.loop.close(utterance)
    bench.loop.run()
    assert np.array_equal(heard.pcm, assemble([Part(spoken("bako"), released=True), Part(spoken("bade"))]))


def test_a_gap_is_heard_between_two_segments() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    bench.say(utterance, "bako")
    bench.say(utterance, "bade", gap_ms=150)
    bench.loop.close(utterance)
    bench.loop.run()
    assert np.array_equal(heard.pcm, assemble([Part(spoken("bako")), Part(spoken("bade"), 150)]))


def test_an_aborted_utterance_is_silent_and_costs_the_engine_nothing() -> None:
    bench = Bench()
    utterance, heard = bench.open()
    segment_id = bench.say(utterance, " ".join(WORDS[:20]))
    bench.say(utterance, "bako")
    for _ in range(3):
        bench.loop.step()
    num_deliveries = len(heard.deliveries)
    bench.loop.abort(utterance)
    bench.loop.run()
    assert len(heard.deliveries) == num_deliveries
    assert sum(segment_id in due for due in bench.engine.steps) == 3
    assert sum(bool(due) for due in bench.engine.steps) == 3


def test_an_abort_while_audio_is_under_way_counts_it_and_drops_it() -> None:
    bench = Bench(chunk_ms=100)
    (one, first), (other, second) = bench.open(), bench.open()

    def abort_other(delivery: Delivery) -> None:
        first(delivery)
        bench.loop.abort(other)

    bench.loop.open(one, F32, 0.0, abort_other)
    bench.say(one, "bako bade")
    bench.say(other, "baki bafa")
    bench.loop.step()
    assert first.deliveries
    assert not second.deliveries
    assert bench.loop.num_late == 1


def test_commands_for_utterances_that_are_not_open_are_ignored() -> None:
    bench = Bench()
    bench.say(12345, "bako")
    bench.loop.flush(12345, 1)
    bench.loop.position(12345, 1.0)
    bench.loop.abort(12345)
    bench.loop.close(12345)
    bench.loop.run()
    assert bench.engine.steps == []


def test_a_failed_segment_ends_its_utterance_and_no_other() -> None:
    clock = Clock()
    loop = LocalLoop(ToneEngine(faults={"fail_on": "bade"}), clock, clock.advance)
    unlucky, lucky = Heard(F32), Heard(F32)
    for utterance, heard, text in ((1, unlucky, "bako bade baki"), (2, lucky, "bako baki")):
        loop.open(utterance, F32, 0.0, heard)
        loop.submit(build_segment(text, utterance))
        loop.submit(build_segment("bafa", utterance))
        loop.close(utterance)
    loop.run()
    assert len(unlucky.failures) == 1
    assert unlucky.deliveries[-1].failed
    assert not unlucky.closed
    assert lucky.closed
    assert hear(lucky.pcm, 48000, WORDS) == ["bako", "baki", "bafa"]


def test_what_the_engine_raises_is_not_hidden() -> None:
    class Broken(ToneEngine):
        def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
            raise RuntimeError("out of memory")

    loop = LocalLoop(Broken())
    loop.open(1, F32, 0.0, Heard(F32))
    loop.submit(build_segment("bako", 1))
    with pytest.raises(RuntimeError, match="out of memory"):
        loop.run()


def test_the_first_sound_is_pointed_at_once_with_the_data_that_holds_it() -> None:
    bench = Bench()
    utterance, heard = bench.open(Output("pcm_f32le", 16000))
    bench.say(utterance, "bako bade")
    bench.loop.close(utterance)
    bench.loop.run()
    (marked,) = [delivery for delivery in heard.deliveries if delivery.audible_at is not None]
    assert marked.audible_at == int(np.argmax(np.abs(heard.pcm) >= 10**-2.5))
    assert marked.first_sample <= marked.audible_at < marked.first_sample + marked.num_samples


def test_timing_comes_once_with_the_first_data() -> None:
    bench = Bench(step_s=0.010)
    utterance, heard = bench.open()
    bench.clock.advance(5.0)
    bench.say(utterance, "bako bade")
    bench.loop.close(utterance)
    bench.loop.run()
    (timed,) = [delivery for delivery in heard.deliveries if delivery.timing]
    assert timed is next(delivery for delivery in heard.deliveries if delivery.num_samples)
    assert timed.timing
    assert timed.timing.first_step_at == 1005.0
    assert timed.timing.first_chunk_at == pytest.approx(1005.010)


def test_the_time_of_the_engine_is_shared_by_those_it_worked_for() -> None:
    bench = Bench(step_s=0.010)
    (one, first), (other, second) = bench.open(), bench.open()
    for utterance in (one, other):
        bench.say(utterance, "bako bade")
        bench.loop.close(utterance)
    bench.loop.run()
    busy = [sum(delivery.busy_s for delivery in heard.deliveries) for heard in (first, second)]
    assert busy == pytest.approx([0.040, 0.040])


def test_generation_pauses_while_the_listener_has_enough() -> None:
    bench = Bench()
    utterance, heard = bench.open(max_lead_s=1.0)
    bench.say(utterance, " ".join(WORDS[:60]))
    bench.pump()
    assert 0.94 <= heard.num_samples / 48000 <= 1.0
    bench.loop.run(1.0)
    assert 1.92 <= heard.num_samples / 48000 <= 2.0


def test_a_listener_who_stands_still_gets_no_more() -> None:
    bench = Bench()
    utterance, heard = bench.open(max_lead_s=1.0)
    bench.say(utterance, " ".join(WORDS[:60]))
    bench.pump()
    for _ in range(20):
        bench.clock.advance(0.25)
        bench.loop.position(utterance, 0.0)
        bench.pump()
    assert heard.num_samples / 48000 < 1.05


def test_without_a_limit_everything_is_made_at_once() -> None:
    bench = Bench()
    utterance, heard = bench.open(max_lead_s=0.0)
    bench.say(utterance, " ".join(WORDS[:60]))
    bench.loop.close(utterance)
    bench.pump()
    assert heard.closed
    assert heard.num_samples == sum(round(48000 * duration_of(word)) for word in WORDS[:60])


def test_many_paced_listeners_share_their_steps() -> None:
    bench = Bench()
    heard = []
    for _ in range(50):
        utterance, one = bench.open(max_lead_s=0.2)
        heard.append(one)
        bench.say(utterance, " ".join(WORDS[:40]))
        bench.clock.advance(0.0013)
        bench.pump()
    bench.loop.run(0.5)
    bench.engine.steps.clear()
    bench.loop.run(1.0)
    assert len(bench.engine.steps) <= 51
    assert all(one.num_samples > 48000 for one in heard)


def test_a_loop_with_nothing_to_do_waits_for_a_command() -> None:
    assert EngineLoop(ToneEngine()).wait_s() is None
