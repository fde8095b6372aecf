"""AP-BWE: the network that makes the spectra of 48 kHz sound from those of 16 kHz sound resampled. 27 frames each way.

Two rows of blocks, one on log magnitudes and one on phases, each adding in what the other has.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from engine.spark.carry import Carry
from engine.spark.checkpoint import Tensors
from engine.spark.convnext import REACH, Block
from engine.spark.layers import Conv, Linear, Norm
from engine.spark.spectrum import NUM_BINS

_FLOOR = 1e-4
_WIDTH = 7
_EXPANSION = 3


class Row(NamedTuple):
    """One of the two: a convolution and a norm, blocks, a norm."""

    head: Conv
    first: Norm
    blocks: tuple[Block, ...]
    last: Norm

    @classmethod
    def of(cls, tensors: Tensors, kind: str, num_blocks: int) -> Row:
        """Take the row for "mag" or "pha"."""
        blocks = tuple(Block.of(tensors, f"convnext_{kind}.{at}") for at in range(num_blocks))
        first, last = Norm.of(tensors, f"norm_pre_{kind}"), Norm.of(tensors, f"norm_post_{kind}")
        return cls(Conv.of(tensors, f"conv_pre_{kind}"), first, blocks, last)

    def begin(self, frames: Tensor, carry: Carry) -> Tensor:
        """Return what goes into the first block."""
        return self.first(self.head(carry.around(frames, self.head.reach)))


class Network(NamedTuple):
    """Both rows, and the linear layers after them."""

    magnitude: Row
    phase: Row
    magnitude_out: Linear
    real: Linear
    imaginary: Linear

    @classmethod
    def of(cls, tensors: Tensors, num_blocks: int) -> Network:
        """Take the network of a checkpoint."""
        rows = [Row.of(tensors, kind, num_blocks) for kind in ("mag", "pha")]
        outs = [Linear.of(tensors, f"linear_post_{part}") for part in ("mag", "pha_r", "pha_i")]
        return cls(rows[0], rows[1], outs[0], outs[1], outs[2])

    @property
    def reach(self) -> int:
        """How many frames it looks to each side."""
        return REACH * (1 + len(self.magnitude.blocks))

    def __call__(self, spectra: Tensor, carry: Carry) -> Tensor:
        """Return spectra [batch, n, NUM_BINS], late by `reach`, for those of the resampled sound."""
        log_magnitude = (spectra.abs() + _FLOOR).log()
        made, phase = self.predict(log_magnitude, spectra.angle(), carry)
        return torch.polar(made.exp(), phase)

    def predict(self, log_magnitude: Tensor, phase: Tensor, carry: Carry) -> tuple[Tensor, Tensor]:
        """Return log magnitudes and phases for those that come in, all [batch, n, NUM_BINS]."""
        mag, pha = self.magnitude.begin(log_magnitude, carry), self.phase.begin(phase, carry)
        for mag_block, pha_block in zip(self.magnitude.blocks, self.phase.blocks, strict=True):
            mag = mag + pha
            pha = pha + mag
            mag, pha = mag_block(mag, carry), pha_block(pha, carry)
        kept = carry.centre(log_magnitude, self.reach)
        mag, pha = self.magnitude.last(mag), self.phase.last(pha)
        return kept + self.magnitude_out(mag), torch.atan2(self.imaginary(pha), self.real(pha))


def shapes(channels: int, num_blocks: int) -> dict[str, tuple[int, ...]]:
    """Return all tensors of a checkpoint and their shapes."""
    made: dict[str, tuple[int, ...]] = {}

    def weighted(name: str, *shape: int) -> None:
        made[f"{name}.weight"], made[f"{name}.bias"] = shape, (shape[0],)

    for kind in ("mag", "pha"):
        weighted(f"conv_pre_{kind}", channels, NUM_BINS, _WIDTH)
        weighted(f"norm_pre_{kind}", channels)
        weighted(f"norm_post_{kind}", channels)
        for block in (f"convnext_{kind}.{at}" for at in range(num_blocks)):
            made[f"{block}.gamma"] = (channels,)
            weighted(f"{block}.dwconv", channels, 1, _WIDTH)
            weighted(f"{block}.norm", channels)
            weighted(f"{block}.pwconv1", _EXPANSION * channels, channels)
            weighted(f"{block}.pwconv2", channels, _EXPANSION * channels)
    for part in ("mag", "pha_r", "pha_i"):
        weighted(f"linear_post_{part}", NUM_BINS, channels)
    return made
