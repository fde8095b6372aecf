"""HashLM: the language model that is none. It ships for tests, and to measure what all but a model costs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from random import Random
from zlib import crc32

from engine.spark.lm import Sequence, SequenceId, Tokens

FEWEST, MOST = 100, 600
"""Tokens of a sequence, unless its `max_tokens` are fewer."""


@dataclass(slots=True)
class _Live:
    random: Random
    num_left: int


class HashLM:
    """An LM that draws from a range of ids, by the prompt and the seed alone: the same whoever else is there.

    It makes one token a step for each of the first `capacity` sequences that are due.
    """

    def __init__(self, ids: range, capacity: int = 64) -> None:
        self._ids = ids
        self._capacity = capacity
        self._live: dict[SequenceId, _Live] = {}

    @property
    def capacity(self) -> int:
        """How many sequences get a token in a step."""
        return self._capacity

    def add(self, sequence: Sequence) -> None:
        """Take a sequence."""
        random = Random(crc32(repr((sequence.prompt, sequence.sampling.seed)).encode()))
        self._live[sequence.id] = _Live(random, min(random.randint(FEWEST, MOST), sequence.max_tokens))

    def abort(self, sequence_id: SequenceId) -> None:
        """Drop a sequence."""
        self._live.pop(sequence_id, None)

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        """Return a token of each."""
        ready = (sequence_id for sequence_id in due if sequence_id in self._live)
        return [self._token(sequence_id) for sequence_id in islice(ready, self._capacity)]

    def close(self) -> None:
        """Forget all."""
        self._live.clear()

    def _token(self, sequence_id: SequenceId) -> Tokens:
        live = self._live[sequence_id]
        live.num_left -= 1
        if live.num_left < 0:
            del self._live[sequence_id]
            return Tokens(sequence_id, (), "stop")
        return Tokens(sequence_id, (live.random.choice(self._ids),))
