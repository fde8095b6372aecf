"""The block that the prenet and the super-resolution are made of."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.carry import Carry
from engine.spark.checkpoint import Tensors
from engine.spark.layers import EPSILON, Depthwise, Linear, Norm

REACH = 3
"""Frames that a block looks to each side."""


class Block(NamedTuple):
    """ConvNeXt: depthwise convolution, norm, two linear layers with GELU between, a gain; added to what came in."""

    depthwise: Depthwise
    norm: Norm | None
    wider: Linear
    narrower: Linear

    @classmethod
    def of(cls, tensors: Tensors, name: str) -> Block:
        """Take a block, its gain folded into the second linear layer."""
        norm = Norm.of(tensors, f"{name}.norm") if f"{name}.norm.weight" in tensors else None
        gain, last = tensors[f"{name}.gamma"], Linear.of(tensors, f"{name}.pwconv2")
        narrower = Linear(last.weight * gain[:, None], last.bias * gain)
        return cls(Depthwise.of(tensors, f"{name}.dwconv"), norm, Linear.of(tensors, f"{name}.pwconv1"), narrower)

    def __call__(self, frames: Tensor, carry: Carry, shaped: Tensor | None = None) -> Tensor:
        """Return the frames, late by REACH. `shaped` [batch, 2, dim] is the voice's part in a norm that has none."""
        extended = carry.around(frames, REACH)
        mixed = self.depthwise(extended)
        normed = self.norm(mixed) if self.norm else adapted(mixed, shaped)
        inner = self.narrower(functional.gelu(self.wider(normed)))
        return inner.add_(extended[:, REACH : extended.shape[1] - REACH])


def adapted(frames: Tensor, shaped: Tensor | None) -> Tensor:
    """Return the frames normalized, times the voice's scale, plus its shift: `shaped` [batch, 2, dim]."""
    assert shaped is not None, "a conditioned backbone needs a voice"
    normed = functional.layer_norm(frames, frames.shape[-1:], eps=EPSILON)
    return torch.addcmul(shaped[:, 1, None], normed, shaped[:, 0, None])
