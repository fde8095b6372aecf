"""A tiny language model that does on demand what random weights never would: stop, name a speaker, lose its numbers."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from engine.spark.lm import LM
from engine.spark.qwen2_config import TINY_LM
from engine.spark.random_weights import write_lm
from engine.spark.tokenizer import load_vocabulary
from engine.spark.vocabulary import Vocabulary
from tests.engine.spark.lm_contract import Subject

TEXT = range(10, 200)
ENDING, NAMING, LOST = 1, 2, 3
"""Tokens of text: after these a stop, or a certain speaker token, is by far the likeliest; this one has no numbers."""

_NAMED = 7


def write_planted(folder: Path) -> Vocabulary:
    """Write `LLM/` into a folder, with its table of embeddings changed in a few rows."""
    write_lm(folder, TINY_LM)
    vocabulary = load_vocabulary(folder)
    path = folder / "LLM" / "model.safetensors"
    tensors = load_file(path)
    table = tensors["model.embed_tokens.weight"]
    for after, follows in ((ENDING, min(vocabulary.stops)), (NAMING, vocabulary.global_tokens[_NAMED])):
        direction = torch.sign(torch.randn(table.shape[1], generator=torch.Generator().manual_seed(after)))
        table[after], table[follows] = 1000 * direction, direction / 10
    table[LOST] = torch.nan
    save_file(tensors, path, {"format": "pt"})
    return vocabulary


def subject_of(lm: LM, vocabulary: Vocabulary, max_len: int) -> Subject:
    """Return what the contract asks about, of an LM that has loaded what was written."""
    ending, naming = (TEXT[0], ENDING), (TEXT[0], NAMING)
    return Subject(lm, max_len, vocabulary.semantic_tokens, TEXT, ending, naming, vocabulary.global_tokens[_NAMED])
