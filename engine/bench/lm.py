"""What the language model costs on torch, and whether it says the same, beside transformers in the same run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median

import torch
from torch import Tensor

from engine.bench.reference import Reference
from engine.bench.rows import Row, seconds
from engine.spark.lm import Sampling, Sequence
from engine.spark.lm_torch import TorchLM
from engine.spark.qwen2 import BLOCK, Cache, Place, Qwen2
from engine.spark.qwen2_config import Qwen2Config
from engine.spark.random_weights import random_lm
from engine.spark.rows import Rows

NUM_SEMANTIC = 8192
PROMPT = tuple(range(100, 108))
"""Short: what is measured is how fast it goes on."""

BATCH = 8
FASTER = {1: 1.3, BATCH: 2.0}
"""How much faster than transformers it has to be, by the number of sequences at a time."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: tokens in a measured time, how often, and tokens that are compared."""

    num_timed: int
    runs: int
    num_greedy: int
    num_seeded: int


STANDARD = Effort(num_timed=8, runs=2, num_greedy=200, num_seeded=24)
QUICK = Effort(num_timed=4, runs=1, num_greedy=20, num_seeded=8)


def measure(config: Qwen2Config, effort: Effort) -> Iterator[Row]:
    """Measure all of that, with random weights of this shape."""
    compared = find_spec("transformers") is not None
    if not compared:
        told = "transformers is not here to be compared with: pip install 'voice-server[reference]'"
        print(told, file=sys.stderr)
    drawn = random_lm(config)
    for name, dtype in (("bfloat16", torch.bfloat16), ("float32", torch.float32)):
        tensors = {key: tensor.to(dtype) for key, tensor in drawn.items()}
        model = Qwen2(config, tensors, BLOCK)
        reference = Reference(config, tensors) if compared else None
        yield from _speed_rows(name, model, reference, effort)
        if dtype == torch.float32:
            yield from _equal_rows(model, reference, effort)


def _speed_rows(name: str, model: Qwen2, reference: Reference | None, effort: Effort) -> Iterator[Row]:
    for num in (1, BATCH):
        ours, theirs = 0.0, 0.0
        for _ in range(effort.runs):
            ours = max(ours, tokens_per_s(model, num, effort.num_timed))
            theirs = max(theirs, reference.tokens_per_s(PROMPT, num, effort.num_timed) if reference else 0.0)
        yield Row(f"{name}, {num} at a time", ours, "tokens/s")
        if reference:
            yield Row("  transformers", theirs, "tokens/s")
            yield Row.least("  of that", ours / theirs, "x", FASTER[num])


def _equal_rows(model: Qwen2, reference: Reference | None, effort: Effort) -> Iterator[Row]:
    if reference:
        prompt = torch.randint(model.config.vocab_size, (1, 64), generator=torch.Generator().manual_seed(1))
        apart = float((logits(model, prompt) - reference.logits(prompt)).abs().max())
        yield Row.most("float32 logits against transformers, furthest apart", apart, "", 1e-4)
        num = greedy_equal(model, reference, effort.num_greedy)
        yield Row.least("greedy tokens that are those of transformers", num, "", effort.num_greedy)
    num = seeded_equal(model, effort.num_seeded)
    yield Row.least(f"of {BATCH} drawn together, those that are as drawn alone", num, "", BATCH)


def tokens_per_s(model: Qwen2, num: int, num_steps: int) -> float:
    """Return the tokens per second of so many sequences together, once all prompts are read."""
    lm = TorchLM(model, rows_of(model.config), num, BLOCK)
    for at in range(num):
        lm.add(Sequence(at, PROMPT, BLOCK - len(PROMPT), Sampling(seed=at)))
    while len(lm.step(range(num))) < num:
        pass
    return num / median(seconds(lambda: lm.step(range(num))) for _ in range(num_steps))


def logits(model: Qwen2, tokens: Tensor) -> Tensor:
    """Return what follows each of the tokens [1, n], over all ids."""
    place = Place(torch.tensor([0]), torch.arange(tokens.shape[1])[None], BLOCK)
    with torch.inference_mode():
        hidden = model(tokens, place, Cache.empty(model.config, 1, BLOCK, model.embedding))
        return hidden @ model.head.T


def greedy_equal(model: Qwen2, reference: Reference, num: int) -> int:
    """Return how many of the likeliest semantic tokens, one after the other, transformers finds likeliest too.

    It reads them all at once: as long as they are equal, it would have gone on the same way.
    """
    rows = rows_of(model.config)
    made = _drawn(model, 1, [Sequence(0, PROMPT, num, Sampling(temperature=0.0))])[0]
    read = torch.tensor([[*PROMPT, *made]])
    said = reference.logits(read)[0, len(PROMPT) - 1 : -1, rows.semantic.start : rows.semantic.stop]
    expected = (said.argmax(-1) + rows.semantic.start).tolist()
    return next((at for at, pair in enumerate(zip(made, expected, strict=True)) if pair[0] != pair[1]), num)


def seeded_equal(model: Qwen2, num_tokens: int) -> int:
    """Return how many sequences of a batch are the same, drawn by their own seeds, as each of them alone."""
    sequences = [Sequence(at, (*PROMPT, at), num_tokens, Sampling(seed=at)) for at in range(BATCH)]
    together = _drawn(model, BATCH, sequences)
    return sum(_drawn(model, BATCH, [one])[one.id] == together[one.id] for one in sequences)


def rows_of(config: Qwen2Config) -> Rows:
    """Return a vocabulary whose last ids are semantic ones. It knows no stop, so that everyone goes on."""
    return Rows(range(config.vocab_size - NUM_SEMANTIC, config.vocab_size), (), (), config.vocab_size)


def _drawn(model: Qwen2, capacity: int, sequences: list[Sequence]) -> dict[int, list[int]]:
    lm, made = TorchLM(model, rows_of(model.config), capacity, BLOCK), {one.id: list[int]() for one in sequences}
    for one in sequences:
        lm.add(one)
    left = set(made)
    while left:
        for tokens in lm.step(sorted(left)):
            made[tokens.sequence] += tokens.ids
            left -= {tokens.sequence} if tokens.finish else set()
    return made
