from __future__ import annotations

from dataclasses import replace

import pytest

from engine.spark.guards import budget
from engine.spark.lm import Sampling
from engine.spark.prompting import Prompting, parse_prompting
from engine.spark.reader import Reading, SparkReader
from engine.spark.voice_files import SparkVoice
from engine.types import Segment, Span
from tests.engine.build import build_segment
from tests.engine.spark.spelling import PUBLIC, spelt

ASHA = SparkVoice("asha", tokens=tuple(range(32)))
RAVI = SparkVoice("ravi", tokens=tuple(range(32, 64)))


def build(continuity_s: float = 0.0, prompting: Prompting | None = None) -> SparkReader:
    return SparkReader(PUBLIC, prompting or Prompting(), {"asha": ASHA, "ravi": RAVI}, continuity_s)


def say(reader: SparkReader, text: str, utterance: int = 1, voice: str = "asha") -> Reading:
    reading = reader.read(build_segment(text, utterance, voice=voice))
    assert reading
    return reading


def content(reading: Reading) -> list[int]:
    return list(reading.sequence.prompt[2 : reading.sequence.prompt.index(165152)])


def past(reading: Reading) -> list[int]:
    return [token_id - 155761 for token_id in reading.sequence.prompt if 155761 <= token_id <= 163952]


def test_a_segment_is_a_sequence_of_its_own_id_seed_and_budget() -> None:
    segment = replace(build_segment("Hi there.", voice="ravi"), seed=77)
    reading = build().read(segment)
    assert reading
    sequence = reading.sequence
    assert (sequence.id, sequence.max_tokens, sequence.semantic_only) == (segment.id, budget("Hi there."), True)
    assert sequence.sampling == Sampling(seed=77)
    assert content(reading) == spelt("Hi there.")
    assert reading.speaker == tuple(range(32, 64))
    assert reading.take([155768, 151645]) == [7]


def test_a_fine_tune_is_sampled_as_it_wants_to_be() -> None:
    prompting = parse_prompting("[sampling]\ntemperature = 0.7\nrepetition_penalty = 1.2")
    sequence = say(build(prompting=prompting), "Hi").sequence
    assert sequence.sampling == Sampling(temperature=0.7, repetition_penalty=1.2)


def test_where_the_model_says_the_marker_anything_may_be_drawn() -> None:
    reading = say(build(prompting=parse_prompting("marker = false")), "Hi")
    assert not reading.sequence.semantic_only
    assert reading.take([165151, 155768]) == [7]


def test_nothing_to_say_is_nothing() -> None:
    assert build().read(build_segment("", voice="asha")) is None
    assert build().read(Segment(1, 1, "asha", "en", (Span("", 0, 7, tag="laugh"),), emotion="sad")) is None


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no voice 'nobody'"):
        say(build(), "Hi", voice="nobody")


def test_an_utterance_keeps_its_voice_whatever_becomes_of_that() -> None:
    voices = {"asha": ASHA}
    reader = SparkReader(PUBLIC, Prompting(), voices)
    first = say(reader, "One.")
    voices["asha"] = replace(RAVI, id="asha")
    assert say(reader, "Two.").speaker == first.speaker == ASHA.tokens
    del voices["asha"]
    assert say(reader, "Three.").speaker == ASHA.tokens
    with pytest.raises(ValueError, match="there is no voice 'asha'"):
        say(reader, "Four.", utterance=2)


def test_without_continuity_segments_know_nothing_of_each_other() -> None:
    reader = build()
    say(reader, "One.").take([155761, 155762])
    two = say(reader, "Two.")
    assert (content(two), past(two)) == (spelt("Two."), [])


def test_with_continuity_a_segment_goes_on_from_the_one_before_it_and_no_further() -> None:
    reader = build(continuity_s=4.0)
    one = say(reader, "One.")
    assert past(one) == []
    one.take([155761, 155762])
    one.take([155763, 151645, 155764])
    two = say(reader, "Two.")
    assert (content(two), past(two)) == (spelt("One. Two."), [0, 1, 2])
    two.take([155770])
    three = say(reader, "Three.")
    assert (content(three), past(three)) == (spelt("Two. Three."), [9])


def test_what_is_gone_on_from_is_bounded() -> None:
    reader = build(continuity_s=0.1)
    say(reader, "aaaa bbbb").take(range(155761, 155771))
    two = say(reader, "cccc")
    assert (content(two), past(two)) == (spelt("bbbb cccc"), [5, 6, 7, 8, 9])


def test_the_budget_is_for_what_is_new() -> None:
    reader = build(continuity_s=4.0)
    say(reader, "One " * 40).take([155761])
    assert say(reader, "Two.").sequence.max_tokens == budget("Two.")


def test_nobody_goes_on_from_another_utterance_or_another_voice() -> None:
    reader = build(continuity_s=4.0)
    say(reader, "One.").take([155761])
    assert past(say(reader, "Two.", utterance=2)) == []
    assert past(say(reader, "Two.", voice="ravi")) == []


def test_a_segment_of_which_nothing_was_made_is_nothing_to_go_on_from() -> None:
    reader = build(continuity_s=4.0)
    say(reader, "One.")
    two = say(reader, "Two.")
    assert (content(two), past(two)) == (spelt("Two."), [])


def test_only_so_many_utterances_are_remembered() -> None:
    reader = build(continuity_s=4.0)
    for utterance in range(1, 5000):
        say(reader, "One.", utterance).take([155761])
    assert past(say(reader, "Two.", utterance=1)) == []
    assert past(say(reader, "Two.", utterance=4999)) == [0]
