"""What a SparkEngine would find here, as JSON: `python -m engine.spark.probe MODEL`. For a process without torch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch

from engine.spark.checkpoint import CODEC_FILES, CheckpointError, locate
from engine.spark.start import DEFAULT_MODEL, FILES

NEEDED = (*CODEC_FILES, "LLM/config.json", "LLM/model.safetensors", "LLM/tokenizer.json")


def probe(model: str) -> dict[str, Any]:
    """Return the devices that torch sees, and what there is of a model."""
    return {"gpus": [_gpu(number) for number in range(torch.cuda.device_count())], "model": _model(model)}


def _gpu(number: int) -> dict[str, Any]:
    free, total = torch.cuda.mem_get_info(number)
    return {"name": torch.cuda.get_device_name(number), "free_bytes": free, "bytes": total}


def _model(model: str) -> dict[str, Any]:
    try:
        folder = locate(model, FILES, offline=True)
    except CheckpointError as error:
        return {"problem": str(error)}
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    return {"folder": str(folder), "missing": missing, "bytes": _size(folder)}


def _size(folder: Path) -> int:
    """Return how large the numbers of a model are in its files."""
    return sum(path.stat().st_size for path in folder.glob("*/model.safetensors"))


if __name__ == "__main__":
    print(json.dumps(probe(*(sys.argv[1:] or [DEFAULT_MODEL]))))
