"""Ids as vLLM sees them, where only speech can be drawn: small numbers for that, large ones for what is only read.

    0                     semantic tokens, in their order: all that can be drawn while speaking, but for
    semantic              the stops
    broken                what a row draws whose logits are no numbers; nothing else draws it
    broken + 1            the other tokens of speech: a voice's, markers
    num_drawn             the checkpoint's own ids, as a prompt has them
    num_drawn + vocab     the same for a prompt's last token, where only semantic tokens and stops may follow

So the head has `num_drawn` rows instead of all the checkpoint's, and a token tells by its number what may follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.spark.vocabulary import Vocabulary

_MARKERS = (
    ("start", "acoustic"),
    ("end", "acoustic"),
    ("start", "global"),
    ("end", "global"),
    ("start", "semantic"),
)
"""Those that a model says itself. The end of the semantic ones is a stop."""


@dataclass(frozen=True)
class Rows:
    """What of a checkpoint's `vocab_size` ids can be drawn: `semantic` ones, `stops`, and `others` if not speaking."""

    semantic: range
    stops: tuple[int, ...]
    others: tuple[int, ...]
    vocab_size: int

    @classmethod
    def speech(cls, vocabulary: Vocabulary, vocab_size: int) -> Rows:
        """Return those of a model of so many ids: what it says, and what it says before that of a speaker."""
        before = [*vocabulary.global_tokens, *vocabulary.pitch_values, *vocabulary.speed_values]
        markers = [getattr(vocabulary, f"{end}_{what}_token") for end, what in _MARKERS]
        return cls(vocabulary.semantic_tokens, tuple(sorted(vocabulary.stops)), (*before, *markers), vocab_size)

    def described(self) -> dict[str, Any]:
        """Return what `Rows.of` reads, for a configuration of JSON."""
        return {
            "semantic": [self.semantic.start, self.semantic.stop],
            "stops": list(self.stops),
            "others": list(self.others),
            "vocab_size": self.vocab_size,
        }

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Rows:
        """Read what `described` wrote."""
        semantic, stops = range(*described["semantic"]), tuple(described["stops"])
        return cls(semantic, stops, tuple(described["others"]), described["vocab_size"])

    @property
    def broken(self) -> int:
        """The row that stands for logits that are no numbers."""
        return len(self.semantic) + len(self.stops)

    @property
    def ends(self) -> range:
        """The rows that end a sequence: stops, and `broken`."""
        return range(len(self.semantic), self.broken + 1)

    @cached_property
    def drawn(self) -> tuple[int, ...]:
        """The checkpoint's id of each row that can be drawn. That of `broken` stands for nothing."""
        return (*self.semantic, *self.stops, 0, *self.others)

    @property
    def num_drawn(self) -> int:
        """How many rows the head has."""
        return len(self.drawn)

    @property
    def num_ids(self) -> int:
        """How many ids there are in all, prompts' included."""
        return self.num_drawn + 2 * self.vocab_size

    def encode(self, prompt: Iterable[int], semantic_only: bool) -> list[int]:
        """Return a prompt of the checkpoint's ids, at least one, as vLLM is to read it."""
        ids = [self._row_of.get(token, self.num_drawn + token) for token in prompt]
        if semantic_only and ids[-1] >= len(self.semantic):
            ids[-1] = self.num_drawn + self.vocab_size + self._own_id(ids[-1])
        return ids

    def decode(self, drawn: Iterable[int]) -> tuple[int, ...]:
        """Return the checkpoint's ids of what was drawn, without stops and what is broken."""
        return tuple(self.drawn[row] for row in drawn if row not in self.ends)

    def _own_id(self, row: int) -> int:
        return self.drawn[row] if row < self.num_drawn else row - self.num_drawn

    @cached_property
    def _row_of(self) -> dict[int, int]:
        """Where penalties find what a prompt already has."""
        return {token: row for row, token in enumerate(self.drawn) if row != self.broken}
