"""`LLM/` of a checkpoint: its shape and its numbers, read strictly and kept in the dtype they are computed in."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from engine.spark.checkpoint import CheckpointError, check_finite, compare, shapes_in
from engine.spark.qwen2_config import Qwen2Config, parse, shapes
from engine.spark.tables import TableError
from engine.spark.vocabulary import Vocabulary

WEIGHTS = Path("LLM", "model.safetensors")

DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}


def dtype_of(name: str) -> torch.dtype:
    """Return what a dtype's name stands for. Raises ValueError for one that these models do not work in."""
    if name == "float16":
        raise ValueError("dtype float16 overflows in Spark-TTS: its tokens come out as one; use bfloat16 or float32")
    if name not in DTYPES:
        raise ValueError(f"dtype {name!r} is not known: use bfloat16 or float32")
    return DTYPES[name]


def read_lm(folder: str | Path, dtype: torch.dtype, device: str = "cpu") -> tuple[Qwen2Config, dict[str, Tensor]]:
    """Read the language model of a folder that holds `LLM/`. Raises CheckpointError, with what is wrong about it."""
    path, config = _opened(folder)
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name).to(device, dtype) for name in shapes(config)}
    check_finite(tensors, path)
    return config, tensors


def check_lm(folder: str | Path, vocabulary: Vocabulary) -> None:
    """Raise CheckpointError unless `LLM/` fits its own configuration, and has a row for each id of its tokenizer."""
    path, config = _opened(folder)
    if vocabulary.size > config.vocab_size:
        told = f"has {config.vocab_size} rows, but tokenizer.json beside it has ids up to {vocabulary.size - 1}"
        raise CheckpointError(f"{path} {told}: are they of one model?")


def check_numbers(folder: str | Path) -> None:
    """Raise CheckpointError if there are numbers in `LLM/` that are none: for a body that reads it by itself."""
    path = Path(folder) / WEIGHTS
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 (no mapping)
            check_finite({name: file.get_tensor(name)}, path)


def _opened(folder: str | Path) -> tuple[Path, Qwen2Config]:
    """Return where the weights are, and the configuration that they fit."""
    path = Path(folder) / WEIGHTS
    if path.with_name(f"{path.name}.index.json").is_file() and not path.is_file():
        raise CheckpointError(f"{path} is not there, but parts of it are: save the model as one file, without shards")
    found = shapes_in(path)
    config = _config(path.with_name("config.json"))
    compare(shapes(config), found, path)
    return path, config


def _config(path: Path) -> Qwen2Config:
    try:
        return parse(json.loads(path.read_text("utf-8")), str(path))
    except TableError as error:
        raise CheckpointError(str(error)) from error
    except FileNotFoundError:
        raise CheckpointError(f"{path} is not there: get it again") from None
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}): get it again") from error
