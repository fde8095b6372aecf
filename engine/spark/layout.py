"""The tensors of `BiCodec/model.safetensors`: the public names, their shapes, and what needs each. Pure.

Names and shapes as published with SparkAudio/Spark-TTS-0.5B. Convolutions with weight norm hold `weight_g` and
`weight_v` in place of `weight`, g [n, 1, 1] over the first axis of v, which in a transposed one is the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from engine.spark.config import Backbone, BiCodecConfig, Generator, Speaker

KERNEL = 7
"""Width of all convolutions that are not pointwise, transposed or the speaker encoder's."""

DILATIONS = (1, 3, 9)
"""Of the residual units in a block of the wave generator."""

RES2_SCALE = 8
BOTTLENECK = 128
HEADS, HEAD_DIM = 8, 64
PERCEIVER_LAYERS = 2


class Group(Enum):
    """What needs a tensor."""

    DECODE = "tokens to sound"
    SPEAKER = "a clip to speaker tokens"
    SEMANTIC = "a clip to semantic tokens"
    XVECTOR = "a clip to an x-vector"
    TRAINING = "training"
    UNUSED = "nothing"


class Spec(NamedTuple):
    """A tensor as it lies in the file."""

    name: str
    shape: tuple[int, ...]
    group: Group


def layout(config: BiCodecConfig) -> dict[str, Spec]:
    """Return all tensors of a checkpoint, by name."""
    return {spec.name: spec for spec in _all(config)}


def gated(latent: int) -> int:
    """Return the inner width of the perceiver's gated layers."""
    return int(latent * 8 / 3)


def _all(config: BiCodecConfig) -> Iterator[Spec]:
    yield from _encoder(config.encoder)
    yield from _quantizer(config)
    yield from _ecapa("speaker_encoder.speaker_encoder", config.speaker)
    yield from _perceiver("speaker_encoder.perceiver_sampler", config.speaker)
    yield from _speaker(config)
    yield from _decoder("prenet", config.prenet, config.latent, Group.DECODE)
    yield from _decoder("postnet", config.postnet, 0, Group.TRAINING)
    yield from _generator("decoder.model", config.generator)


def _tensor(name: str, group: Group, *shape: int) -> Iterator[Spec]:
    yield Spec(name, shape, group)


def _weighted(name: str, group: Group, *shape: int, biases: int | None = None) -> Iterator[Spec]:
    """A weight and as many biases as it has outputs, unless that number is given."""
    yield from _tensor(f"{name}.weight", group, *shape)
    yield from _tensor(f"{name}.bias", group, shape[0] if biases is None else biases)


def _normed(name: str, group: Group, *shape: int, biases: int | None = None) -> Iterator[Spec]:
    """The same with weight norm."""
    yield from _tensor(f"{name}.weight_g", group, shape[0], 1, 1)
    yield from _tensor(f"{name}.weight_v", group, *shape)
    yield from _tensor(f"{name}.bias", group, shape[0] if biases is None else biases)


def _batch_norm(name: str, group: Group, channels: int) -> Iterator[Spec]:
    yield from _weighted(name, group, channels)
    yield from _tensor(f"{name}.running_mean", group, channels)
    yield from _tensor(f"{name}.running_var", group, channels)
    yield from _tensor(f"{name}.num_batches_tracked", Group.UNUSED)


def _vocos(name: str, shape: Backbone, num_layers: int, condition: int, group: Group) -> Iterator[Spec]:
    dim, hidden = shape.dim, shape.hidden
    yield from _norm(f"{name}.norm", dim, condition, group)
    for at in range(num_layers):
        block = f"{name}.convnext.{at}"
        yield from _tensor(f"{block}.gamma", group, dim)
        yield from _weighted(f"{block}.dwconv", group, dim, 1, KERNEL)
        yield from _norm(f"{block}.norm", dim, condition, group)
        yield from _weighted(f"{block}.pwconv1", group, hidden, dim)
        yield from _weighted(f"{block}.pwconv2", group, dim, hidden)
    yield from _weighted(f"{name}.final_layer_norm", group, dim)


def _norm(name: str, dim: int, condition: int, group: Group) -> Iterator[Spec]:
    if not condition:
        yield from _weighted(name, group, dim)
        return
    yield from _weighted(f"{name}.scale", group, dim, condition)
    yield from _weighted(f"{name}.shift", group, dim, condition)


def _sampling(name: str, shape: Backbone, group: Group) -> Iterator[Spec]:
    for at in (0, 1):
        stage = f"{name}.downsample.{at}.1"
        yield from _weighted(f"{stage}.embed", group, shape.dim, shape.dim, KERNEL)
        yield from _vocos(stage, shape, 2, 0, group)


def _encoder(shape: Backbone) -> Iterator[Spec]:
    group = Group.SEMANTIC
    yield from _weighted("encoder.encoder.embed", group, shape.dim, shape.num_in, KERNEL)
    yield from _vocos("encoder.encoder", shape, shape.num_layers, 0, group)
    yield from _sampling("encoder", shape, group)
    yield from _weighted("encoder.project", group, shape.num_out, shape.dim)


def _decoder(name: str, shape: Backbone, condition: int, group: Group) -> Iterator[Spec]:
    yield from _weighted(f"{name}.linear_pre", group, shape.dim, shape.num_in)
    yield from _sampling(name, shape, group)
    yield from _weighted(f"{name}.vocos_backbone.embed", group, shape.dim, shape.dim, KERNEL)
    yield from _vocos(f"{name}.vocos_backbone", shape, shape.num_layers, condition, group)
    yield from _weighted(f"{name}.linear", group, shape.num_out, shape.dim)


def _quantizer(config: BiCodecConfig) -> Iterator[Spec]:
    yield from _normed("quantizer.in_project", Group.SEMANTIC, config.codebook_dim, config.latent, 1)
    yield from _normed("quantizer.out_project", Group.DECODE, config.latent, config.codebook_dim, 1)
    yield from _tensor("quantizer.codebook.weight", Group.DECODE, config.codebook_size, config.codebook_dim)
    yield from _tensor("quantizer.cluster_size", Group.UNUSED, config.codebook_size)


def _generator(name: str, shape: Generator) -> Iterator[Spec]:
    group, width = Group.DECODE, shape.channels
    yield from _normed(f"{name}.0", group, width, shape.num_in, KERNEL)
    for at, kernel in enumerate(shape.kernels, 1):
        block, half = f"{name}.{at}.block", width // 2
        yield from _tensor(f"{block}.0.alpha", group, 1, width, 1)
        yield from _normed(f"{block}.1", group, width, half, kernel, biases=half)
        for unit in range(2, 2 + len(DILATIONS)):
            yield from _residual(f"{block}.{unit}.block", half)
        width = half
    last = len(shape.rates) + 1
    yield from _tensor(f"{name}.{last}.alpha", group, 1, width, 1)
    yield from _normed(f"{name}.{last + 1}", group, 1, width, KERNEL)


def _residual(name: str, width: int) -> Iterator[Spec]:
    yield from _tensor(f"{name}.0.alpha", Group.DECODE, 1, width, 1)
    yield from _normed(f"{name}.1", Group.DECODE, width, width, KERNEL)
    yield from _tensor(f"{name}.2.alpha", Group.DECODE, 1, width, 1)
    yield from _normed(f"{name}.3", Group.DECODE, width, width, 1)


def _ecapa(name: str, shape: Speaker) -> Iterator[Spec]:
    group, wide, three = Group.SPEAKER, shape.ecapa, 3 * shape.ecapa
    yield from _conv_norm(f"{name}.layer1", wide, shape.num_mels, 5)
    for layer in (2, 3, 4):
        block = f"{name}.layer{layer}.se_res2block"
        yield from _conv_norm(f"{block}.0", wide, wide, 1)
        yield from _res2(f"{block}.1", wide // RES2_SCALE)
        yield from _conv_norm(f"{block}.2", wide, wide, 1)
        yield from _weighted(f"{block}.3.linear1", group, BOTTLENECK, wide)
        yield from _weighted(f"{block}.3.linear2", group, wide, BOTTLENECK)
    yield from _weighted(f"{name}.conv", group, three, three, 1)
    yield from _weighted(f"{name}.pool.linear1", Group.XVECTOR, BOTTLENECK, 3 * three, 1)
    yield from _weighted(f"{name}.pool.linear2", Group.XVECTOR, three, BOTTLENECK, 1)
    yield from _batch_norm(f"{name}.bn", Group.XVECTOR, 2 * three)
    yield from _weighted(f"{name}.linear", Group.XVECTOR, shape.num_out, 2 * three)


def _conv_norm(name: str, num_out: int, num_in: int, kernel: int) -> Iterator[Spec]:
    yield from _weighted(f"{name}.conv", Group.SPEAKER, num_out, num_in, kernel)
    yield from _batch_norm(f"{name}.bn", Group.SPEAKER, num_out)


def _res2(name: str, width: int) -> Iterator[Spec]:
    for at in range(RES2_SCALE - 1):
        yield from _weighted(f"{name}.convs.{at}", Group.SPEAKER, width, width, 3)
        yield from _batch_norm(f"{name}.bns.{at}", Group.SPEAKER, width)


def _perceiver(name: str, shape: Speaker) -> Iterator[Spec]:
    group, latent, inner = Group.SPEAKER, shape.latent, HEADS * HEAD_DIM
    yield from _tensor(f"{name}.latents", group, shape.num_tokens, latent)
    yield from _weighted(f"{name}.proj_context", group, latent, 3 * shape.ecapa)
    for at in range(PERCEIVER_LAYERS):
        layer = f"{name}.layers.{at}"
        yield from _tensor(f"{layer}.0.to_q.weight", group, inner, latent)
        yield from _tensor(f"{layer}.0.to_kv.weight", group, 2 * inner, latent)
        yield from _tensor(f"{layer}.0.to_out.weight", group, latent, inner)
        yield from _weighted(f"{layer}.1.0", group, 2 * gated(latent), latent)
        yield from _weighted(f"{layer}.1.2", group, latent, gated(latent))
    yield from _tensor(f"{name}.norm.gamma", group, latent)


def _speaker(config: BiCodecConfig) -> Iterator[Spec]:
    shape, digits = config.speaker, len(config.speaker.levels)
    yield from _weighted("speaker_encoder.quantizer.project_in", Group.SPEAKER, digits, shape.latent)
    yield from _weighted("speaker_encoder.quantizer.project_out", Group.DECODE, shape.latent, digits)
    num_in = shape.latent * shape.num_tokens
    yield from _weighted("speaker_encoder.project", Group.DECODE, shape.num_out, num_in)
