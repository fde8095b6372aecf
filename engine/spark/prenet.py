"""The prenet: tokens to frames, both at 50 Hz, in one voice. It sees 57 tokens to each side, and costs little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.carry import Carry
from engine.spark.checkpoint import Tensors
from engine.spark.config import BiCodecConfig
from engine.spark.convnext import Block, adapted
from engine.spark.layers import Conv, Linear, Norm

LOOKAHEAD = 57
"""Tokens after a token that its frame depends on; as many before it."""

_THRICE = 3.0
"""What a sampling block does at ratio 1: it adds three copies of its input."""


class Voice(NamedTuple):
    """What a voice comes to, computed once: its vector [latent], and scales and shifts [norms, 2, dim]."""

    vector: Tensor
    norms: Tensor

    @staticmethod
    def stack(voices: Sequence[Voice]) -> Voice:
        """Return a batch of voices, one for each stream."""
        return Voice(torch.stack([voice.vector for voice in voices]), torch.stack([voice.norms for voice in voices]))


class Backbone(NamedTuple):
    """A convolution, a norm, blocks, a norm. Without norms of its own a voice gives them."""

    embed: Conv
    norm: Norm | None
    blocks: tuple[Block, ...]
    last: Norm

    @classmethod
    def of(cls, tensors: Tensors, name: str, num_blocks: int) -> Backbone:
        """Take a backbone."""
        norm = Norm.of(tensors, f"{name}.norm") if f"{name}.norm.weight" in tensors else None
        blocks = tuple(Block.of(tensors, f"{name}.convnext.{at}") for at in range(num_blocks))
        last = Norm.of(tensors, f"{name}.final_layer_norm")
        return cls(Conv.of(tensors, f"{name}.embed"), norm, blocks, last)

    def __call__(self, frames: Tensor, carry: Carry, norms: Tensor | None = None) -> Tensor:
        """Return the frames, late by 3 for the convolution and 3 for each block."""
        frames = self.embed(carry.around(frames, self.embed.reach))
        frames = self.norm(frames) if self.norm else adapted(frames, norms[:, 0] if norms is not None else None)
        for at, block in enumerate(self.blocks, 1):
            frames = block(frames, carry, norms[:, at] if norms is not None else None)
        return self.last(frames)


class Prenet(NamedTuple):
    """`table` [codes, dim] holds what each token comes to before any token looks at another."""

    table: Tensor
    stages: tuple[Backbone, Backbone]
    backbone: Backbone
    linear: Linear

    @classmethod
    def of(cls, tensors: Tensors, config: BiCodecConfig) -> Prenet:
        """Take the prenet of a checkpoint, codebook included."""
        stages = (Backbone.of(tensors, "prenet.downsample.0.1", 2), Backbone.of(tensors, "prenet.downsample.1.1", 2))
        backbone = Backbone.of(tensors, "prenet.vocos_backbone", config.prenet.num_layers)
        return cls(token_table(tensors), stages, backbone, Linear.of(tensors, "prenet.linear"))

    def __call__(self, ids: Tensor, voice: Voice, carry: Carry) -> Tensor:
        """Return frames [batch, n, latent] for ids [batch, n], late by 57."""
        frames = functional.embedding(ids, self.table)
        frames = self.stages[0](frames * _THRICE, carry)
        frames = self.stages[1](frames * _THRICE, carry)
        frames = self.linear(self.backbone(frames, carry, voice.norms))
        return frames.add_(voice.vector[:, None])


def token_table(tensors: Tensors) -> Tensor:
    """Return [codes, dim]: codebook, projection and first linear layer, which see one token at a time, in one."""
    vectors = Linear.of(tensors, "quantizer.out_project")(tensors["quantizer.codebook.weight"])
    return Linear.of(tensors, "prenet.linear_pre")(vectors)


def voice_norms(tensors: Tensors, vector: Tensor, num_blocks: int) -> Tensor:
    """Return the scales and shifts [norms, 2, dim] that a voice's vector gives the main backbone."""
    name = "prenet.vocos_backbone"
    norms = [f"{name}.norm", *(f"{name}.convnext.{at}.norm" for at in range(num_blocks))]
    rows = [
        torch.stack([Linear.of(tensors, f"{norm}.{part}")(vector) for part in ("scale", "shift")]) for norm in norms
    ]
    return torch.stack(rows)
