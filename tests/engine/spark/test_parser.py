from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.parser import Parser, Stage
from tests.engine.spark.spelling import PUBLIC

SPEAKER = [151665 + 100 * at for at in range(32)]
NAMED = tuple(100 * at for at in range(32))
SPEECH = [155761, 155761, 163952, 155768]
STOP = 151645

MADE_TO_ORDER = [165149, 164076, 164979, 165155, 165150, *SPEAKER, 165156, 165151, *SPEECH, STOP]

IDS = st.one_of(
    st.integers(155761, 163952),
    st.integers(151665, 155760),
    st.integers(163953, 165157),
    st.sampled_from([STOP, 151643, 165157, *range(165146, 165158)]),
    st.integers(-3, 170_000),
)
STAGES = st.sampled_from(list(Stage))


def test_all_that_a_model_says_of_a_voice_to_order_is_told_apart() -> None:
    parser = Parser(PUBLIC, Stage.ACOUSTIC)
    assert parser.push(MADE_TO_ORDER) == [0, 0, 8191, 7]
    assert (parser.values, parser.speaker, parser.stage, parser.num_strays) == ((123, 4), NAMED, Stage.OVER, 0)


def test_a_speaker_that_the_model_names_is_taken_down_before_speech() -> None:
    parser = Parser(PUBLIC, Stage.GLOBAL)
    parser.push([*SPEAKER[:20], 165156])
    assert parser.push([*SPEAKER[20:], 165156, 165151, *SPEECH]) == [0, 0, 8191, 7]
    assert (parser.values, parser.speaker, parser.stage) == (None, NAMED, Stage.SEMANTIC)


def test_after_a_whole_prompt_there_is_speech_with_the_marker_or_without() -> None:
    for said in (SPEECH, [165151, *SPEECH]):
        parser = Parser(PUBLIC)
        assert parser.push(said) == [0, 0, 8191, 7]
        assert parser.num_strays == 0


@pytest.mark.parametrize("stop", [151643, 151645, 165157])
def test_nothing_counts_after_a_stop(stop: int) -> None:
    parser = Parser(PUBLIC)
    assert parser.push([*SPEECH, stop, *SPEECH]) == [0, 0, 8191, 7]
    assert parser.push(SPEECH) == []
    assert (parser.stage, parser.num_strays) == (Stage.OVER, 8)


def test_a_speaker_that_is_not_named_to_its_end_is_none() -> None:
    parser = Parser(PUBLIC, Stage.ACOUSTIC)
    parser.push([165149, 164076, 165155, 165150, *SPEAKER[:31], 165156, 165151, *SPEECH])
    assert (parser.values, parser.speaker) == (None, None)


def test_of_too_many_speaker_tokens_the_first_count() -> None:
    parser = Parser(PUBLIC, Stage.GLOBAL)
    parser.push([*SPEAKER, *SPEAKER[:3], *SPEECH])
    assert (parser.speaker, parser.num_strays) == (NAMED, 3)


def test_a_speaker_cannot_change_within_speech() -> None:
    parser = Parser(PUBLIC, Stage.GLOBAL)
    assert parser.push([*SPEAKER, *SPEECH, *reversed(SPEAKER), 164076, *SPEECH]) == [0, 0, 8191, 7] * 2
    assert (parser.speaker, parser.values, parser.num_strays) == (NAMED, None, 33)


def test_words_between_sounds_are_dropped_and_counted() -> None:
    parser = Parser(PUBLIC)
    assert parser.push([72, 155761, 105, 165137, 155762, 165999]) == [0, 1]
    assert parser.num_strays == 4


@given(st.lists(IDS, max_size=120), STAGES, st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_however_a_stream_is_cut_it_means_the_same(ids: list[int], stage: Stage, sizes: list[int]) -> None:
    whole, cut = Parser(PUBLIC, stage), Parser(PUBLIC, stage)
    expected = whole.push(ids)
    heard, at = list[int](), 0
    while at < len(ids):
        size = sizes[at % len(sizes)]
        heard += cut.push(ids[at : at + size])
        at += size
    assert heard == expected
    assert (cut.stage, cut.speaker, cut.values, cut.num_strays) == (
        whole.stage,
        whole.speaker,
        whole.values,
        whole.num_strays,
    )


@given(st.lists(IDS, max_size=200), STAGES)
def test_whatever_comes_speech_is_the_codes_before_the_first_stop_in_their_order(ids: list[int], stage: Stage) -> None:
    parser = Parser(PUBLIC, stage)
    stages = [stage]
    heard = list[int]()
    for token_id in ids:
        heard += parser.push([token_id])
        stages.append(parser.stage)
    end = next((at for at, token_id in enumerate(ids) if token_id in PUBLIC.stops), len(ids))
    before = [] if stage == Stage.OVER else ids[:end]
    assert heard == [token_id - 155761 for token_id in before if 155761 <= token_id <= 163952]
    assert stages == sorted(stages)
    assert all(0 <= code < 8192 for code in heard)
    assert parser.speaker is None or all(0 <= code < 4096 for code in parser.speaker)
    assert parser.values is None or (0 <= parser.values[0] <= 1000 and 0 <= parser.values[1] <= 10)
