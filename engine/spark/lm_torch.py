"""The language model on torch alone: slots in a static cache, filled by chunks, and one batch for all who speak."""

from __future__ import annotations

import math
from collections.abc import Collection
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch
from torch import Tensor

from engine.spark.lm import Finish, Sequence, SequenceId, Tokens
from engine.spark.lm_checkpoint import dtype_of, read_lm
from engine.spark.products import TILE, is_tiled, product
from engine.spark.qwen2 import BLOCK, Cache, Place, Qwen2
from engine.spark.rows import Rows
from engine.spark.sampler import Rule, draw, is_narrow, penalize
from engine.spark.vocabulary import Vocabulary

CHUNK = 64
"""Tokens of a prompt that are read at a time; so long do those who speak wait at most, once a step."""


@dataclass(slots=True)
class _Speaker:
    """A sequence in its slot: how much of it the cache holds, and what has been drawn."""

    sequence: Sequence
    slot: int
    random: Random
    next_token: int
    num_cached: int = 0
    num_drawn: int = 0

    @property
    def is_read(self) -> bool:
        """Whether the cache holds its prompt but for the last token, which the first draw is made from."""
        return self.num_cached >= len(self.sequence.prompt) - 1


@dataclass(slots=True)
class TorchLM:
    """Continues many sequences, one token each in a step. The same code runs on a processor and on a GPU.

    The batch has one of a few sizes. In float32 on a processor they are whole tiles (`engine.spark.products`), so that
    a sequence is made of the same bits alone and among others.
    """

    model: Qwen2
    rows: Rows
    capacity: int = 8
    """How many sequences are worked on at a time; more may be added and wait."""
    max_len: int = 4096
    """Tokens of a sequence, prompt included."""
    _waiting: dict[SequenceId, Sequence] = field(init=False, default_factory=dict)
    _speakers: dict[SequenceId, _Speaker] = field(init=False, default_factory=dict)
    _cache: Cache = field(init=False)
    _heads: tuple[Tensor, Tensor] = field(init=False)
    _drawable: Tensor = field(init=False)
    _seen: Tensor = field(init=False)

    def __post_init__(self) -> None:
        like = self.model.embedding
        self._cache = Cache.empty(self.model.config, self.sizes[-1], _blocks(self.max_len), like)
        speech = torch.tensor([*self.rows.semantic, *self.rows.stops], device=like.device)
        others = torch.tensor(self.rows.others, dtype=torch.int64, device=like.device)
        self._drawable = torch.cat((speech, others))
        self._heads = self.model.head[speech], self.model.head[others]
        self._seen = torch.zeros(self.capacity, self.rows.vocab_size, dtype=torch.bool, device=like.device)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        vocabulary: Vocabulary,
        dtype: str = "bfloat16",
        device: str = "cpu",
        capacity: int = 8,
        max_len: int = 4096,
    ) -> TorchLM:
        """Read `LLM/` of a folder. Raises CheckpointError if it is not a good one, ValueError for float16."""
        config, tensors = read_lm(folder, dtype_of(dtype), device)
        model = Qwen2(config, tensors, _blocks(max_len))
        return cls(model, Rows.speech(vocabulary, config.vocab_size), capacity, max_len)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that a batch may have."""
        like = self.model.embedding
        if is_tiled(like):
            return tuple(range(TILE, self.capacity + TILE, TILE))
        return (*(2**power for power in range(math.ceil(math.log2(self.capacity)))), self.capacity)

    def add(self, sequence: Sequence) -> None:
        """Take a sequence. Raises ValueError for a prompt that leaves no room for its tokens, or that is none."""
        if sequence.id in self._waiting or sequence.id in self._speakers:
            raise ValueError(f"sequence {sequence.id} is there already: give each an id of its own")
        sequence.check(self.rows.vocab_size, self.max_len)
        self._waiting[sequence.id] = sequence

    def abort(self, sequence_id: SequenceId) -> None:
        """Drop a sequence: its slot is free at once, and nothing of it comes out. Unknown ids are ignored."""
        self._waiting.pop(sequence_id, None)
        self._speakers.pop(sequence_id, None)

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        """Let those that are due in while there are slots, read a chunk of a prompt, and draw a token for each speaker.

        The first in `due` are let in and read first.
        """
        self._let_in(due)
        working = [self._speakers[sequence_id] for sequence_id in due if sequence_id in self._speakers]
        with torch.inference_mode():
            return [*self._read(working), *self._speak(working)]

    def close(self) -> None:
        """Release what it holds. Nothing else is called afterwards."""
        self._waiting.clear()
        self._speakers.clear()
        self._cache = Cache.empty(self.model.config, 0, 0, self.model.embedding)

    def _let_in(self, due: Collection[SequenceId]) -> None:
        free = sorted(set(range(self.capacity)) - {speaker.slot for speaker in self._speakers.values()})
        wanted = [sequence_id for sequence_id in due if sequence_id in self._waiting]
        for sequence_id, slot in zip(wanted, free, strict=False):
            sequence = self._waiting.pop(sequence_id)
            random = Random(sequence.sampling.seed)
            self._speakers[sequence_id] = _Speaker(sequence, slot, random, sequence.prompt[-1])
            if sequence.sampling.repetition_penalty != 1:
                self._seen[slot] = False
                self._seen[slot, list(sequence.prompt)] = True

    def _read(self, working: Many[_Speaker]) -> list[Tokens]:
        reading = next((speaker for speaker in working if not speaker.is_read), None)
        return [] if reading is None or self._read_chunk(reading) else [self._lost(reading)]

    def _read_chunk(self, speaker: _Speaker) -> bool:
        """Return whether it came to numbers. A last chunk is filled up; that is written over before it is looked at."""
        at = speaker.num_cached
        tokens = speaker.sequence.prompt[at : min(at + CHUNK, len(speaker.sequence.prompt) - 1)]
        filled = self._tensor([[*tokens, *[0] * (CHUNK - len(tokens))]])
        place = Place(self._tensor([speaker.slot]), self._tensor([range(at, at + CHUNK)]), _blocks(at + CHUNK))
        hidden = self.model(filled, place, self._cache)[0, : len(tokens)]
        speaker.num_cached += len(tokens)
        return bool(torch.isfinite(hidden).all())

    def _lost(self, speaker: _Speaker) -> Tokens:
        """End what is no numbers. The next one in its slot would multiply them by zero, which makes none either."""
        self._cache.clear(speaker.slot)
        del self._speakers[speaker.sequence.id]
        return Tokens(speaker.sequence.id, (), "error")

    def _speak(self, working: Many[_Speaker]) -> list[Tokens]:
        speaking = [speaker for speaker in working if speaker.is_read and speaker.sequence.id in self._speakers]
        if not speaking:
            return []
        logits = self._logits(speaking)
        slots = [speaker.slot for speaker in speaking]
        logits = self._penalized(logits[slots].float(), speaking)
        is_sound = torch.isfinite(logits).sum(-1) >= len(self._heads[0])
        chances = [speaker.random.random() for speaker in speaking]
        samplings = [speaker.sequence.sampling for speaker in speaking]
        rule = Rule.of(samplings, chances, logits.device)
        drawn = draw(torch.where(is_sound[:, None], logits, 0), rule, [is_narrow(each) for each in samplings])
        told = zip(speaking, *torch.stack((self._drawable[drawn], is_sound)).tolist(), strict=True)
        return [self._told(speaker, token) if sound else self._lost(speaker) for speaker, token, sound in told]

    def _logits(self, speaking: Many[_Speaker]) -> Tensor:
        """Return logits [slots, n] of the first slots; those of who does not speak now mean nothing.

        A slot that is left out writes where its own next token will be, before anybody looks there.
        """
        num = next(size for size in self.sizes if size > max(speaker.slot for speaker in speaking))
        tokens, positions = [[0]] * num, [[0]] * num
        for speaker in self._speakers.values():
            if speaker.slot < num:
                tokens[speaker.slot], positions[speaker.slot] = [speaker.next_token], [speaker.num_cached]
        length = _blocks(1 + max(speaker.num_cached for speaker in speaking))
        place = Place(self._tensor(range(num)), self._tensor(positions), length, dense=True)
        hidden = self.model(self._tensor(tokens), place, self._cache)
        logits = product(hidden, self._heads[0])[:, 0]
        if all(speaker.sequence.semantic_only for speaker in speaking):
            return logits
        others = product(hidden, self._heads[1])[:, 0]
        only = self._tensor([s.slot for s in speaking if s.sequence.semantic_only])
        return torch.cat((logits, others.index_fill(0, only, -torch.inf)), -1)

    def _penalized(self, logits: Tensor, speaking: Many[_Speaker]) -> Tensor:
        penalties = [speaker.sequence.sampling.repetition_penalty for speaker in speaking]
        if all(penalty == 1 for penalty in penalties):
            return logits
        seen = self._seen[[speaker.slot for speaker in speaking]][:, self._drawable[: logits.shape[1]]]
        return penalize(logits, seen, torch.tensor(penalties, device=logits.device)[:, None])

    def _told(self, speaker: _Speaker, token: int) -> Tokens:
        speaker.num_cached += 1
        speaker.num_drawn += 1
        speaker.next_token = token
        if speaker.sequence.sampling.repetition_penalty != 1:
            self._seen[speaker.slot, token] = True
        finish = self._finish(speaker)
        if finish:
            del self._speakers[speaker.sequence.id]
        return Tokens(speaker.sequence.id, () if finish == "stop" else (token,), finish)

    def _finish(self, speaker: _Speaker) -> Finish | None:
        if speaker.next_token in self.rows.stops:
            return "stop"
        return "length" if speaker.num_drawn == speaker.sequence.max_tokens else None

    def _tensor(self, values: object) -> Tensor:
        return torch.tensor(values, dtype=torch.int64, device=self.model.embedding.device)


def _blocks(num_positions: int) -> int:
    return -(-num_positions // BLOCK) * BLOCK
