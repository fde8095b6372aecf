"""Real vLLM, on a processor: one engine for all tests, since it takes long to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.spark.config import ConfigError
from engine.spark.lm_vllm import Limits, VllmLM
from engine.spark.qwen2_config import TINY_LM
from tests.engine.spark.lm_contract import GREEDY, LMContract, Subject, alone, ask, run
from tests.engine.spark.planted import LOST, TEXT, subject_of, write_planted
from tests.engine.spark.tiny import say
from voice_server.cli import main

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]  # its own imports warn

MAX_LEN = 512


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("planted")
    vocabulary = write_planted(folder)
    lm = VllmLM(folder, vocabulary, "float32", Limits(capacity=16, max_len=MAX_LEN))
    yield subject_of(lm, vocabulary, MAX_LEN)
    lm.close()


class TestVllmLM(LMContract):
    pass


def test_one_that_has_no_numbers_ends_in_error_and_harms_nobody(subject: Subject) -> None:
    well = ask(subject, sampling=GREEDY)
    sick = ask(subject, prompt=(TEXT[0], LOST))
    one, other, free = run(subject, [well, sick, ask(subject, prompt=sick.prompt, semantic_only=False)])
    assert (other.ids, other.finishes) == (free.ids, free.finishes) == ([], ["error"])
    assert one.ids == alone(subject, well)


def test_an_id_that_the_model_does_not_know_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match=f"it has {TINY_LM.vocab_size}"):
        subject.lm.add(ask(subject, prompt=(TINY_LM.vocab_size,)))


def test_float16_is_refused(tmp_path: Path) -> None:
    vocabulary = write_planted(tmp_path)
    with pytest.raises(ConfigError, match="bfloat16 or float32"):
        VllmLM(tmp_path, vocabulary, "float16")


def test_a_server_speaks_with_it(tmp_path: Path) -> None:
    assert main(["model", "make-tiny", str(tmp_path / "tiny")]) == 0
    said = say(tmp_path / "tiny", tmp_path / "said.wav", "--lm", "vllm", "--capacity", "2")
    assert said.status == 0, said.shown
    assert "loading the language model (vllm, float32 on cpu)" in said.shown
    assert f"{said.sound_s:.2f} s of audio: noise" in said.shown
    assert said.sound_s > 1
