from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.spark.bicodec import BiCodec
from engine.spark.checkpoint import Checkpoint, CheckpointError, folded, locate
from engine.spark.config import TINY
from engine.spark.layout import Group, layout
from engine.spark.random_weights import write_bicodec
from tests.engine.spark.conftest import GOLDEN

pytestmark = pytest.mark.spark

Change = Callable[[dict[str, Tensor]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "bicodec", tmp_path, dirs_exist_ok=True)
    return tmp_path


def changed(folder: Path, change: Change) -> Path:
    path = folder / "BiCodec/model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        BiCodec.load(folder)
    return str(refused.value)


def test_only_the_groups_asked_for_are_read(folder: Path) -> None:
    names = Checkpoint(folder).read(Group.SPEAKER).keys()
    assert names == {spec.name for spec in layout(Checkpoint(folder).config).values() if spec.group is Group.SPEAKER}


def test_the_width_that_no_configuration_tells_comes_from_the_tensors(folder: Path) -> None:
    assert Checkpoint(folder).config.speaker.ecapa == 64


def test_every_difference_has_a_line_that_names_it(folder: Path) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        del tensors["prenet.linear.bias"]
        tensors["prenet.surplus"] = torch.zeros(3)
        tensors["prenet.linear_pre.bias"] = torch.zeros(5)

    told = refusal(changed(folder, change))
    assert "1 tensors missing (-), 1 unknown (+), 1 of another shape (~)" in told
    assert "  - prenet.linear.bias [64]" in told
    assert "  + prenet.surplus [3]" in told
    assert "  ~ prenet.linear_pre.bias [32], found [5]" in told


def test_a_hundred_differences_are_not_a_hundred_lines(folder: Path) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        for name in [name for name in tensors if name.startswith("postnet.")]:
            del tensors[name]

    told = refusal(changed(folder, change))
    assert "112 tensors missing" in told
    assert "and 104 more" in told
    assert told.count("\n") < 12


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_told_by_its_tensor(folder: Path, value: float) -> None:
    told = refusal(changed(folder, lambda tensors: tensors["decoder.model.0.bias"].fill_(value)))
    assert "NaN or infinite numbers in decoder.model.0.bias" in told


def test_a_number_that_is_none_where_nothing_reads_it_does_no_harm(folder: Path) -> None:
    changed(folder, lambda tensors: tensors["postnet.linear.bias"].fill_(float("nan")))
    assert BiCodec.load(folder).decode([1], [0] * 32).size == 320


def test_a_truncated_file_is_told_from_a_whole_one(folder: Path) -> None:
    path = folder / "BiCodec/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert "no complete safetensors file" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"\x10\x00", b"PK\x03\x04" + bytes(100), json.dumps({}).encode()])
def test_a_file_of_another_kind_is_refused(folder: Path, content: bytes) -> None:
    (folder / "BiCodec/model.safetensors").write_bytes(content)
    assert "no complete safetensors file" in refusal(folder)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"audio_tokenizer: 3"])
def test_a_broken_configuration_is_told_by_its_file(folder: Path, content: bytes) -> None:
    (folder / "BiCodec/config.yaml").write_bytes(content)
    assert "config.yaml: " in refusal(folder)


@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors"])
def test_a_file_that_is_not_there_is_named(folder: Path, name: str) -> None:
    (folder / "BiCodec" / name).unlink()
    assert name in refusal(folder)


def test_weight_norm_is_folded_over_all_axes_but_the_first() -> None:
    direction = torch.randn(3, 4, 5)
    weight = folded({"a.weight_v": direction, "a.weight_g": torch.tensor([1.0, 2.0, 3.0])[:, None, None]})["a.weight"]
    assert torch.allclose(weight.flatten(1).norm(dim=1), torch.tensor([1.0, 2.0, 3.0]))
    assert torch.allclose(weight[1] / weight[1].norm(), direction[1] / direction[1].norm())


def test_half_precision_files_are_read_as_single(folder: Path) -> None:
    def halve(tensors: dict[str, Tensor]) -> None:
        tensors.update({name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()})

    changed(folder, halve)
    assert {tensor.dtype for tensor in Checkpoint(folder).read(Group.DECODE).values()} == {torch.float32}


def test_a_random_checkpoint_loads_and_sounds(tmp_path: Path) -> None:
    write_bicodec(tmp_path, TINY)
    wave = BiCodec.load(tmp_path).decode(range(100, 160), range(32))
    assert 0.02 < wave.std() < 0.3
    assert abs(wave).max() < 1


def test_random_weights_depend_on_the_seed_alone(tmp_path: Path) -> None:
    def written(name: str, seed: int) -> bytes:
        write_bicodec(tmp_path / name, TINY, seed)
        return (tmp_path / name / "BiCodec/model.safetensors").read_bytes()

    assert written("a", 1) == written("b", 1)
    assert written("a", 1) != written("c", 2)


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    assert locate(tmp_path) == tmp_path


def test_a_model_that_is_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no folder here"):
        locate(tmp_path / "not there")


def test_a_hub_model_without_a_revision_is_told_how_to_give_one() -> None:
    with pytest.raises(CheckpointError, match="as someone/model@COMMIT"):
        locate("someone/model")


def test_a_hub_model_that_was_downloaded_before_is_found_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789012345678901234567890123456789"
    snapshot = tmp_path / "models--someone--model/snapshots" / commit
    snapshot.mkdir(parents=True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert locate(f"someone/model@{commit}") == snapshot


def test_a_download_that_fails_says_which_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match=r"Spark-TTS-0\.5B@642071559bfc6346c2359d19dcb6be3f9dd8a05d cannot be"):
        locate("SparkAudio/Spark-TTS-0.5B")
