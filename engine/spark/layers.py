"""Layers on frames [batch, n, channels]: convolutions as matrix products, their weights laid out once for it.

Channels come last, so that a window of frames is one row, a transposed convolution's output needs no move, and a
linear layer is what it is. Work is cut into tiles of some thousand rows, which stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.carry import Carry
from engine.spark.checkpoint import Tensors

EPSILON = 1e-6
"""Of all layer norms of the codec and of the super-resolution."""

_TILE_ROWS = 1024
_LEAST_ALPHA = 1e-6


class Linear(NamedTuple):
    """Weight [out, in] and bias [out]."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, tensors: Tensors, name: str) -> Linear:
        """Take a linear layer, or a convolution of width one."""
        return cls(tensors[f"{name}.weight"].flatten(1), tensors[f"{name}.bias"])

    def __call__(self, frames: Tensor) -> Tensor:
        """Return [.., out]."""
        return functional.linear(frames, self.weight, self.bias)


class Norm(NamedTuple):
    """Layer norm over channels."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, tensors: Tensors, name: str) -> Norm:
        """Take a layer norm with its affine part."""
        return cls(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def __call__(self, frames: Tensor) -> Tensor:
        """Return the frames, each normalized."""
        return functional.layer_norm(frames, self.weight.shape, self.weight, self.bias, EPSILON)


class Conv(NamedTuple):
    """A convolution: weight [out, width * in], bias [out]. It makes 2 * reach fewer frames than it gets."""

    weight: Tensor
    bias: Tensor
    width: int
    dilation: int = 1

    @classmethod
    def of(cls, tensors: Tensors, name: str, dilation: int = 1, per_input: Tensor | None = None) -> Conv:
        """Take a convolution, weight norm folded. What comes in is `per_input` [in] times what it was made for."""
        weight = tensors[f"{name}.weight"]
        if per_input is not None:
            weight = weight / per_input[:, None]
        laid_out = weight.transpose(1, 2).reshape(len(weight), -1).contiguous()
        return cls(laid_out, tensors[f"{name}.bias"], weight.shape[2], dilation)

    @property
    def reach(self) -> int:
        """How many frames it looks to each side."""
        return (self.width - 1) * self.dilation // 2

    def times(self, gain: Tensor) -> Conv:
        """Return a convolution that makes `gain` [out] times as much."""
        return self._replace(weight=self.weight * gain[:, None], bias=self.bias * gain)

    def __call__(self, frames: Tensor) -> Tensor:
        """Return [batch, n - 2 * reach, out]."""
        return functional.linear(windows(frames, self.width, self.dilation), self.weight, self.bias)


class Depthwise(NamedTuple):
    """A convolution of each channel by itself: weight [width, channels], bias [channels]."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, tensors: Tensors, name: str) -> Depthwise:
        """Take a depthwise convolution."""
        return cls(tensors[f"{name}.weight"].squeeze(1).t().contiguous(), tensors[f"{name}.bias"])

    def __call__(self, frames: Tensor) -> Tensor:
        """Return [batch, n - width + 1, channels]."""
        num_out = frames.shape[1] - len(self.weight) + 1
        made = torch.addcmul(self.bias, frames[:, :num_out], self.weight[0])
        for at in range(1, len(self.weight)):
            made.addcmul_(frames[:, at : at + num_out], self.weight[at])
        return made


class Upsampling(NamedTuple):
    """A transposed convolution of a rate: every frame becomes `rate` frames, and reaches into its neighbours'.

    Frame m touches the outputs from m * rate - pad on, `width` of them. So the `rate` outputs from there are made of
    frame m and of those before it, by one product: `weight` [rate * out, 2 * in] for m and m - 1, and `rest`
    [outputs left * out, in] for m - 2 where the width is more than twice the rate.
    """

    weight: Tensor
    rest: Tensor
    bias: Tensor
    rate: int
    pad: int

    @classmethod
    def of(cls, tensors: Tensors, name: str, rate: int, per_input: Tensor) -> Upsampling:
        """Take a transposed convolution, its width two to three times the rate; `per_input` as in Conv."""
        weight = tensors[f"{name}.weight"] / per_input[:, None, None]  # [in, out, width]
        parts = [part.permute(2, 1, 0).flatten(0, 1) for part in weight.split(rate, 2)]  # each [outputs * out, in]
        if len(parts) not in (2, 3) or weight.shape[2] < 2 * rate:
            raise ValueError(
                f"{name} is {weight.shape[2]} wide at rate {rate}; two to three times the rate is implemented"
            )
        rest = parts[2] if len(parts) == 3 else weight.new_zeros(0, len(weight))
        pad = (weight.shape[2] - rate) // 2
        return cls(torch.cat(parts[:2], 1), rest.contiguous(), tensors[f"{name}.bias"], rate, pad)

    def __call__(self, frames: Tensor, carry: Carry) -> Tensor:
        """Return rate * n frames in all; those of a step that is not the last end `pad` early."""
        extended = carry.before(frames, 2)
        blocks = self._blocks(extended)
        start = self.pad if carry.is_first else 0
        num_out = frames.shape[1] * self.rate
        stop = num_out + self.pad if carry.is_last else num_out
        return blocks[:, start:stop]

    def _blocks(self, extended: Tensor) -> Tensor:
        """Return [batch, rate * (n - 2), out] from frames of which the first two are only looked back at."""
        batch, length, _ = extended.shape
        pairs = torch.cat((extended[:, 2:], extended[:, 1:-1]), 2)
        made = functional.linear(pairs, self.weight)
        if len(self.rest):
            made[:, :, : len(self.rest)] += functional.linear(extended[:, :-2], self.rest)
        return made.view(batch, (length - 2) * self.rate, -1).add_(self.bias)


def snaked(scaled: Tensor) -> Tensor:
    """Return u + sin^2 u for u = alpha x. Divided by alpha, which the next layer's weights are, it is a snake of x."""
    sine = scaled.sin()
    return torch.addcmul(scaled, sine, sine)


def alpha_of(tensors: Tensors, name: str) -> Tensor:
    """Return a snake's alpha [channels], kept away from 0, where a snake only hands on what it gets."""
    alpha = tensors[f"{name}.alpha"].flatten()
    return torch.where(alpha.abs() < _LEAST_ALPHA, torch.full_like(alpha, _LEAST_ALPHA), alpha)


def windows(frames: Tensor, width: int, dilation: int) -> Tensor:
    """Return [batch, n - (width - 1) * dilation, width * channels]: for each frame to be made, those it is made of."""
    span = (width - 1) * dilation + 1
    seen = frames.unfold(1, span, 1)[..., ::dilation]  # [batch, n, channels, width]
    return seen.transpose(2, 3).flatten(2)


def tiled(layer: Callable[[Tensor], Tensor], frames: Tensor, reach: int) -> Tensor:
    """Return what a layer of this reach makes of frames, tile by tile, so that what lies between stays in the cache."""
    batch, num_out = len(frames), frames.shape[1] - 2 * reach
    if batch * num_out <= 2 * _TILE_ROWS:
        return layer(frames)
    rows = [
        torch.cat([layer(part[:, at : at + _TILE_ROWS + 2 * reach]) for at in range(0, num_out, _TILE_ROWS)], 1)
        for part in frames.split(max(1, _TILE_ROWS // num_out))
    ]
    return torch.cat(rows) if len(rows) > 1 else rows[0]
