"""Where a model's files are, and how they are read: strictly, by group, with weight norm folded.

Nothing in a checkpoint is run: safetensors hold numbers only, and pickles are read with `weights_only=True`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
import yaml
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.spark.config import BiCodecConfig, ConfigError, parse
from engine.spark.layout import Group, layout

Tensors = Mapping[str, Tensor]

PINNED = {"SparkAudio/Spark-TTS-0.5B": "642071559bfc6346c2359d19dcb6be3f9dd8a05d"}
"""The revisions of public models that this code was written against."""

CODEC_FILES = ("BiCodec/config.yaml", "BiCodec/model.safetensors")

_REPOSITORY = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w.-]+))?")
_ECAPA_WEIGHT = "speaker_encoder.speaker_encoder.layer1.conv.weight"
_MOST_LINES = 8
_POINTER = b"version https://git-lfs"


class CheckpointError(Exception):
    """A checkpoint is not there, or not what it should be."""


def locate(
    model: str | Path, wanted: Iterable[str] = CODEC_FILES, bar: type | None = None, *, offline: bool = False
) -> Path:
    """Return the folder that holds a model: the folder itself, or that of a hub's `owner/name[@revision]`.

    What is `wanted` of it is downloaded once, with a progress bar, of a class like tqdm if one is given; if `offline`
    it must have been. Raises CheckpointError where there is neither.
    """
    if Path(model).is_dir():
        return Path(model)
    named = _REPOSITORY.fullmatch(str(model))
    if not named:
        raise CheckpointError(f"model {str(model)!r} is no folder here, and no hub's owner/name either")
    revision = named[2] or PINNED.get(named[1])
    if not revision:
        raise CheckpointError(f"model {named[1]} has no pinned revision: give one, as {named[1]}@COMMIT")
    try:
        files = list(wanted)
        how = {"tqdm_class": bar, "local_files_only": offline}
        return Path(snapshot_download(named[1], revision=revision, allow_patterns=files, **how))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        told = str(error).strip().partition("\n")[0].removeprefix("Got: ").rstrip(".")
        remedy = "fetch it where there is a network, and give its folder"
        raise CheckpointError(f"model {named[1]}@{revision} cannot be downloaded ({told}): {remedy}") from error


class Checkpoint:
    """The codec of a model: `folder` is the one that holds `BiCodec/`.

    Opening it reads the configuration and compares all names and shapes. Raises CheckpointError, with what differs.
    """

    def __init__(self, folder: str | Path) -> None:
        self._path = Path(folder) / "BiCodec" / "model.safetensors"
        found = shapes_in(self._path)
        self.config = _config(self._path.with_name("config.yaml"), found)
        self._layout = layout(self.config)
        compare({spec.name: spec.shape for spec in self._layout.values()}, found, self._path)

    def read(self, *groups: Group) -> dict[str, Tensor]:
        """Return the tensors of these groups, as float32, weight norm folded. Raises CheckpointError for NaN."""
        wanted = [spec for spec in self._layout.values() if spec.group in groups]
        with safe_open(self._path, framework="pt") as file:
            tensors = {spec.name: file.get_tensor(spec.name).to(torch.float32) for spec in wanted}
        check_finite(tensors, self._path)
        return folded(tensors)


def check_finite(tensors: Tensors, path: Path) -> None:
    """Raise CheckpointError if a number in a tensor is infinite or none at all."""
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise CheckpointError(
            f"{path} holds NaN or infinite numbers in {', '.join(broken[:_MOST_LINES])}: get it again"
        )


def folded(tensors: Tensors) -> dict[str, Tensor]:
    """Return the tensors with `weight` in place of `weight_g` and `weight_v`: g * v / |v|, over all axes but 0."""
    plain = {name: tensor for name, tensor in tensors.items() if not name.endswith((".weight_g", ".weight_v"))}
    for name, direction in tensors.items():
        if name.endswith(".weight_v"):
            stem = name.removesuffix("_v")
            length = direction.flatten(1).norm(dim=1)[:, None, None]
            plain[stem] = direction * (tensors[f"{stem}_g"] / length)
    return plain


def compare(expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]], path: Path) -> None:
    """Raise CheckpointError, with a line for each difference, unless both have the same names and shapes."""
    missing = [f"  - {name} {list(expected[name])}" for name in expected.keys() - found.keys()]
    extra = [f"  + {name} {list(found[name])}" for name in found.keys() - expected.keys()]
    other = [
        f"  ~ {name} {list(expected[name])}, found {list(found[name])}"
        for name in expected.keys() & found.keys()
        if expected[name] != found[name]
    ]
    if missing or extra or other:
        found_out = f"{len(missing)} tensors missing (-), {len(extra)} unknown (+), {len(other)} of another shape (~)"
        head = f"{path} does not fit its configuration: {found_out}. Get both again, of one model"
        raise CheckpointError("\n".join([head, *_first(missing), *_first(extra), *_first(other)]))


def _first(lines: list[str]) -> list[str]:
    left = len(lines) - _MOST_LINES
    return sorted(lines)[:_MOST_LINES] + ([f"    and {left} more"] if left > 0 else [])


def check_fetched(path: Path) -> None:
    """Raise CheckpointError for a file that is not there, or that git has left a pointer in place of."""
    if not path.is_file():
        raise CheckpointError(f"{path} is not there: give the folder that holds {path.parent.name}/, complete")
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise CheckpointError(f"{path} is a pointer to the file, and not that: git lfs pull fetches it")


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of a safetensors file. Raises CheckpointError if it is none."""
    check_fetched(path)
    try:
        with safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is no complete safetensors file ({error}): get it again") from error


def _config(path: Path, found: Mapping[str, tuple[int, ...]]) -> BiCodecConfig:
    try:
        config = parse(yaml.safe_load(path.read_text("utf-8")))
    except (ConfigError, yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise CheckpointError(f"{path}: {error}") from error
    width = found.get(_ECAPA_WEIGHT)
    return replace(config, speaker=replace(config.speaker, ecapa=width[0])) if width else config
