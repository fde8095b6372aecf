"""The language model as the engine sees it: sequences in, token ids out, a step at a time. Nothing here needs torch.

`lm_torch` and `lm_vllm` are its two bodies.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

SequenceId = int

Finish = Literal["stop", "length", "error"]
"""Why a sequence is over: the model said so, `max_tokens` were made, or its numbers were none."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn. A `temperature` of 0 takes the likeliest one. The same seed draws the same."""

    temperature: float = 0.8
    top_k: int = 50
    top_p: float = 0.95
    repetition_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sequence:
    """A segment as the language model sees it: a prompt to be continued, by at most `max_tokens`.

    If it is `semantic_only`, nothing but semantic tokens and the stops can be drawn; else anything can be.
    """

    id: SequenceId
    prompt: tuple[int, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    semantic_only: bool = True

    def check(self, vocab_size: int, max_len: int) -> None:
        """Raise ValueError where a model of so many ids cannot continue it within so many tokens, prompt included."""
        if not self.prompt:
            raise ValueError("prompt is empty: there is nothing to continue")
        if not 0 <= min(self.prompt) <= max(self.prompt) < vocab_size:
            raise ValueError(f"prompt has ids that the model does not know: it has {vocab_size}")
        if (num_prompt := len(self.prompt)) + self.max_tokens > max_len:
            raise ValueError(
                f"prompt has {num_prompt} tokens, which leaves no room for {self.max_tokens} more in {max_len}:"
                " send less text at a time"
            )


class Tokens(NamedTuple):
    """What a step brought for one sequence: token ids, stops left out, and why it is over if it is."""

    sequence: SequenceId
    ids: tuple[int, ...]
    finish: Finish | None = None


class LM(Protocol):
    """Continues many sequences at once: synchronous, one owner, no clock."""

    @property
    def capacity(self) -> int:
        """How many sequences are worked on at a time; more may be added and wait."""

    def add(self, sequence: Sequence) -> None:
        """Take a sequence. Raises ValueError for a prompt that leaves no room for its tokens."""

    def abort(self, sequence_id: SequenceId) -> None:
        """Drop a sequence: its slot is free within a step, and nothing of it comes out. Unknown ids are ignored."""

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        """Do one turn of work, most urgent first, and return what it made, in order per sequence.

        A sequence that is not due is paused where the body can. Each one added and not aborted finishes once.
        """

    def close(self) -> None:
        """Release what it holds. Nothing else is called afterwards."""
