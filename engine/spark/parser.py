"""What a model says, told apart by the range that an id lies in: acoustic values, speaker tokens, speech, the end.

Never by text: tokenizers leave these tokens out of it, or write them alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from engine.spark.vocabulary import Vocabulary
from engine.spark.voice_files import NUM_TOKENS


class Stage(IntEnum):
    """Where a sequence is. It goes on, over some if need be, and never back."""

    ACOUSTIC = 0
    GLOBAL = 1
    SEMANTIC = 2
    OVER = 3


class Parser:
    """Reads one sequence from a stage on, however its ids are cut.

    What is out of place is dropped and counted: speech before which the model did not name its speaker still is
    speech, but a speaker token within it is nothing. The markers between the parts say nothing that their ids do not.
    """

    def __init__(self, vocabulary: Vocabulary, stage: Stage = Stage.SEMANTIC) -> None:
        self.stage = stage
        self.num_strays = 0
        self._vocabulary = vocabulary
        self._markers = {
            vocabulary.start_acoustic_token,
            vocabulary.end_acoustic_token,
            vocabulary.start_global_token,
            vocabulary.end_global_token,
            vocabulary.start_semantic_token,
        }
        self._globals: list[int] = []
        self._pitch: int | None = None
        self._speed: int | None = None

    @property
    def speaker(self) -> tuple[int, ...] | None:
        """The 32 speaker tokens that the model has named; None until it has named them all."""
        return tuple(self._globals) if len(self._globals) == NUM_TOKENS else None

    @property
    def values(self) -> tuple[int, int] | None:
        """The pitch and the speed that the model has chosen, if it has chosen both."""
        return (self._pitch, self._speed) if self._pitch is not None and self._speed is not None else None

    def push(self, ids: Iterable[int]) -> list[int]:
        """Take ids; return the semantic tokens among them, counted from 0."""
        speech: list[int] = []
        semantic = self._vocabulary.semantic_tokens
        for token_id in ids:
            if token_id in semantic and self.stage <= Stage.SEMANTIC:
                self.stage = Stage.SEMANTIC
                speech.append(token_id - semantic.start)
            else:
                self._take(token_id)
        return speech

    def _take(self, token_id: int) -> None:
        known = self._vocabulary
        if self.stage == Stage.OVER:
            self.num_strays += 1
        elif token_id in known.stops:
            self.stage = Stage.OVER
        elif token_id in known.global_tokens and self.stage <= Stage.GLOBAL and len(self._globals) < NUM_TOKENS:
            self.stage = Stage.GLOBAL
            self._globals.append(token_id - known.global_tokens.start)
        elif self.stage == Stage.ACOUSTIC and token_id in known.pitch_values:
            self._pitch = token_id - known.pitch_values.start
        elif self.stage == Stage.ACOUSTIC and token_id in known.speed_values:
            self._speed = token_id - known.speed_values.start
        elif token_id not in self._markers:
            self.num_strays += 1
