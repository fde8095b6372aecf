"""Draws tokens, each row by its own rule and from its own chance. What a row gets does not depend on the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.spark.lm import Sampling

NARROW = 64
"""A row that looks at so many candidates at most needs no sorting of all."""

_COLDEST = 1e-4


class Rule(NamedTuple):
    """How rows are drawn: columns of float32 [rows, 1], made of `Sampling` and a chance from 0 to 1."""

    temperature: Tensor
    top_k: Tensor
    top_p: Tensor
    chance: Tensor

    @classmethod
    def of(cls, samplings: Sequence[Sampling], chances: Sequence[float], device: torch.device) -> Rule:
        """Bring them to where they are needed, at once. Without temperature the first, the likeliest, is taken."""
        rows = [_row(sampling, chance) for sampling, chance in zip(samplings, chances, strict=True)]
        return cls(*torch.tensor(rows, dtype=torch.float32).to(device).T[:, :, None])

    def pick(self, rows: Tensor) -> Rule:
        """Return the rule of some rows."""
        return Rule(*(column[rows] for column in self))


def draw(logits: Tensor, rule: Rule, narrow: Sequence[bool]) -> Tensor:
    """Return a column's number for each row of float32 logits [rows, n]. `narrow` says which have a small top_k."""
    drawn = torch.empty(len(logits), dtype=torch.int64, device=logits.device)
    for kind in sorted(set(narrow)):
        rows = torch.tensor([at for at, each in enumerate(narrow) if each is kind], device=logits.device)
        some = logits[rows]
        found = some.topk(min(NARROW, some.shape[1])) if kind else some.sort(descending=True, stable=True)
        drawn[rows] = found.indices.gather(1, _place(found.values, rule.pick(rows)))[:, 0]
    return drawn


def is_narrow(sampling: Sampling) -> bool:
    """Whether a few candidates are enough."""
    return sampling.temperature < _COLDEST or 0 < sampling.top_k <= NARROW


def penalize(logits: Tensor, seen: Tensor, penalties: Tensor) -> Tensor:
    """Return logits [rows, n], those of tokens that were seen [rows, n] made less likely by penalties [rows, 1]."""
    return torch.where(seen, torch.where(logits > 0, logits / penalties, logits * penalties), logits)


def _row(sampling: Sampling, chance: float) -> tuple[float, float, float, float]:
    if sampling.temperature < _COLDEST:
        return 1.0, 1.0, 1.0, 0.0
    return sampling.temperature, float(sampling.top_k or 2**24), sampling.top_p, chance


def _place(logits: Tensor, rule: Rule) -> Tensor:
    """Return where in rows that are sorted, likeliest first, chance falls: [rows, 1]."""
    rank = torch.arange(logits.shape[1], device=logits.device)
    weights = torch.softmax((logits / rule.temperature).masked_fill(rank >= rule.top_k, -torch.inf), -1)
    before = weights.cumsum(-1) - weights
    left = weights * ((before < rule.top_p) | (rank == 0))
    sums = left.cumsum(-1)
    place = (sums <= rule.chance * sums[:, -1:]).sum(-1, keepdim=True)
    return torch.minimum(place, (left > 0).sum(-1, keepdim=True) - 1)
