"""The wave generator: frames at 50 Hz to samples at 16 kHz. It sees ten frames to each side."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.spark.carry import Carry
from engine.spark.checkpoint import Tensors
from engine.spark.config import Generator
from engine.spark.layers import Conv, Linear, Upsampling, alpha_of, snaked, tiled
from engine.spark.layout import DILATIONS

LOOKAHEAD = 10
"""Frames after a frame that its samples depend on; as many before it."""


class Residual(NamedTuple):
    """A dilated convolution and a pointwise one, a snake before each, added to what came in.

    The first snake's alpha [channels] is applied here, the second's is in the weights of the convolution before it.
    """

    alpha: Tensor
    wide: Conv
    narrow: Linear

    @classmethod
    def of(cls, tensors: Tensors, name: str, dilation: int) -> Residual:
        """Take a unit."""
        alpha, second = alpha_of(tensors, f"{name}.0"), alpha_of(tensors, f"{name}.2")
        wide = Conv.of(tensors, f"{name}.1", dilation, per_input=alpha).times(second)
        narrow = Linear.of(tensors, f"{name}.3")
        return cls(alpha, wide, Linear(narrow.weight / second, narrow.bias))

    def __call__(self, frames: Tensor, carry: Carry) -> Tensor:
        """Return as many frames as come in, late by the convolution's reach."""
        return tiled(self._run, carry.around(frames, self.wide.reach), self.wide.reach)

    def _run(self, frames: Tensor) -> Tensor:
        inner = self.narrow(snaked(self.wide(snaked(frames * self.alpha))))
        return inner.add_(frames[:, self.wide.reach : frames.shape[1] - self.wide.reach])


class Block(NamedTuple):
    """Makes `rate` frames of each, of half the channels."""

    alpha: Tensor
    upsampling: Upsampling
    units: tuple[Residual, ...]

    @classmethod
    def of(cls, tensors: Tensors, name: str, rate: int) -> Block:
        """Take a block."""
        units = [Residual.of(tensors, f"{name}.{at}.block", dilation) for at, dilation in enumerate(DILATIONS, 2)]
        alpha = alpha_of(tensors, f"{name}.0")
        return cls(alpha, Upsampling.of(tensors, f"{name}.1", rate, per_input=alpha), tuple(units))

    def __call__(self, frames: Tensor, carry: Carry) -> Tensor:
        """Return rate * n frames, late."""
        frames = self.upsampling(snaked(frames * self.alpha), carry)
        for unit in self.units:
            frames = unit(frames, carry)
        return frames


class WaveGenerator(NamedTuple):
    """All of it."""

    head: Conv
    blocks: tuple[Block, ...]
    alpha: Tensor
    tail: Conv

    @classmethod
    def of(cls, tensors: Tensors, shape: Generator, name: str = "decoder.model") -> WaveGenerator:
        """Take the generator of a checkpoint."""
        blocks = [Block.of(tensors, f"{name}.{at}.block", rate) for at, rate in enumerate(shape.rates, 1)]
        last = len(blocks) + 1
        alpha = alpha_of(tensors, f"{name}.{last}")
        tail = Conv.of(tensors, f"{name}.{last + 1}", per_input=alpha)
        return cls(Conv.of(tensors, f"{name}.0"), tuple(blocks), alpha, tail)

    def __call__(self, frames: Tensor, carry: Carry) -> Tensor:
        """Return samples [batch, 320 * n] for frames [batch, n, channels], late by less than ten frames."""
        frames = self.head(carry.around(frames, self.head.reach))
        for block in self.blocks:
            frames = block(frames, carry)
        return tiled(self._end, carry.around(frames, self.tail.reach), self.tail.reach).squeeze(2)

    def _end(self, frames: Tensor) -> Tensor:
        return torch.tanh_(self.tail(snaked(frames * self.alpha)))
