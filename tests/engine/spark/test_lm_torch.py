from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.spark.lm import Sampling, Tokens
from engine.spark.lm_torch import CHUNK, TorchLM
from engine.spark.qwen2 import BLOCK, Cache, Place, Qwen2
from engine.spark.qwen2_config import Qwen2Config
from engine.spark.random_weights import random_lm, write_lm
from engine.spark.rows import Rows
from engine.spark.tokenizer import load_vocabulary
from engine.spark.vocabulary import Vocabulary, appended
from tests.engine.spark.lm_contract import GREEDY, Heard, LMContract, Subject, again, alone, ask, run, turn

pytestmark = pytest.mark.spark

TEXT = range(100, 300)
NUMBERED = {name: number for number, name in enumerate(("<|im_end|>", "<|endoftext|>", *appended()), TEXT.stop)}
VOCABULARY = Vocabulary.of(NUMBERED, lambda text: [ord(letter) for letter in text])
ENDING, NAMING, LOST = 1, 2, 3
CONFIG = Qwen2Config(
    vocab_size=VOCABULARY.size, hidden=128, num_layers=2, num_heads=4, num_kv_heads=2, inner=256, max_position=4096
)
ROWS = Rows.speech(VOCABULARY, CONFIG.vocab_size)


def weights() -> dict[str, Tensor]:
    """Random ones, to which some tokens leave no choice, and one has no numbers."""
    tensors = random_lm(CONFIG)
    table = tensors["model.embed_tokens.weight"]
    table[LOST] = torch.nan
    for after, follows in ((ENDING, min(VOCABULARY.stops)), (NAMING, VOCABULARY.global_tokens[7])):
        direction = torch.sign(torch.randn(table.shape[1], generator=torch.Generator().manual_seed(after)))
        table[after], table[follows] = 1000 * direction, direction / 10
    return tensors


def build(capacity: int = 4, max_len: int = BLOCK, dtype: torch.dtype = torch.float32) -> TorchLM:
    tensors = {name: tensor.to(dtype) for name, tensor in weights().items()}
    return TorchLM(Qwen2(CONFIG, tensors, BLOCK * -(-max_len // BLOCK)), ROWS, capacity, max_len)


def subject_of(lm: TorchLM) -> Subject:
    naming, ending = (TEXT[0], NAMING), (TEXT[0], ENDING)
    return Subject(lm, lm.max_len, VOCABULARY.semantic_tokens, TEXT, ending, naming, VOCABULARY.global_tokens[7])


@pytest.fixture(scope="module")
def subject() -> Subject:
    return subject_of(build(capacity=8))


class TestTorchLM(LMContract):
    pass


def test_one_that_has_no_numbers_ends_in_error_and_harms_nobody(subject: Subject) -> None:
    well = ask(subject, sampling=GREEDY)
    sick = [ask(subject, prompt=prompt) for prompt in ((TEXT[0], LOST), (LOST, TEXT[0]), (LOST,) * 2 * CHUNK)]
    one, *others = run(subject, [well, *sick, ask(subject, prompt=sick[0].prompt, semantic_only=False)])
    assert [(other.ids, other.finishes) for other in others] == [([], ["error"])] * 4
    assert one.ids == alone(subject, well)


def test_who_gets_the_slot_of_one_that_had_no_numbers_is_not_harmed() -> None:
    lm = build(capacity=1)
    subject = subject_of(lm)
    for num_steps in range(5):
        sick = ask(subject, prompt=(*(TEXT[0],) * 100, LOST, *(TEXT[0],) * 100))
        lm.add(sick)
        for _ in range(num_steps):
            lm.step([sick.id])
        lm.abort(sick.id)
        (well,) = run(subject, [ask(subject)])
        assert well.finishes == ["length"]


@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 3 * CHUNK), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_prompts_of_any_lengths_are_read_as_alone(subject: Subject, lengths: list[int], seed: int) -> None:
    sequences = [
        ask(subject, seed, prompt=tuple(TEXT[(seed + at) % 200] for at in range(length)), max_tokens=6)
        for length in lengths
    ]
    assert [one.ids for one in run(subject, sequences)] == [alone(subject, sequence) for sequence in sequences]


def test_a_long_prompt_is_read_while_others_speak(subject: Subject) -> None:
    speaking, reading = ask(subject), ask(subject, prompt=(TEXT[5],) * (4 * CHUNK + 1), max_tokens=5)
    heard = {speaking.id: Heard(), reading.id: Heard()}
    subject.lm.add(speaking)
    turn(subject.lm, [speaking.id], heard)
    subject.lm.add(reading)
    before = len(heard[speaking.id].ids)
    for number in range(1, 4):
        turn(subject.lm, [reading.id, speaking.id], heard)
        assert len(heard[speaking.id].ids) == before + number
        assert heard[reading.id] == Heard()
    turn(subject.lm, [reading.id, speaking.id], heard)
    assert len(heard[reading.id].ids) == 1
    subject.lm.abort(speaking.id)
    subject.lm.abort(reading.id)


def test_the_first_that_is_due_is_let_in_and_read_first() -> None:
    lm = build(capacity=1)
    subject = subject_of(lm)
    first, second = ask(subject, 1), ask(subject, 2)
    lm.add(first)
    lm.add(second)
    assert [tokens.sequence for tokens in lm.step([second.id, first.id])] == [second.id]


@pytest.mark.parametrize("num_steps", range(5))
def test_an_abort_frees_the_slot_within_a_step_whatever_it_was_at(num_steps: int) -> None:
    lm = build(capacity=1)
    subject = subject_of(lm)
    gone, next_one = ask(subject, 1, prompt=(TEXT[5],) * (2 * CHUNK + 1)), ask(subject, 2)
    lm.add(gone)
    for _ in range(num_steps):
        lm.step([gone.id])
    lm.abort(gone.id)
    lm.add(next_one)
    (tokens,) = lm.step([gone.id, next_one.id])
    assert tokens.sequence == next_one.id


def test_a_paused_one_goes_on_as_if_nothing_had_been(subject: Subject) -> None:
    paused, others = ask(subject, 1), [ask(subject, seed) for seed in range(2, 5)]
    expected = alone(subject, paused)
    heard = {sequence.id: Heard() for sequence in (paused, *others)}
    for sequence in (paused, *others):
        subject.lm.add(sequence)
    while not heard[paused.id].finishes:
        turn(subject.lm, [paused.id, *(one.id for one in others)], heard)
        for _ in range(3):
            came = len(heard[paused.id].ids)
            turn(subject.lm, [one.id for one in others], heard)
            assert len(heard[paused.id].ids) == came
    assert heard[paused.id].ids == expected


def test_an_id_that_is_there_already_is_refused(subject: Subject) -> None:
    sequence = ask(subject)
    subject.lm.add(sequence)
    with pytest.raises(ValueError, match="there already"):
        subject.lm.add(sequence)
    subject.lm.abort(sequence.id)


def test_an_id_that_the_model_does_not_know_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match=f"it has {VOCABULARY.size}"):
        subject.lm.add(ask(subject, prompt=(VOCABULARY.size,)))


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_a_dtype_that_these_models_do_not_work_in_is_refused(dtype: str) -> None:
    with pytest.raises(ValueError, match="use bfloat16 or float32"):
        TorchLM.load(Path("never looked at"), VOCABULARY, dtype)


def test_batches_are_as_large_as_they_must_be_and_whole_tiles_in_float32() -> None:
    assert build(capacity=6, dtype=torch.bfloat16).sizes == (1, 2, 4, 6)
    assert build(capacity=6).sizes == (4, 8)
    assert build(capacity=8).sizes == (4, 8)


def test_half_precision_speaks_and_draws_the_same_of_a_seed() -> None:
    subject = subject_of(build(dtype=torch.bfloat16))
    sequences = [ask(subject, seed) for seed in range(4)]
    first, second = (run(subject, map(again, sequences)) for _ in range(2))
    assert first == second
    assert all(one.finishes == ["length"] for one in first)


def test_a_seed_draws_what_the_logits_say() -> None:
    """Over many seeds, tokens come as often as their weights say: top_k of 3 of known logits."""
    subject = subject_of(build(capacity=16))
    base = ask(subject, prompt=(TEXT[7],), max_tokens=1)
    sampling = Sampling(temperature=1.0, top_k=3, top_p=1.0)
    drawn = [one.ids[0] for one in run(subject, [
        replace(again(base), sampling=replace(sampling, seed=seed)) for seed in range(400)
    ])]  # fmt: skip
    logits = logits_of(torch.tensor([[TEXT[7]]]), weights())[0, 0]
    speech = torch.tensor([*ROWS.semantic, *ROWS.stops])
    best = logits[speech].topk(3)
    for id, weight in zip(speech[best.indices].tolist(), torch.softmax(best.values, 0).tolist(), strict=True):
        assert abs(drawn.count(id) / 400 - weight) < 4 * (weight * (1 - weight) / 400) ** 0.5


def logits_of(tokens: Tensor, tensors: dict[str, Tensor]) -> Tensor:
    model = Qwen2(CONFIG, tensors, BLOCK)
    place = Place(torch.tensor([0]), torch.arange(tokens.shape[1])[None], BLOCK)
    hidden: Tensor = model(tokens, place, Cache.empty(CONFIG, 1, BLOCK, model.embedding))
    return hidden @ model.head.T


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    from transformers import Qwen2ForCausalLM

    folder = tmp_path_factory.mktemp("reference")
    write_lm(folder, CONFIG, seed=3)
    return folder, Qwen2ForCausalLM.from_pretrained(folder / "LLM", dtype=torch.float32).eval()


def test_logits_are_those_of_transformers(reference: tuple[Path, Any]) -> None:
    tokens = torch.randint(0, CONFIG.vocab_size, (1, 300), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = reference[1](tokens).logits
        found = logits_of(tokens, random_lm(CONFIG, seed=3))
    assert (found - expected).abs().max() < 1e-4


def test_200_greedy_tokens_are_those_of_transformers(reference: tuple[Path, Any]) -> None:
    _, model = reference
    prompt = tuple(range(100, 180))
    lm = TorchLM(
        Qwen2(CONFIG, random_lm(CONFIG, seed=3), BLOCK), replace(ROWS, others=all_but_speech()), capacity=2, max_len=400
    )
    subject = subject_of(lm)
    (one,) = run(subject, [ask(subject, prompt=prompt, max_tokens=200, sampling=GREEDY, semantic_only=False)])
    whole = model.generate(torch.tensor([prompt]), do_sample=False, max_new_tokens=200, min_new_tokens=200)
    assert one.ids == whole[0, len(prompt) :].tolist()
    assert len(set(one.ids)) > 3


def all_but_speech() -> tuple[int, ...]:
    return tuple(id for id in range(CONFIG.vocab_size) if id not in ROWS.semantic and id not in ROWS.stops)


def test_a_model_is_read_from_its_folder(tmp_path: Path) -> None:
    from engine.spark.qwen2_config import TINY_LM

    write_lm(tmp_path, TINY_LM)
    vocabulary = load_vocabulary(tmp_path)
    lm = TorchLM.load(tmp_path, vocabulary, "float32", capacity=2)
    prompt = (vocabulary.task_tts, *vocabulary.encode("hello"), vocabulary.end_content)
    lm.add(ask(subject_of(build()), prompt=prompt, max_tokens=3))
    made: list[Tokens] = []
    while not made or made[-1].finish is None:
        made += lm.step([*lm._waiting, *lm._speakers])
    assert all(token in vocabulary.semantic_tokens for tokens in made for token in tokens.ids)
    assert len(made) == 3
