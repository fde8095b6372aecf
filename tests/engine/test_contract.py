"""What every engine promises, whatever it is made of: a new one is added to ENGINES and has to pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest

from engine.espeak import EspeakEngine
from engine.tone import ToneEngine
from engine.types import AUDIBLE, Chunk, Ended, Engine, EngineOutput, Failed, Segment, SegmentId
from tests.engine.build import build_segment

ENGINES: dict[str, Callable[[], Engine]] = {"tone": ToneEngine, "espeak": EspeakEngine}

TEXT = "Good morning, everyone. The train leaves at seven in the evening, from the platform over there."
MANY_STEPS = 10_000


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = ENGINES[request.param]()
    yield made
    made.close()


def say(engine: Engine, text: str = TEXT) -> Segment:
    segment = build_segment(text, voice=engine.info.default_voice)
    engine.add(segment)
    return segment


def run(engine: Engine, *segments: Segment) -> list[EngineOutput]:
    """Step until all of these segments are over; return all that came."""
    live = {segment.id for segment in segments}
    outputs: list[EngineOutput] = []
    for _ in range(MANY_STEPS):
        if not live:
            return outputs
        made = engine.step(dict.fromkeys(sorted(live), -math.inf))
        outputs.extend(made)
        live -= {output.segment for output in made if not isinstance(output, Chunk)}
    raise AssertionError(f"segments {live} do not end")


def chunks(outputs: list[EngineOutput], segment: Segment) -> list[Chunk]:
    return [output for output in outputs if isinstance(output, Chunk) and output.segment == segment.id]


def test_it_says_what_it_is(engine: Engine) -> None:
    info = engine.info
    assert info.voice(info.default_voice)
    assert info.sample_rate > 0
    assert info.capacity > 0
    assert info.max_step_s > 0
    assert len({voice.id for voice in info.voices}) == len(info.voices)


def test_a_segment_is_chunks_of_sound_and_then_one_end(engine: Engine) -> None:
    segment = say(engine)
    *sound, end = run(engine, segment)
    assert end == Ended(segment.id)
    assert all(isinstance(output, Chunk) and output.segment == segment.id for output in sound)
    for chunk in chunks(sound, segment):
        assert chunk.pcm.dtype == np.float32
        assert chunk.pcm.ndim == 1
        assert np.abs(chunk.pcm).max(initial=0.0) <= 1.0
    loudest = max(np.abs(chunk.pcm).max(initial=0.0) for chunk in chunks(sound, segment))
    assert loudest > AUDIBLE


def test_nothing_follows_the_end(engine: Engine) -> None:
    segment = say(engine)
    run(engine, segment)
    assert engine.step({segment.id: -math.inf}) == []
    assert not engine.pending


def test_every_token_gets_its_word_in_order_and_within_the_sound(engine: Engine) -> None:
    segment = say(engine)
    outputs = run(engine, segment)
    words = [word for chunk in chunks(outputs, segment) for word in chunk.words]
    assert [(word.start, word.end) for word in words] == [(span.start, span.end) for span in segment.spans]
    num_samples = sum(chunk.pcm.size for chunk in chunks(outputs, segment))
    assert all(0 <= word.start_s <= word.end_s <= num_samples / engine.info.sample_rate + 1e-9 for word in words)
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)
    assert [word.end_s for word in words] == sorted(word.end_s for word in words)


def test_a_word_comes_no_later_than_the_sound_in_which_it_begins(engine: Engine) -> None:
    segment = say(engine)
    end_s = 0.0
    for chunk in chunks(run(engine, segment), segment):
        assert all(word.start_s >= end_s - 1e-9 for word in chunk.words)
        end_s += chunk.pcm.size / engine.info.sample_rate


def test_two_segments_take_turns(engine: Engine) -> None:
    one, other = say(engine, " ".join([TEXT] * 4)), say(engine, " ".join([TEXT] * 4))
    waiting, turns = [one, other], list[SegmentId]()
    for _ in range(MANY_STEPS):
        made = engine.step({segment.id: 0.0 for segment in waiting})
        turns.extend(output.segment for output in made if isinstance(output, Chunk))
        if any(isinstance(output, Ended) for output in made):
            break
        waiting.reverse()
    assert {one.id, other.id} == set(turns)
    assert sum(left != right for left, right in pairwise(turns)) >= 2


def test_both_of_two_segments_come_to_their_end(engine: Engine) -> None:
    one, other = say(engine), say(engine, "Something else.")
    outputs = run(engine, one, other)
    assert sorted(output.segment for output in outputs if isinstance(output, Ended)) == [one.id, other.id]
    for segment in (one, other):
        mine = [output for output in outputs if output.segment == segment.id]
        assert isinstance(mine[-1], Ended)
        assert chunks(outputs, segment)


def test_only_what_is_due_is_worked_on(engine: Engine) -> None:
    one, other = say(engine), say(engine)
    assert {output.segment for output in run(engine, one)} == {one.id}
    assert {output.segment for output in run(engine, other)} == {other.id}


def test_a_step_without_anything_due_brings_nothing(engine: Engine) -> None:
    say(engine)
    assert engine.step({}) == []


def test_an_aborted_segment_is_silent_from_there_on(engine: Engine) -> None:
    dropped, kept = say(engine, " ".join([TEXT] * 4)), say(engine)
    engine.step({dropped.id: -math.inf, kept.id: -math.inf})
    engine.abort(dropped.id)
    outputs = list(engine.step({dropped.id: 0.0})) + run(engine, kept)
    assert {output.segment for output in outputs} == {kept.id}
    assert not engine.pending


def test_a_segment_can_be_aborted_before_its_first_step(engine: Engine) -> None:
    segment = say(engine)
    engine.abort(segment.id)
    assert engine.step({segment.id: -math.inf}) == []
    assert not engine.pending


def test_unknown_segments_are_ignored(engine: Engine) -> None:
    engine.abort(987_654_321)
    assert engine.step({987_654_321: 0.0}) == []


def test_nothing_is_pending_where_nothing_was_asked(engine: Engine) -> None:
    assert not engine.pending


@pytest.mark.parametrize("text", ["", ".", "\u200b"], ids=["no token", "a full stop", "a zero-width space"])
def test_a_segment_with_nothing_to_say_ends(engine: Engine, text: str) -> None:
    segment = say(engine, text)
    outputs = run(engine, segment)
    assert outputs[-1] in (Ended(segment.id), Failed(segment.id, getattr(outputs[-1], "message", "")))
    assert sum(len(chunk.words) for chunk in chunks(outputs, segment)) in (0, len(segment.spans))


def test_the_engine_speaks_again_after_many_aborts(engine: Engine) -> None:
    for _ in range(50):
        engine.abort(say(engine, "never heard").id)
    segment = say(engine, "heard")
    assert chunks(run(engine, segment), segment)
