"""BiCodec: semantic tokens and a voice's speaker tokens to 16 kHz sound, whole or streamed, alone or in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.spark.checkpoint import Checkpoint, Tensors, folded
from engine.spark.config import PUBLIC, BiCodecConfig
from engine.spark.ecapa import SpeakerEncoder
from engine.spark.generator import WaveGenerator
from engine.spark.layout import Group, layout
from engine.spark.prenet import Prenet, Voice, voice_norms
from engine.spark.random_weights import random_tensors
from engine.spark.speaker import NUM_CODES, NUM_TOKENS, VoiceVector
from engine.spark.stream import Feed, Stepper, Stream
from engine.types import Pcm

_BLOCK = 100
"""Tokens decoded at a time, which bounds the memory it takes."""

_MOST_VOICES = 256


class BiCodec:
    """A codec: `load` reads one. The same code runs on a CPU and on a GPU; numbers are float32."""

    def __init__(self, config: BiCodecConfig, tensors: Tensors, device: str = "cpu") -> None:
        here = {name: tensor.to(device) for name, tensor in tensors.items()}
        self.config = config
        self.device = torch.device(device)
        self._tensors = here
        self._vector = VoiceVector.of(here)
        self._stepper = Stepper(Prenet.of(here, config), WaveGenerator.of(here, config.generator))
        self.speaker_encoder = SpeakerEncoder.of(here)
        self._voices: dict[tuple[int, ...], Voice] = {}

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu") -> BiCodec:
        """Read the codec from the folder that holds `BiCodec/`. Raises CheckpointError if it is not a good one."""
        checkpoint = Checkpoint(folder)
        return cls(checkpoint.config, checkpoint.read(Group.DECODE, Group.SPEAKER), device)

    @classmethod
    def random(cls, config: BiCodecConfig = PUBLIC, seed: int = 0, device: str = "cpu") -> BiCodec:
        """Return a codec of random weights, as large as the public one. What it says is noise."""
        wanted = (Group.DECODE, Group.SPEAKER)
        specs = [spec for spec in layout(config).values() if spec.group in wanted]
        return cls(config, folded(random_tensors(specs, seed)), device)

    def decode(self, semantic_ids: object, global_ids: object) -> Pcm:
        """Return 320 samples for each semantic id, spoken by the voice of 32 speaker tokens.

        Raises ValueError for an id that is none, or a wrong number of speaker tokens.
        """
        stream = self.stream(global_ids, exact=True)
        ids = self._stepper.checked(semantic_ids)
        pushed = [self.step([Feed(stream, block)])[0] for block in ids.split(_BLOCK)]
        return np.concatenate([*pushed, stream.flush()])

    def stream(self, global_ids: object, exact: bool = False) -> Stream:
        """Return a stream in the voice of 32 speaker tokens. An `exact` one gives no previews, however late it is."""
        return Stream(self._stepper, self.voice(global_ids), exact)

    def step(self, feeds: Sequence[Feed]) -> list[Pcm]:
        """Give many streams their tokens at once, and return the samples of each; `Stream.push` does it for one."""
        made: list[Pcm] = self._stepper.step(feeds)
        return made

    @property
    def num_batched(self) -> tuple[int, int]:
        """How many calls of the wave generator there were so far, and of how many streams together."""
        return self._stepper.num_calls, self._stepper.num_rows

    def voice(self, global_ids: object) -> Voice:
        """Return what 32 speaker tokens come to, computed once for each voice."""
        ids = _speaker_ids(global_ids)
        if ids not in self._voices:
            if len(self._voices) >= _MOST_VOICES:
                self._voices.pop(next(iter(self._voices)))
            self._voices[ids] = self._make_voice(torch.tensor(ids, device=self.device))
        return self._voices[ids]

    def _make_voice(self, ids: Tensor) -> Voice:
        with torch.inference_mode():
            vector = self._vector(ids)
            return Voice(vector, voice_norms(self._tensors, vector, self.config.prenet.num_layers))


def _speaker_ids(global_ids: object) -> tuple[int, ...]:
    ids: Tensor = torch.as_tensor(global_ids).flatten()
    if len(ids) != NUM_TOKENS:
        raise ValueError(f"a voice is {NUM_TOKENS} speaker tokens, not {len(ids)}")
    wrong = [int(value) for value in ids if not 0 <= value < NUM_CODES]
    if wrong:
        raise ValueError(f"speaker token {wrong[0]} is not between 0 and {NUM_CODES - 1}")
    return tuple(map(int, ids))
