"""Real vLLM, on a processor: one engine for all tests, since it takes long to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.spark.lm_vllm import Limits, VllmLM
from engine.spark.vocabulary import Vocabulary, appended
from tests.engine.spark.lm_contract import GREEDY, LMContract, Subject, alone, ask, run

pytestmark = [pytest.mark.vllm, pytest.mark.filterwarnings("ignore")]  # its own imports warn

TEXT = range(100, 300)
NUMBERED = {name: number for number, name in enumerate(("<|im_end|>", "<|endoftext|>", *appended()), TEXT.stop)}
VOCABULARY = Vocabulary.of(NUMBERED, lambda text: [ord(letter) for letter in text])
ENDING, NAMING, LOST = 1, 2, 3
MAX_LEN = 512


def write_llm(folder: Path) -> None:
    """Write a small Qwen2 of random weights, to which some tokens leave no choice, and one has no numbers."""
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCABULARY.size,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        initializer_range=0.1,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    tensors = load_file(folder / "model.safetensors")
    table = tensors["model.embed_tokens.weight"]
    table[LOST] = torch.nan
    for after, follows in ((ENDING, min(VOCABULARY.stops)), (NAMING, VOCABULARY.global_tokens[7])):
        direction = torch.sign(torch.randn(table.shape[1]))
        table[after], table[follows] = 1000 * direction, direction / 10
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("tiny")
    write_llm(folder / "LLM")
    lm = VllmLM(folder, VOCABULARY, "float32", Limits(capacity=16, max_len=MAX_LEN))
    naming, ending = (TEXT[0], NAMING), (TEXT[0], ENDING)
    yield Subject(lm, MAX_LEN, VOCABULARY.semantic_tokens, TEXT, ending, naming, VOCABULARY.global_tokens[7])
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
    with pytest.raises(ValueError, match=f"it has {VOCABULARY.size}"):
        subject.lm.add(ask(subject, prompt=(VOCABULARY.size,)))


def test_float16_is_refused() -> None:
    with pytest.raises(ValueError, match="use bfloat16"):
        VllmLM(Path("never looked at"), VOCABULARY, "float16")
