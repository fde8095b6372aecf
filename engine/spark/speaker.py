"""Speaker tokens and what they come to: 32 numbers below 4096 to one vector, the voice."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.spark.checkpoint import Tensors
from engine.spark.layers import Linear

NUM_TOKENS = 32
LEVELS = 4
"""Values that a digit takes: -1, -0.5, 0, 0.5."""

DIGITS = 6
NUM_CODES = LEVELS**DIGITS


class VoiceVector(NamedTuple):
    """The linear layers from digits to a voice's vector."""

    project_out: Linear
    project: Linear

    @classmethod
    def of(cls, tensors: Tensors) -> VoiceVector:
        """Take them from a checkpoint."""
        layers = ("speaker_encoder.quantizer.project_out", "speaker_encoder.project")
        return cls(*(Linear.of(tensors, name) for name in layers))

    def __call__(self, global_ids: Tensor) -> Tensor:
        """Return the vector [latent] of 32 speaker tokens."""
        codes = self.project_out(
            digits_of(global_ids).to(self.project_out.weight.dtype).sub(LEVELS // 2).div(LEVELS // 2)
        )
        return self.project(codes.t().flatten())  # channel by channel


def digits_of(ids: Tensor) -> Tensor:
    """Return the base-4 digits of ids, the lowest first: [.., 6]."""
    powers = LEVELS ** torch.arange(DIGITS, device=ids.device)
    return ids[..., None] // powers % LEVELS


def ids_of(digits: Tensor) -> Tensor:
    """Return the ids of digits [.., 6]."""
    return (digits * LEVELS ** torch.arange(DIGITS, device=digits.device)).sum(-1)
