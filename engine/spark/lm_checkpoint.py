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
    path = Path(folder) / "LLM" / "model.safetensors"
    found = shapes_in(path)
    config = _config(path.with_name("config.json"))
    compare(shapes(config), found, path)
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name).to(device, dtype) for name in found}
    check_finite(tensors, path)
    return config, tensors


def _config(path: Path) -> Qwen2Config:
    try:
        return parse(json.loads(path.read_text("utf-8")), str(path))
    except TableError as error:
        raise CheckpointError(str(error)) from error
    except (ValueError, OSError) as error:
        raise CheckpointError(f"{path}: {error}") from error
