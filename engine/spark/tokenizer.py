"""Reads `LLM/tokenizer.json`: the ids of a checkpoint's tokens, and of a text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from engine.spark.checkpoint import CheckpointError
from engine.spark.config import ConfigError
from engine.spark.vocabulary import Vocabulary

_MARKER = re.compile(r"<\|\w+\|>")


def load_vocabulary(folder: str | Path) -> Vocabulary:
    """Read the tokens of a model whose folder holds `LLM/`. Raises CheckpointError, naming what is wrong with them."""
    path = Path(folder) / "LLM" / "tokenizer.json"
    if not path.is_file():
        raise CheckpointError(f"{path} is not there: give the folder that holds LLM/")
    try:
        document = json.loads(path.read_text("utf-8"))
        ids = {str(token["content"]): int(token["id"]) for token in document["added_tokens"]}
        kind = document["model"]["type"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is no complete tokenizer file ({error}): get it again") from error
    if kind != "BPE":
        raise CheckpointError(f"{path} is a {kind!r} tokenizer; Qwen2's is BPE")
    reader = Tokenizer.from_str(json.dumps(_without_markers(document)))
    try:
        return Vocabulary.of(ids, lambda text: list(reader.encode(text, add_special_tokens=False).ids))
    except ConfigError as error:
        raise CheckpointError(f"{path} {error}") from error


def _without_markers(document: dict[str, Any]) -> dict[str, Any]:
    """Return the same tokenizer, to which `<|im_end|>` in a text is ten characters: what a user writes is only read."""
    kept = [token for token in document["added_tokens"] if not _MARKER.fullmatch(token["content"])]
    return {**document, "added_tokens": kept}
