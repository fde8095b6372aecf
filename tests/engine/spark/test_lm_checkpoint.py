"""A language model that is broken is told by its file, what is wrong with it, and what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.spark.checkpoint import CheckpointError
from engine.spark.lm_checkpoint import check_lm, check_numbers
from engine.spark.lm_torch import TorchLM
from engine.spark.qwen2_config import TINY_LM
from engine.spark.random_weights import write_lm
from engine.spark.tokenizer import load_vocabulary

pytestmark = pytest.mark.spark

Break = Callable[[Path], object]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    write_lm(folder, TINY_LM)
    return folder


@pytest.fixture
def model(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


def tensors(change: Callable[[dict[str, Tensor]], object]) -> Break:
    def broken(place: Path) -> None:
        held = load_file(place / "model.safetensors")
        change(held)
        save_file(held, place / "model.safetensors")

    return broken


def document(name: str, change: Callable[[dict[str, Any]], object]) -> Break:
    def broken(place: Path) -> None:
        held = json.loads((place / name).read_text("utf-8"))
        change(held)
        (place / name).write_text(json.dumps(held), "utf-8")

    return broken


def halve(place: Path) -> None:
    weights = place / "model.safetensors"
    (place / "model.safetensors.index.json").write_text("{}")
    weights.rename(place / "model-00001-of-00002.safetensors")


def truncate(place: Path) -> None:
    weights = place / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def leave_out_rows(place: Path) -> None:
    document("config.json", lambda config: config.update(vocab_size=13_000))(place)
    tensors(lambda held: held.update({EMBEDDING: held[EMBEDDING][:13_000].clone()}))(place)


def leave_out_token(tokenizer: dict[str, Any]) -> None:
    tokenizer["added_tokens"] = [each for each in tokenizer["added_tokens"] if each["content"] != TOKEN]


EMBEDDING = "model.embed_tokens.weight"
TOKEN = "<|bicodec_semantic_17|>"
UP = "model.layers.1.mlp.up_proj.weight"
NAN = float("nan")

BROKEN: dict[str, tuple[Break, str]] = {
    "no weights": (lambda place: (place / "model.safetensors").unlink(), r"model.safetensors is not there: give the"),
    "a shard": (halve, r"model.safetensors is not there, but parts of it are: save the model as one file"),
    "truncated": (truncate, r"model.safetensors is no complete safetensors file .*: get it again"),
    "pointer": (lambda place: (place / "model.safetensors").write_text(POINTER), r"model.safetensors .* git lfs pull"),
    "a tensor less": (
        tensors(lambda held: held.pop(UP)),
        rf"model.safetensors does not fit its configuration: 1 tensors missing.*Get both again(.|\n)*- {UP}",
    ),
    "NaN": (tensors(lambda held: held[UP][3].fill_(NAN)), rf"safetensors holds NaN .* in {UP}: get it again"),
    "fewer rows": (leave_out_rows, r"has 13000 rows, but tokenizer.json .* up to 13751: are they of one model"),
    "no configuration": (lambda place: (place / "config.json").unlink(), r"config.json is not there: get it again"),
    "half a configuration": (
        lambda place: (place / "config.json").write_text("{"),
        r"config.json cannot be read .*get",
    ),
    "another kind": (
        document("config.json", lambda config: config.update(model_type="llama")),
        r"config.json: model_type: Input should be 'qwen2', not 'llama'",
    ),
    "another depth": (
        document("config.json", lambda config: config.update(num_hidden_layers=3)),
        r"model.safetensors does not fit its configuration: 12 tensors missing",
    ),
    "no tokenizer": (lambda place: (place / "tokenizer.json").unlink(), r"tokenizer.json is not there: give the"),
    "a token less": (
        document("tokenizer.json", leave_out_token),
        rf"tokenizer.json has no {TOKEN}".replace("|", r"\|"),
    ),
    "no merges": (
        document("tokenizer.json", lambda tokenizer: tokenizer["model"].update(merges=3)),
        r"tokenizer.json is no complete tokenizer file .*: get it again",
    ),
    "a tokenizer's pointer": (
        lambda place: (place / "tokenizer.json").write_text(POINTER),
        r"tokenizer.json is a pointer to the file, and not that: git lfs pull",
    ),
}


def load(folder: Path) -> TorchLM:
    vocabulary = load_vocabulary(folder)
    check_lm(folder, vocabulary)
    return TorchLM.load(folder, vocabulary, "float32", capacity=1, max_len=64)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_told_by_its_file_with_what_to_do(model: Path, what: str) -> None:
    broken, told = BROKEN[what]
    broken(model / "LLM")
    with pytest.raises(CheckpointError, match=told) as refused:
        load(model)
    assert str(model / "LLM") in str(refused.value)


def test_a_whole_one_is_loaded(model: Path) -> None:
    check_numbers(model)
    assert load(model).capacity == 1


def test_numbers_that_are_none_are_found_for_a_body_that_reads_by_itself(model: Path) -> None:
    tensors(lambda held: held["model.norm.weight"][0:1].fill_(torch.inf))(model / "LLM")
    with pytest.raises(CheckpointError, match=r"infinite numbers in model\.norm\.weight"):
        check_numbers(model)
