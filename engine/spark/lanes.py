"""Who can go together through a stage, and what each keeps between steps.

Owners that have as many frames to work on, and are all at their beginning, in the middle or at their end, make one
call of a stage: nothing is ever padded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from engine.spark.carry import Carry, Tails


class Owner(Protocol):
    """Whose lane it is. `ended`: nothing will follow what waits."""

    ended: bool


AnyOwner = TypeVar("AnyOwner", bound=Owner)


@dataclass(slots=True)
class Lane:
    """One owner at one stage: what waits for it [n, ..], and what its layers keep; None before its first step."""

    waiting: Tensor
    tails: Tails | None = None

    def add(self, more: Tensor) -> None:
        """Let more wait."""
        self.waiting = torch.cat((self.waiting, more)) if len(self.waiting) else more

    def take(self, num: int) -> Tensor:
        """Return the first of what waits, once."""
        taken, rest = self.waiting[:num], self.waiting[num:]
        self.waiting = rest.clone()  # a view would keep all of it
        return taken


class Stage(Generic[AnyOwner]):
    """Runs one stage for whoever has something to do there.

    `run` makes [batch, m, ..] of [batch, n, ..], n a multiple of `quantum` until an owner's end. Everyone begins with
    `least` at least, so that every layer gets some.
    """

    def __init__(
        self, run: Callable[[Tensor, Sequence[AnyOwner], Carry], Tensor], least: int, quantum: int = 1
    ) -> None:
        self._run = run
        self._least = least
        self._quantum = quantum

    def step(self, lanes: Sequence[tuple[AnyOwner, Lane]]) -> list[tuple[AnyOwner, Tensor]]:
        """Work on all that waits where it is enough, and return what each owner got out of it."""
        groups: dict[tuple[bool, bool, int], list[tuple[AnyOwner, Lane]]] = defaultdict(list)
        for owner, lane in lanes:
            num = len(lane.waiting) if owner.ended else len(lane.waiting) // self._quantum * self._quantum
            if self._is_due(owner, lane, num):
                groups[lane.tails is None, owner.ended, num].append((owner, lane))
        return [made for (_, _, num), group in groups.items() for made in self._call(group, num)]

    def _is_due(self, owner: AnyOwner, lane: Lane, num: int) -> bool:
        if lane.tails is None:
            return num >= (1 if owner.ended else self._least)
        return owner.ended or num > 0

    def _call(self, group: list[tuple[AnyOwner, Lane]], num: int) -> list[tuple[AnyOwner, Tensor]]:
        owners = [owner for owner, _ in group]
        tails = [lane.tails for _, lane in group if lane.tails is not None]
        carry = Carry(tails or None, owners[0].ended)
        made = self._run(torch.stack([lane.take(num) for _, lane in group]), owners, carry)
        if not carry.is_last:
            for (_, lane), kept in zip(group, carry.tails(), strict=True):
                lane.tails = kept
        return list(zip(owners, made.unbind(0), strict=True))
