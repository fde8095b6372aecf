"""Reads `LLM/tokenizer.json`: the ids of a checkpoint's tokens, and of a text."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tokenizers import Tokenizer

from engine.spark.checkpoint import CheckpointError, check_fetched
from engine.spark.config import ConfigError
from engine.spark.vocabulary import Vocabulary

_IN_MARKER = re.compile(r"(?<=<)(?=\|)")


def load_vocabulary(folder: str | Path) -> Vocabulary:
    """Read the tokens of a model whose folder holds `LLM/`. Raises CheckpointError, naming what is wrong with them."""
    path = Path(folder) / "LLM" / "tokenizer.json"
    check_fetched(path)
    try:
        text = path.read_text("utf-8")
        document = json.loads(text)
        ids = {str(token["content"]): int(token["id"]) for token in document["added_tokens"]}
        model = document["model"]
        kind, _, _ = (
            model["type"],
            dict(model.get("vocab", {})),
            list(model.get("merges", [])),
        )  # the library would raise Exception
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is no complete tokenizer file ({error}): get it again") from error
    if kind != "BPE":
        raise CheckpointError(f"{path} is a {kind!r} tokenizer; Qwen2's is BPE")
    try:
        return Vocabulary.of(ids, _Reader(Tokenizer.from_str(text)))
    except ConfigError as error:
        raise CheckpointError(f"{path} {error}") from error


class _Reader:
    """Encodes what users write, in which `<|im_end|>` is ten characters: the library never sees a marker whole."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def __call__(self, text: str) -> list[int]:
        return [
            id for part in _IN_MARKER.split(text) for id in self._tokenizer.encode(part, add_special_tokens=False).ids
        ]
