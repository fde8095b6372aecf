"""`BiCodec/config.yaml`: the shape of a codec. What this code cannot do is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

SAMPLE_RATE = 16_000
"""Hz, of all that goes into the codec and comes out of it."""

HOP = 320
"""Samples that one semantic token stands for."""

ECAPA_CHANNELS = 512
"""Of the public checkpoints. No file says so: other widths are told by the tensors."""


class ConfigError(Exception):
    """A configuration is broken, or asks for what this code does not do."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """ConvNeXt blocks between two linear layers: channels in, inside (`dim`, `hidden` in a block) and out."""

    num_in: int
    dim: int
    hidden: int
    num_layers: int
    num_out: int


@dataclass(frozen=True, slots=True)
class Generator:
    """From frames at 50 Hz to samples: blocks that each halve the channels and multiply the frames by a rate."""

    num_in: int
    channels: int
    rates: tuple[int, ...]
    kernels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """From mel frames to a fixed number of tokens, and from those to one vector: the voice."""

    num_mels: int
    latent: int
    num_out: int
    num_tokens: int
    levels: tuple[int, ...]
    ecapa: int = ECAPA_CHANNELS

    @property
    def num_codes(self) -> int:
        """How many different tokens there are."""
        return prod(self.levels)


@dataclass(frozen=True, slots=True)
class BiCodecConfig:
    """All shapes of a codec."""

    latent: int
    codebook_size: int
    codebook_dim: int
    encoder: Backbone
    prenet: Backbone
    postnet: Backbone
    generator: Generator
    speaker: Speaker


PUBLIC = BiCodecConfig(
    latent=1024,
    codebook_size=8192,
    codebook_dim=8,
    encoder=Backbone(1024, 384, 2048, 12, 1024),
    prenet=Backbone(1024, 384, 2048, 12, 1024),
    postnet=Backbone(1024, 384, 2048, 6, 1024),
    generator=Generator(1024, 1536, (8, 5, 4, 2), (16, 11, 8, 4)),
    speaker=Speaker(128, 128, 1024, 32, (4, 4, 4, 4, 4, 4)),
)
"""The codec of Spark-TTS-0.5B."""

TINY = BiCodecConfig(
    latent=48,
    codebook_size=8192,
    codebook_dim=8,
    encoder=Backbone(40, 32, 64, 12, 48),
    prenet=Backbone(48, 32, 64, 12, 48),
    postnet=Backbone(48, 32, 64, 6, 48),
    generator=Generator(48, 48, (8, 5, 4, 2), (16, 11, 8, 4)),
    speaker=Speaker(128, 24, 48, 32, (4, 4, 4, 4, 4, 4), ecapa=64),
)
"""As deep as the public one and with its codes, but narrow: four megabytes, for tests and a first try."""


def parse(document: object) -> BiCodecConfig:
    """Read a parsed `config.yaml`.

    Raises ConfigError if something is missing, of the wrong kind, or not what this code can do.
    """
    root = _Section("", document if isinstance(document, Mapping) else {}).section("audio_tokenizer")
    _check_fixed(root)
    quantizer = root.section("quantizer")
    config = BiCodecConfig(
        latent=quantizer.count("input_dim"),
        codebook_size=quantizer.count("codebook_size"),
        codebook_dim=quantizer.count("codebook_dim"),
        encoder=_backbone(root.section("encoder")),
        prenet=_backbone(root.section("prenet")),
        postnet=_backbone(root.section("postnet")),
        generator=_generator(root.section("decoder")),
        speaker=_speaker(root.section("speaker_encoder")),
    )
    _check_widths(config)
    return config


def document(config: BiCodecConfig) -> dict[str, Any]:
    """Return what `parse` reads this configuration from, in the public file's words."""
    mel = {"sample_rate": SAMPLE_RATE, "n_fft": 1024, "win_length": 640, "hop_length": HOP, "mel_fmin": 10}
    return {
        "audio_tokenizer": {
            "mel_params": {**mel, "mel_fmax": None, "num_mels": config.speaker.num_mels},
            "encoder": _describe(config.encoder),
            "decoder": {
                "input_channel": config.generator.num_in,
                "channels": config.generator.channels,
                "rates": list(config.generator.rates),
                "kernel_sizes": list(config.generator.kernels),
            },
            "quantizer": {
                "input_dim": config.latent,
                "codebook_size": config.codebook_size,
                "codebook_dim": config.codebook_dim,
                "use_l2_normlize": True,
            },
            "speaker_encoder": {
                "input_dim": config.speaker.num_mels,
                "out_dim": config.speaker.num_out,
                "latent_dim": config.speaker.latent,
                "token_num": config.speaker.num_tokens,
                "fsq_levels": list(config.speaker.levels),
                "fsq_num_quantizers": 1,
            },
            "prenet": {**_describe(config.prenet), "condition_dim": config.latent, "use_tanh_at_final": False},
            "postnet": {**_describe(config.postnet), "use_tanh_at_final": False},
        }
    }


class _Section:
    """A mapping of the file, which knows its own name."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name = name
        self._values = values

    def section(self, key: str) -> _Section:
        value = self._values.get(key)
        if not isinstance(value, Mapping):
            raise ConfigError(f"{self._named(key)} is missing: is this the config.yaml of a BiCodec folder?")
        return _Section(self._named(key), value)

    def count(self, key: str) -> int:
        return int(self._take(key, "a positive whole number", _is_count))

    def counts(self, key: str) -> tuple[int, ...]:
        return tuple(self._take(key, "a list of positive whole numbers", _are_counts))

    def only(self, key: str, *allowed: object) -> None:
        """Refuse a value that this code does not implement. What is not given is taken to be the first."""
        value = self._values.get(key, allowed[0])
        if value not in allowed:
            raise ConfigError(f"{self._named(key)} is {value!r}; only {' or '.join(map(repr, allowed))} is implemented")

    def _take(self, key: str, kind: str, fits: Callable[[object], bool]) -> Any:  # noqa: ANN401 (what is in a file)
        value = self._values.get(key)
        if not fits(value):
            raise ConfigError(f"{self._named(key)} must be {kind}, not {value!r}")
        return value

    def _named(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _are_counts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_count, value))


def _backbone(section: _Section) -> Backbone:
    section.only("sample_ratios", [1, 1])
    section.only("use_tanh_at_final", False)
    names = ("input_channels", "vocos_dim", "vocos_intermediate_dim", "vocos_num_layers", "out_channels")
    return Backbone(*(section.count(name) for name in names))


def _describe(backbone: Backbone) -> dict[str, Any]:
    return {
        "input_channels": backbone.num_in,
        "vocos_dim": backbone.dim,
        "vocos_intermediate_dim": backbone.hidden,
        "vocos_num_layers": backbone.num_layers,
        "out_channels": backbone.num_out,
        "sample_ratios": [1, 1],
    }


def _generator(section: _Section) -> Generator:
    rates, kernels = section.counts("rates"), section.counts("kernel_sizes")
    channels = section.count("channels")
    if len(rates) != len(kernels):
        raise ConfigError(f"decoder has {len(rates)} rates and {len(kernels)} kernel_sizes: give as many of each")
    if prod(rates) != HOP:
        raise ConfigError(f"decoder.rates multiply to {prod(rates)}; a token must be {HOP} samples")
    for rate, kernel in zip(rates, kernels, strict=True):
        if kernel < rate or (kernel - rate) % 2:
            raise ConfigError(f"decoder.kernel_sizes: {kernel} at rate {rate} must be larger by an even number")
    if channels % 2 ** len(rates):
        raise ConfigError(f"decoder.channels is {channels}, which {len(rates)} blocks cannot halve")
    return Generator(section.count("input_channel"), channels, rates, kernels)


def _speaker(section: _Section) -> Speaker:
    section.only("fsq_num_quantizers", 1)
    section.only("fsq_levels", [4, 4, 4, 4, 4, 4])
    num_mels, latent, num_out = (section.count(name) for name in ("input_dim", "latent_dim", "out_dim"))
    return Speaker(num_mels, latent, num_out, section.count("token_num"), section.counts("fsq_levels"))


def _check_fixed(root: _Section) -> None:
    mel = root.section("mel_params")
    for key, value in {"sample_rate": SAMPLE_RATE, "n_fft": 1024, "win_length": 640, "hop_length": HOP}.items():
        mel.only(key, value)
    mel.only("mel_fmin", 10)
    mel.only("mel_fmax", None, SAMPLE_RATE // 2)


def _check_widths(config: BiCodecConfig) -> None:
    joined = {
        "prenet.input_channels": config.prenet.num_in,
        "prenet.out_channels": config.prenet.num_out,
        "decoder.input_channel": config.generator.num_in,
        "speaker_encoder.out_dim": config.speaker.num_out,
    }
    for name, width in joined.items():
        if width != config.latent:
            raise ConfigError(f"{name} is {width}, but quantizer.input_dim is {config.latent}: they must be equal")
