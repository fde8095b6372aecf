"""The names are the published ones; which ids they have is a checkpoint's own affair."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.config import ConfigError
from engine.spark.vocabulary import Vocabulary, appended

TEXT = {"<|endoftext|>": 151643, "<|im_end|>": 151645}


def numbered(start: int = 151665) -> dict[str, int]:
    return TEXT | {name: id for id, name in enumerate(appended(), start)}


def read(ids: dict[str, int]) -> Vocabulary:
    return Vocabulary.of(ids, lambda text: [ord(letter) for letter in text])


def test_the_public_numbering_is_found_by_name() -> None:
    found = read(numbered())
    assert found.global_tokens == range(151665, 155761)
    assert found.semantic_tokens == range(155761, 163953)
    assert found.pitch_values == range(163953, 164954)
    assert found.pitch_labels == range(164965, 164970)
    assert found.speed_values == range(164975, 164986)
    assert found.speed_labels == range(164986, 164991)
    assert found.genders == range(165032, 165035)
    assert (found.task_tts, found.task_controllable_tts) == (165137, 165143)
    assert (found.start_content, found.end_content) == (165146, 165152)
    assert (found.start_style_label, found.end_style_label) == (165147, 165153)
    assert (found.start_acoustic_token, found.end_acoustic_token) == (165149, 165155)
    assert (found.start_global_token, found.end_global_token) == (165150, 165156)
    assert (found.start_semantic_token, found.end_semantic_token) == (165151, 165157)
    assert found.stops == {151643, 151645, 165157}
    assert found.size == 165158


def test_13_493_tokens_are_appended() -> None:
    assert len(list(appended())) == len(set(appended())) == 13_493


@given(start=st.integers(151646, 10**6))
def test_a_checkpoint_that_numbers_from_elsewhere_is_read_as_it_is(start: int) -> None:
    found = read(numbered(start))
    assert found.semantic_tokens[5] == numbered(start)["<|bicodec_semantic_5|>"]
    assert found.semantic_tokens.index(found.semantic_tokens[8191]) == 8191
    assert found.size == start + 13_493


def test_tokens_that_no_prompt_needs_may_lack() -> None:
    ids = {name: id for name, id in numbered().items() if not re.search("emotion|age|loudness|task_asr", name)}
    assert read(ids).semantic_tokens == range(155761, 163953)


@pytest.mark.parametrize(
    "name", ["bicodec_semantic_8191", "bicodec_global_0", "pitch_label_4", "gender_1", "task_tts", "im_end"]
)
def test_a_missing_token_is_named(name: str) -> None:
    ids = numbered()
    del ids[f"<|{name}|>"]
    with pytest.raises(ConfigError, match=rf"has no <\|{name}\|>: it is not the tokenizer of a Spark-TTS model"):
        read(ids)


def test_a_tokenizer_of_another_model_is_told_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"has no (<\|bicodec_semantic_\d\|>, ){2}.* and \d+ more: "):
        read(dict(TEXT))


def test_a_token_out_of_its_run_is_named_with_the_id_it_should_have() -> None:
    ids = numbered() | {"<|bicodec_semantic_100|>": 900_000}
    with pytest.raises(ConfigError, match=r"numbers <\|bicodec_semantic_100\|> 900000 where 155861 is due"):
        read(ids)


@given(at=st.integers(0, 8190))
def test_two_tokens_that_changed_places_are_noticed(at: int) -> None:
    ids, one, other = numbered(), f"<|bicodec_semantic_{at}|>", f"<|bicodec_semantic_{at + 1}|>"
    ids[one], ids[other] = ids[other], ids[one]
    with pytest.raises(ConfigError, match="must be one run"):
        read(ids)


def test_two_tokens_of_one_id_are_named() -> None:
    with pytest.raises(ConfigError, match=r"the same id, 165137"):
        read(numbered() | {"<|task_controllable_tts|>": 165137})
