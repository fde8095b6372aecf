"""The speaker encoder: mel frames to features (ECAPA-TDNN), features to 32 latents (a perceiver), those to tokens."""

from __future__ import annotations

from math import atanh
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.checkpoint import Tensors
from engine.spark.layers import Conv, Linear
from engine.spark.layout import HEAD_DIM, HEADS, PERCEIVER_LAYERS, RES2_SCALE
from engine.spark.speaker import LEVELS, ids_of

_BATCH_NORM_EPSILON = 1e-5


class ConvNorm(NamedTuple):
    """A convolution that keeps the length, ReLU, and a batch norm: `scale` and `shift` [out]."""

    conv: Conv
    scale: Tensor
    shift: Tensor

    @classmethod
    def of(cls, tensors: Tensors, conv: str, norm: str, dilation: int = 1) -> ConvNorm:
        """Take both, by their names."""
        weight, bias, mean, variance = (
            tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = weight / (variance + _BATCH_NORM_EPSILON).sqrt()
        return cls(Conv.of(tensors, conv, dilation), scale, bias - mean * scale)

    def __call__(self, frames: Tensor) -> Tensor:
        """Return as many frames [1, n, out]."""
        padded = functional.pad(frames, (0, 0, self.conv.reach, self.conv.reach))
        return torch.addcmul(self.shift, self.conv(padded).relu_(), self.scale)


class SERes2(NamedTuple):
    """Convolutions on eighths of the channels, each with what the one before it made; then a gain for each channel."""

    first: ConvNorm
    eighths: tuple[ConvNorm, ...]
    last: ConvNorm
    squeeze: Linear
    excite: Linear

    @classmethod
    def of(cls, tensors: Tensors, name: str, dilation: int) -> SERes2:
        """Take a block."""
        eighths = [
            ConvNorm.of(tensors, f"{name}.1.convs.{at}", f"{name}.1.bns.{at}", dilation) for at in range(RES2_SCALE - 1)
        ]
        first, last = (ConvNorm.of(tensors, f"{name}.{at}.conv", f"{name}.{at}.bn") for at in (0, 2))
        squeeze, excite = (Linear.of(tensors, f"{name}.3.linear{at}") for at in (1, 2))
        return cls(first, tuple(eighths), last, squeeze, excite)

    def __call__(self, frames: Tensor) -> Tensor:
        """Return as many frames."""
        *parts, passed = self.first(frames).chunk(RES2_SCALE, 2)
        made: list[Tensor] = []
        for eighth, part in zip(self.eighths, parts, strict=True):
            made.append(eighth(part + made[-1] if made else part))
        mixed = self.last(torch.cat((*made, passed), 2))
        gains = self.excite(self.squeeze(mixed.mean(1, keepdim=True)).relu_()).sigmoid_()
        return torch.addcmul(frames, mixed, gains)


class Ecapa(NamedTuple):
    """All of ECAPA that tokens need: its pooling, which makes an x-vector, is not here."""

    first: ConvNorm
    blocks: tuple[SERes2, ...]
    last: Linear

    @classmethod
    def of(cls, tensors: Tensors, name: str = "speaker_encoder.speaker_encoder") -> Ecapa:
        """Take the network."""
        blocks = [SERes2.of(tensors, f"{name}.layer{at}.se_res2block", dilation=at) for at in (2, 3, 4)]
        first = ConvNorm.of(tensors, f"{name}.layer1.conv", f"{name}.layer1.bn")
        return cls(first, tuple(blocks), Linear.of(tensors, f"{name}.conv"))

    def __call__(self, mels: Tensor) -> Tensor:
        """Return features [n, 3 * channels] of mel frames [n, mels]."""
        frames = self.first(mels[None])
        made = []
        for block in self.blocks:
            frames = block(frames)
            made.append(frames)
        return self.last(torch.cat(made, 2)).relu_()[0]


class PerceiverLayer(NamedTuple):
    """Attention of the latents to themselves and all frames, then gated linear layers; each added to what came in."""

    query: Tensor
    key_value: Tensor
    out: Tensor
    gated: Linear
    last: Linear

    @classmethod
    def of(cls, tensors: Tensors, name: str) -> PerceiverLayer:
        """Take a layer."""
        query, key_value, out = (tensors[f"{name}.0.{part}.weight"] for part in ("to_q", "to_kv", "to_out"))
        return cls(query, key_value, out, Linear.of(tensors, f"{name}.1.0"), Linear.of(tensors, f"{name}.1.2"))

    def __call__(self, latents: Tensor, frames: Tensor) -> Tensor:
        """Return as many latents."""
        keys, values = functional.linear(torch.cat((latents, frames)), self.key_value).chunk(2, 1)
        heads = [_heads(part) for part in (functional.linear(latents, self.query), keys, values)]
        seen = functional.scaled_dot_product_attention(*heads)
        latents = latents + functional.linear(seen.transpose(0, 1).flatten(1), self.out)
        value, gate = self.gated(latents).chunk(2, 1)
        return latents + self.last(value * functional.gelu(gate))


class SpeakerEncoder(NamedTuple):
    """From mel frames to tokens."""

    ecapa: Ecapa
    latents: Tensor
    context: Linear
    layers: tuple[PerceiverLayer, ...]
    gamma: Tensor
    project_in: Linear

    @classmethod
    def of(cls, tensors: Tensors) -> SpeakerEncoder:
        """Take the encoder of a checkpoint."""
        name = "speaker_encoder.perceiver_sampler"
        layers = tuple(PerceiverLayer.of(tensors, f"{name}.layers.{at}") for at in range(PERCEIVER_LAYERS))
        project_in = Linear.of(tensors, "speaker_encoder.quantizer.project_in")
        context = Linear.of(tensors, f"{name}.proj_context")
        return cls(
            Ecapa.of(tensors), tensors[f"{name}.latents"], context, layers, tensors[f"{name}.norm.gamma"], project_in
        )

    def __call__(self, mels: Tensor) -> list[int]:
        """Return the speaker tokens of mel frames [n, mels]."""
        digits = self.bounded(self.sample(self.ecapa(mels))).round().add(LEVELS // 2).long()
        return list(map(int, ids_of(digits)))

    def sample(self, features: Tensor) -> Tensor:
        """Return the latents [tokens, latent] of features [n, 3 * channels]."""
        latents, frames = self.latents, self.context(features)
        for layer in self.layers:
            latents = layer(latents, frames)
        return functional.normalize(latents, dim=1) * len(self.gamma) ** 0.5 * self.gamma

    def bounded(self, latents: Tensor) -> Tensor:
        """Return the digits [tokens, 6] before they are rounded, between -2 and 1."""
        half = (LEVELS - 1) * 1.001 / 2
        return torch.tanh(self.project_in(latents) + atanh(0.5 / half)) * half - 0.5


def _heads(rows: Tensor) -> Tensor:
    """Return [heads, n, width of a head] of rows [n, heads * width]."""
    return rows.unflatten(1, (HEADS, HEAD_DIM)).transpose(0, 1)
