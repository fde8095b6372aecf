"""Checkpoints of random weights: the real arithmetic without a download. What they say is noise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from zlib import crc32

import torch
import yaml
from safetensors.torch import save_file
from torch import Generator, Tensor

from engine.spark import config as bicodec_config
from engine.spark import qwen2_config
from engine.spark.apbwe import shapes
from engine.spark.config import BiCodecConfig, document
from engine.spark.layout import Group, Spec, layout
from engine.spark.qwen2_config import Qwen2Config
from engine.spark.speaker import NUM_CODES, NUM_TOKENS
from engine.spark.spectrum import FIXED as APBWE_FIXED
from engine.spark.tiny_tokenizer import write_tokenizer

Draw = Callable[[tuple[int, ...], Generator], Tensor]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """All sizes of a model: of the language model, the codec, and the channels and blocks of the way to 48 kHz."""

    lm: Qwen2Config
    bicodec: BiCodecConfig
    apbwe: tuple[int, int]


TINY_MODEL = ModelShape(qwen2_config.TINY_LM, bicodec_config.TINY, (24, 2))
"""For any processor: 14 MB."""

PUBLIC_MODEL = ModelShape(qwen2_config.PUBLIC_LM, bicodec_config.PUBLIC, (512, 8))
"""As large as what is public: 2.8 GB."""


def write_model(folder: Path, shape: ModelShape, voices: Iterable[str], seed: int = 0) -> None:
    """Write all that an engine needs into a folder, in the public layout, with voices of random speaker tokens."""
    write_lm(folder, shape.lm, seed)
    write_bicodec(folder, shape.bicodec, seed)
    write_apbwe(folder, *shape.apbwe, seed=seed)
    write_voices(folder, voices, seed)


def random_tensors(specs: Iterable[Spec], seed: int = 0) -> dict[str, Tensor]:
    """Draw tensors as they lie in a file. Each depends on the seed and its own name, not on which others are drawn."""
    return {spec.name: _draw(spec, Generator().manual_seed(seed + crc32(spec.name.encode()))) for spec in specs}


def write_bicodec(folder: Path, config: BiCodecConfig, seed: int = 0) -> None:
    """Write `BiCodec/` into a folder, in the public layout."""
    place = folder / "BiCodec"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.yaml").write_text(yaml.safe_dump(document(config), sort_keys=False), "utf-8")
    _save(random_tensors(layout(config).values(), seed), place / "model.safetensors")


def write_apbwe(folder: Path, channels: int, num_blocks: int, seed: int = 0) -> None:
    """Write `AP-BWE/` into a folder, in the public layout."""
    place = folder / "AP-BWE"
    place.mkdir(parents=True, exist_ok=True)
    sizes = {"ConvNeXt_channels": channels, "ConvNeXt_layers": num_blocks}
    (place / "config.json").write_text(json.dumps({**sizes, **APBWE_FIXED}, indent=4), "utf-8")
    torch.save({"generator": random_apbwe(channels, num_blocks, seed)}, place / "g_16kto48k")


def write_lm(folder: Path, config: Qwen2Config, seed: int = 0) -> None:
    """Write `LLM/` into a folder, in the public layout, with a small tokenizer."""
    place = folder / "LLM"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.json").write_text(json.dumps(qwen2_config.document(config), indent=2), "utf-8")
    _save(random_lm(config, seed), place / "model.safetensors")
    write_tokenizer(place)


def write_voices(folder: Path, names: Iterable[str], seed: int = 0) -> None:
    """Write `voice.toml` into a folder, with voices of random speaker tokens."""
    tables = []
    for name in names:
        tokens = torch.randint(NUM_CODES, (NUM_TOKENS,), generator=Generator().manual_seed(seed + crc32(name.encode())))
        tables.append(f"[voices.{name}]\ntokens = {tokens.tolist()}\n")
    (folder / "voice.toml").write_text("\n".join(tables), "utf-8")


def random_lm(config: Qwen2Config, seed: int = 0) -> dict[str, Tensor]:
    """Draw the tensors of a language model."""
    specs = [Spec(name, shape, Group.DECODE) for name, shape in qwen2_config.shapes(config).items()]
    return random_tensors(specs, seed)


def random_apbwe(channels: int, num_blocks: int, seed: int = 0) -> dict[str, Tensor]:
    """Draw the tensors of a super-resolution network."""
    specs = [Spec(name, shape, Group.DECODE) for name, shape in shapes(channels, num_blocks).items()]
    return random_tensors(specs, seed)


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    save_file(tensors, path, {"format": "pt"})
    path.chmod(0o644)  # the library keeps it from everybody else: a server may run as somebody else


def _draw(spec: Spec, generator: Generator) -> Tensor:
    return next(draw for ending, draw in _DRAWS.items() if spec.name.endswith(ending))(spec.shape, generator)


def _normal(mean: float, deviation: float) -> Draw:
    return lambda shape, generator: torch.randn(shape, generator=generator) * deviation + mean


def _uniform(low: float, high: float) -> Draw:
    return lambda shape, generator: torch.rand(shape, generator=generator) * (high - low) + low


def _constant(value: float) -> Draw:
    return lambda shape, generator: torch.full(shape, value)


def _level(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """A weight that keeps the level of what goes through it."""
    return torch.randn(shape, generator=generator) / max(prod(shape[1:]), 1) ** 0.5


# By how a name ends; the first that fits. Gains before a snake's sum undo what that adds; a residual adds little.
_DRAWS: dict[str, Draw] = {
    "num_batches_tracked": _constant(0.0),
    "cluster_size": _constant(1.0),
    "running_mean": _normal(0.0, 0.1),
    "running_var": _uniform(0.5, 1.5),
    "norm.gamma": _normal(1.0, 0.1),
    "gamma": _uniform(0.1, 1.0),
    "alpha": _uniform(0.5, 2.0),
    "scale.weight": _normal(0.0, 0.01),
    "shift.weight": _normal(0.0, 0.01),
    "scale.bias": _normal(1.0, 0.1),
    "norm.weight": _normal(1.0, 0.1),
    "mag.weight": _level,
    "bn.weight": _normal(1.0, 0.1),
    "latents": _normal(0.0, 1.0),
    "codebook.weight": _normal(0.0, 1.0),
    "model.0.weight_g": _uniform(0.7, 0.9),
    "model.6.weight_g": _uniform(0.08, 0.1),
    "block.3.weight_g": _uniform(0.3, 0.4),
    "weight_g": _uniform(0.8, 0.95),
    "weight_v": _normal(0.0, 1.0),
    "bias": _normal(0.0, 0.05),
    "weight": _level,
}
