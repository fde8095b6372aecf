"""16 kHz to 48 kHz: by AP-BWE where there is a checkpoint of it, else by a resampler: silent above 8 kHz."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.audio.resample import Resampler
from engine.spark.apbwe import Network, shapes
from engine.spark.carry import Carry
from engine.spark.checkpoint import CheckpointError, Tensors, check_finite, compare
from engine.spark.lanes import Lane, Stage
from engine.spark.layers import windows
from engine.spark.random_weights import random_apbwe
from engine.spark.spectrum import (
    FIXED,
    HOP,
    N_FFT,
    NUM_BINS,
    SOURCE_RATE,
    TARGET_RATE,
    WINDOW,
    analyse,
    synthesize,
)
from engine.types import Pcm

FACTOR = TARGET_RATE // SOURCE_RATE

_SINC_TAPS = 7  # to each side, in samples at 16 kHz
_SINC_WIDTH = 6
_SINC_ROLLOFF = 0.99
_CROSSOVER_HZ = (7000.0, 7900.0)

log = logging.getLogger(__name__)


class Feed(NamedTuple):
    """What a stream gets in a step: samples at 16 kHz, and whether they are its last."""

    stream: Upsampling
    pcm: Pcm
    is_last: bool = False


class Upsampling(Protocol):
    """One stream of samples, from 16 kHz to 48 kHz."""

    def push(self, pcm: Pcm) -> Pcm:
        """Take samples and return those that can be made now."""

    def flush(self) -> Pcm:
        """Return what was held back, and begin anew."""


class Stream:
    """One stream through AP-BWE: 51.7 ms of it are held back. Made by `APBWE.stream`."""

    __slots__ = ("_net", "ended", "resampled", "samples")

    def __init__(self, net: APBWE) -> None:
        self._net = net
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self.samples = Lane(torch.empty(0, device=self._net.device))
        self.resampled = Lane(torch.empty(0, device=self._net.device))
        self.ended = False

    def push(self, pcm: Pcm) -> Pcm:
        """Take samples at 16 kHz and return those at 48 kHz that can be made now."""
        return self._net.step([Feed(self, pcm)])[0]

    def flush(self) -> Pcm:
        """Return what was held back, and begin anew."""
        return self._net.step([Feed(self, np.empty(0, np.float32), is_last=True)])[0]


class APBWE:
    """The network and all around it. `load` reads one.

    With `crossover`, all below 7 kHz stays what it was and only what is missing comes from the network, the two
    changing over up to 7.9 kHz: the network reads phases, whose sign is noise where they are pi, and makes the low
    band anew from them. Without, its output is the reference's.
    """

    def __init__(self, tensors: Tensors, num_blocks: int, device: str = "cpu", crossover: bool = True) -> None:
        here = {name: tensor.to(device) for name, tensor in tensors.items()}
        self.device = torch.device(device)
        self.network = Network.of(here, num_blocks)
        self._sinc = sinc_filters().to(device)
        self._low = low_gains().to(device) if crossover else None
        least = (self.network.reach + WINDOW // HOP) * HOP
        self._stages: tuple[Stage[Stream], Stage[Stream]] = (
            Stage(lambda samples, _, carry: resample(samples, self._sinc, carry), _SINC_TAPS + 1),
            Stage(lambda samples, _, carry: self._enhance(samples, carry), least, HOP),
        )

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu", crossover: bool = True) -> APBWE:
        """Read the folder that holds `config.json` and `g_16kto48k`. Raises CheckpointError if it is not a good one."""
        channels, num_blocks = _config(Path(folder) / "config.json")
        path = Path(folder) / "g_16kto48k"
        tensors = _generator(path)
        compare(shapes(channels, num_blocks), {name: tuple(tensor.shape) for name, tensor in tensors.items()}, path)
        check_finite(tensors, path)
        return cls({name: tensor.to(torch.float32) for name, tensor in tensors.items()}, num_blocks, device, crossover)

    @classmethod
    def random(cls, channels: int = 512, num_blocks: int = 8, crossover: bool = True) -> APBWE:
        """Return a network of random weights, as large as the public one."""
        return cls(random_apbwe(channels, num_blocks), num_blocks, crossover=crossover)

    def upsample(self, wave: Pcm) -> Pcm:
        """Return a whole sound at 48 kHz: three samples for each, cut to a multiple of 80."""
        return self.step([Feed(self.stream(), wave, is_last=True)])[0]

    def stream(self) -> Stream:
        """Return a stream, to be pushed and flushed, or stepped with others."""
        return Stream(self)

    def step(self, feeds: Sequence[Feed]) -> list[Pcm]:
        """Give many streams their samples at once, and return those of each at 48 kHz."""
        streams = [feed.stream for feed in feeds if isinstance(feed.stream, Stream)]
        if len(set(map(id, streams))) != len(feeds):
            raise ValueError("a stream is fed twice in one step, or is of another kind")
        with torch.inference_mode():
            for stream, feed in zip(streams, feeds, strict=True):
                stream.ended = feed.is_last
                stream.samples.add(torch.from_numpy(feed.pcm.astype(np.float32)).to(self.device))
            made = self._run(streams)
        for stream in streams:
            if stream.ended:
                stream.begin()
        return [made.get(id(stream), np.empty(0, np.float32)) for stream in streams]

    def _run(self, streams: Sequence[Stream]) -> dict[int, Pcm]:
        for stream, resampled in self._stages[0].step([(stream, stream.samples) for stream in streams]):
            stream.resampled.add(resampled)
        made = self._stages[1].step([(stream, stream.resampled) for stream in streams])
        return {id(stream): samples.cpu().numpy() for stream, samples in made}

    def _enhance(self, samples: Tensor, carry: Carry) -> Tensor:
        spectra = analyse(samples, carry)
        made = self.network(spectra, carry)
        if self._low is not None:
            made = torch.lerp(made, carry.centre(spectra, self.network.reach), self._low.to(made.dtype))
        return synthesize(made, carry)


class Resampled:
    """In place of APBWE where there is no checkpoint: the same verbs, by a resampler that holds back 2 ms."""

    def upsample(self, wave: Pcm) -> Pcm:
        """Return a whole sound at 48 kHz."""
        stream = self.stream()
        return np.concatenate((stream.push(wave), stream.flush()))

    def stream(self) -> Resampler:
        """Return a stream, to be pushed and flushed."""
        return Resampler(SOURCE_RATE, TARGET_RATE)

    def step(self, feeds: Sequence[Feed]) -> list[Pcm]:
        """Give streams their samples, and return those of each at 48 kHz."""
        return [_push(feed) for feed in feeds]


def load(folder: str | Path | None, device: str = "cpu", crossover: bool = True) -> APBWE | Resampled:
    """Return the network of a folder, or a resampler where none is given, and say so in the log."""
    if folder is None:
        log.warning("no super-resolution checkpoint: speech stays as it is below 8 kHz, resampled to 48 kHz")
        return Resampled()
    return APBWE.load(folder, device, crossover)


def resample(samples: Tensor, filters: Tensor, carry: Carry) -> Tensor:
    """Return [batch, 3 * n] for samples [batch, n], late by 7 samples at 16 kHz."""
    seen = windows(carry.around(samples[..., None], _SINC_TAPS), 2 * _SINC_TAPS + 1, 1)
    return functional.linear(seen, filters).flatten(1)


def sinc_filters() -> Tensor:
    """Return the filters [3, 15] of the three samples made at each: sinc under a cosine, as the network was trained."""
    taps = np.arange(-_SINC_TAPS, _SINC_TAPS + 1)
    phases = np.arange(FACTOR)[:, None] / FACTOR
    at = np.clip(_SINC_ROLLOFF * (taps - phases), -_SINC_WIDTH, _SINC_WIDTH)
    made = _SINC_ROLLOFF * np.sinc(at) * np.cos(np.pi * at / (2 * _SINC_WIDTH)) ** 2
    return torch.from_numpy(made.astype(np.float32))


def low_gains() -> Tensor:
    """Return how much of each bin stays what it was: all below the crossover, nothing above it."""
    low, high = _CROSSOVER_HZ
    at = np.clip((np.arange(NUM_BINS) * TARGET_RATE / N_FFT - low) / (high - low), 0, 1)
    return torch.from_numpy((0.5 + 0.5 * np.cos(np.pi * at)).astype(np.float32))


def _push(feed: Feed) -> Pcm:
    pushed = feed.stream.push(feed.pcm)
    return np.concatenate((pushed, feed.stream.flush())) if feed.is_last else pushed


def _config(path: Path) -> tuple[int, int]:
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    for key, value in FIXED.items():
        if config.get(key) != value:
            raise CheckpointError(f"{path}: {key} is {config.get(key)!r}; only {value} is implemented")
    channels, num_blocks = config.get("ConvNeXt_channels"), config.get("ConvNeXt_layers")
    if not (isinstance(channels, int) and isinstance(num_blocks, int) and channels > 0 and num_blocks > 0):
        raise CheckpointError(f"{path}: ConvNeXt_channels and ConvNeXt_layers must be positive whole numbers")
    return channels, num_blocks


def _generator(path: Path) -> dict[str, Tensor]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path} is no checkpoint that can be read safely: get it again") from error
    tensors = found.get("generator") if isinstance(found, dict) else None
    if not isinstance(tensors, dict) or not all(isinstance(tensor, Tensor) for tensor in tensors.values()):
        raise CheckpointError(f"{path} holds no tensors under 'generator': is it g_16kto48k of AP-BWE?")
    return tensors
