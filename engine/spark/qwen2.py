"""Qwen2's arithmetic, over a cache of keys and values that is as large from the first as it will ever be.

Nothing here depends on what a row holds, only on shapes, of which there are few: the steps could be captured as graphs.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.checkpoint import Tensors
from engine.spark.products import product
from engine.spark.qwen2_config import Qwen2Config

BLOCK = 512
"""Attention looks at a multiple of so many positions. What is masked in whole blocks changes no bit of the rest."""


class Cache(NamedTuple):
    """Keys and values of all layers: each [layers, slots, heads, positions, numbers]."""

    keys: Tensor
    values: Tensor

    @classmethod
    def empty(cls, config: Qwen2Config, num_slots: int, num_positions: int, like: Tensor) -> Cache:
        """Return one of zeros: what is masked is multiplied by zero, and must be a number for that."""
        shape = (config.num_layers, num_slots, config.num_kv_heads, num_positions, config.head_dim)
        return cls(like.new_zeros(shape), like.new_zeros(shape))

    def clear(self, slot: int) -> None:
        """Forget what a slot holds."""
        self.keys[:, slot] = 0
        self.values[:, slot] = 0


class Place(NamedTuple):
    """Where in the cache tokens [rows, n] stand: slots [rows], positions [rows, n], and how many are looked at."""

    slots: Tensor
    positions: Tensor
    length: int
    dense: bool = False
    """Whether the slots are the first ones, in order: then nothing needs to be copied to look at them."""


class _Seen(NamedTuple):
    """What all layers share: rotations [rows, n, 1, head_dim], and a mask [rows, 1, n * group, length]."""

    place: Place
    cosines: Tensor
    sines: Tensor
    mask: Tensor


class Layer(NamedTuple):
    """Attention and gated layers; what is multiplied by the same input lies in one matrix."""

    norm: Tensor
    qkv: Tensor
    qkv_bias: Tensor
    out: Tensor
    second_norm: Tensor
    gate_up: Tensor
    down: Tensor

    @classmethod
    def of(cls, tensors: Tensors, at: int) -> Layer:
        """Take a layer of a checkpoint."""
        name = f"model.layers.{at}"
        attention, gated = f"{name}.self_attn", f"{name}.mlp"
        return cls(
            tensors[f"{name}.input_layernorm.weight"],
            torch.cat([tensors[f"{attention}.{part}_proj.weight"] for part in "qkv"]),
            torch.cat([tensors[f"{attention}.{part}_proj.bias"] for part in "qkv"]),
            tensors[f"{attention}.o_proj.weight"],
            tensors[f"{name}.post_attention_layernorm.weight"],
            torch.cat([tensors[f"{gated}.{part}_proj.weight"] for part in ("gate", "up")]),
            tensors[f"{gated}.down_proj.weight"],
        )


class Qwen2:
    """The layers of a language model between its tokens and its head."""

    def __init__(self, config: Qwen2Config, tensors: Tensors, num_positions: int) -> None:
        self.config = config
        self.embedding = tensors["model.embed_tokens.weight"]
        self.head = tensors.get("lm_head.weight", self.embedding)
        self._norm = tensors["model.norm.weight"]
        self._layers = [Layer.of(tensors, at) for at in range(config.num_layers)]
        self._cosines, self._sines = _rotations(config, num_positions, self.embedding)

    def __call__(self, tokens: Tensor, place: Place, cache: Cache) -> Tensor:
        """Return what comes out for tokens [rows, n], as [rows, n, hidden], and write them into the cache."""
        seen = self._seen(place)
        hidden = functional.embedding(tokens, self.embedding)
        for layer, keys, values in zip(self._layers, *cache, strict=True):
            hidden = hidden + self._attend(layer, self._normed(hidden, layer.norm), seen, Cache(keys, values))
            gate, up = product(self._normed(hidden, layer.second_norm), layer.gate_up).chunk(2, -1)
            hidden = hidden + product(functional.silu(gate) * up, layer.down)
        return self._normed(hidden, self._norm)

    def _normed(self, hidden: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(hidden, weight.shape, weight, self.config.norm_eps)

    def _seen(self, place: Place) -> _Seen:
        reach = torch.arange(place.length, device=place.positions.device)
        masked = reach > place.positions[:, :, None]
        mask = torch.zeros_like(masked, dtype=self.embedding.dtype).masked_fill_(masked, -torch.inf)
        if place.positions.shape[1] > 1:
            mask = mask.repeat_interleave(self._group, 1)
        cosines, sines = (table[place.positions][:, :, None] for table in (self._cosines, self._sines))
        return _Seen(place, cosines, sines, mask[:, None])

    @property
    def _group(self) -> int:
        return self.config.num_heads // self.config.num_kv_heads

    def _attend(self, layer: Layer, hidden: Tensor, seen: _Seen, cache: Cache) -> Tensor:
        """Heads that share keys are rows of one product, so that keys need not be repeated."""
        rows, num = hidden.shape[:2]
        heads, kv_heads, dim = self.config.num_heads, self.config.num_kv_heads, self.config.head_dim
        made = product(hidden, layer.qkv, layer.qkv_bias).view(rows, num, -1, dim)
        turned = made[:, :, : heads + kv_heads]
        turned = turned * seen.cosines + _quarter_turn(turned) * seen.sines
        keys, values = _kept(cache, seen.place, turned[:, :, heads:], made[:, :, heads + kv_heads :])
        queries = turned[:, :, :heads].reshape(rows, num, kv_heads, self._group, dim).transpose(1, 2)
        queries = queries.reshape(rows, kv_heads, num * self._group, dim)
        found = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen.mask)
        found = found.view(rows, kv_heads, num, self._group, dim).transpose(1, 2)
        return product(found.reshape(rows, num, heads * dim), layer.out)


def _kept(layer: Cache, place: Place, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Write keys and values [rows, n, heads, dim] of a layer, and return all that is looked at."""
    for kept, new in zip(layer, (keys, values), strict=True):
        kept[place.slots[:, None], :, place.positions] = new
    if place.dense:
        return tuple(kept[: len(place.slots), :, : place.length] for kept in layer)
    return tuple(kept[:, :, : place.length].index_select(0, place.slots) for kept in layer)


def _quarter_turn(heads: Tensor) -> Tensor:
    first, second = heads.chunk(2, -1)
    return torch.cat((-second, first), -1)


def _rotations(config: Qwen2Config, num_positions: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosines and sines [positions, head_dim], made in float32 as the model was trained with."""
    steps = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    angles = torch.arange(num_positions, dtype=torch.float32)[:, None] * (1.0 / config.rope_theta**steps)
    both = torch.cat((angles, angles), -1)
    return both.cos().to(like), both.sin().to(like)
