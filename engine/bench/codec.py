"""What the codec and the super-resolution cost, and what streams of them sound like beside the whole.

A large matrix product of the same run stands beside, to tell the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.bench.rows import Row, best
from engine.spark.bicodec import BiCodec
from engine.spark.config import HOP, SAMPLE_RATE, BiCodecConfig
from engine.spark.stream import Feed
from engine.spark.superres import APBWE
from engine.spark.voices import global_tokens
from engine.types import Pcm

NUM_TOKENS = 140
NUM_STREAMS = 8
_MATRIX = 2048
_FLUX = 256


class Subject(NamedTuple):
    """What is measured, and with what: ids [NUM_TOKENS], voices [NUM_STREAMS, 32]."""

    codec: BiCodec
    ids: NDArray[np.int64]
    voices: NDArray[np.int64]
    runs: int

    def best(self, work: Callable[[], object]) -> float:
        """Return the shortest of some times that the work took, in seconds; the first one is not counted."""
        return best(work, self.runs)


def codec_rows(subject: Subject, config: BiCodecConfig) -> Iterator[Row]:
    """Measure the codec."""
    gflop = flop_per_token(config) * NUM_TOKENS / 1e9
    matrix = torch.randn(_MATRIX, _MATRIX)
    product = subject.best(lambda: matrix @ matrix)
    yield Row("matrix product, 2048 x 2048", 2 * _MATRIX**3 / product / 1e9, "GFLOP/s")
    offline = subject.best(lambda: subject.codec.decode(subject.ids, subject.voices[0]))
    yield Row(f"decode of {NUM_TOKENS} tokens, {gflop:.0f} GFLOP", offline * 1000, "ms")
    yield Row("  of processor time per time of sound", offline * SAMPLE_RATE / (NUM_TOKENS * HOP), "x")
    yield Row("  arithmetic", gflop / offline, "GFLOP/s")
    for hop in (50, 25, 10, 4):
        streamed = subject.best(lambda hop=hop: stream(subject, hop))  # type: ignore[misc]
        target = ("at most 1.25", streamed <= 1.25 * offline) if hop == 25 else ("", True)
        yield Row(f"streamed by {hop} tokens, of decode", streamed / offline, "x", *target)
    for hop in (25, 10, 4):
        alone, together = batched(subject, hop)
        target = ("at most 0.8", together <= 0.8 * alone) if hop == 10 else ("", True)
        yield Row(f"{NUM_STREAMS} streams together by {hop} tokens, of alone", together / alone, "x", *target)


def sound_rows(subject: Subject) -> Iterator[Row]:
    """Compare what streams sound like with the whole."""
    whole = subject.codec.decode(subject.ids, subject.voices[0])
    pieces = list(stream(subject, 25))
    apart = float(np.linalg.norm(np.concatenate(pieces) - whole) / np.linalg.norm(whole))
    yield Row("stream against decode, relative distance", apart, "", "at most 1e-5", apart <= 1e-5)
    for name, parts in (("stream", pieces), ("ramp", list(hurried(subject)))):
        for kind, measure in (("first difference", first_difference), ("spectral flux", spectral_flux)):
            yield _seam_row(f"{kind} at the seams of a {name}", parts, whole, measure)


def superres_rows(subject: Subject, net: APBWE) -> Iterator[Row]:
    """Measure the super-resolution, on a second of sound."""
    wave = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    whole = subject.best(lambda: net.upsample(wave))
    yield Row("super-resolution of a second", whole * 1000, "ms")
    pieces = np.split(wave, 5)

    def streamed() -> None:
        stream = net.stream()
        for piece in pieces:
            stream.push(piece)
        stream.flush()

    yield Row("  streamed by 200 ms, of that", subject.best(streamed) / whole, "x")
    clip = np.tile(wave, 6)
    took = subject.best(lambda: global_tokens(clip, SAMPLE_RATE, subject.codec))
    yield Row("speaker tokens of six seconds", took * 1000, "ms")


def stream(subject: Subject, hop: int) -> list[Pcm]:
    """Stream all ids in one voice, so many in a push."""
    streaming = subject.codec.stream(subject.voices[0], exact=True)
    pushed = [streaming.push(subject.ids[at : at + hop]) for at in range(0, NUM_TOKENS, hop)]
    return [*pushed, streaming.flush()]


def hurried(subject: Subject) -> Iterator[Pcm]:
    """Stream as to a listener who waits, with a model twice as fast as speech."""
    streaming, lead_s = subject.codec.stream(subject.voices[0]), -np.inf
    for token in subject.ids:
        pcm = streaming.push([token], lead_s)
        lead_s = (max(lead_s, 0.0) if pcm.size else lead_s) + pcm.size / SAMPLE_RATE - HOP / SAMPLE_RATE / 2
        yield pcm
    yield streaming.flush()


def batched(subject: Subject, hop: int) -> tuple[float, float]:
    """Return the seconds that streams in the middle of their speech take for a hop, one by one and together."""
    streams = [subject.codec.stream(voice, exact=True) for voice in subject.voices]
    ids = torch.from_numpy(subject.ids)
    subject.codec.step([Feed(streaming, ids[:80]) for streaming in streams])
    feeds = [Feed(streaming, ids[:hop]) for streaming in streams]
    alone = subject.best(lambda: [subject.codec.step([feed]) for feed in feeds])
    return alone, subject.best(lambda: subject.codec.step(feeds))


def flop_per_token(config: BiCodecConfig) -> float:
    """Return the multiplications and additions that a token's 320 samples take."""
    prenet, shape = config.prenet, config.generator
    blocks = 4 + prenet.num_layers
    made = blocks * (2 * prenet.dim * prenet.hidden + 7 * prenet.dim) + 3 * 7 * prenet.dim**2
    made += prenet.dim * prenet.num_out + shape.num_in * shape.channels * 7
    width, frames = shape.channels, 1
    for rate, kernel in zip(shape.rates, shape.kernels, strict=True):
        made += frames * width * (width // 2) * kernel
        width, frames = width // 2, frames * rate
        made += frames * 3 * 8 * width**2
    return 2.0 * (made + frames * width * 7)


def first_difference(wave: Pcm) -> NDArray[np.float32]:
    """Return how far each sample is from the one before it."""
    return np.abs(np.diff(wave, prepend=wave[:1]))


def spectral_flux(wave: Pcm) -> NDArray[np.float32]:
    """Return for each sample how much louder bins become from the 16 ms before it to the 16 ms after it."""
    padded = np.pad(wave, _FLUX)
    spectra = np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, _FLUX)[::16] * np.hanning(_FLUX)))
    flux = np.maximum(spectra[16:] - spectra[:-16], 0).sum(1)
    return np.repeat(flux, 16)[: wave.size].astype(np.float32)


def _seam_row(name: str, parts: Sequence[Pcm], whole: Pcm, measure: Callable[[Pcm], NDArray[np.float32]]) -> Row:
    seams = np.cumsum([part.size for part in parts if part.size])[:-1]
    worst, usual = measure(np.concatenate(parts))[seams].max(), np.quantile(measure(whole), 0.999)
    return Row(f"{name}, of the whole's 99.9 %", float(worst / usual), "x", "at most 1", bool(worst <= usual))


def measure(config: BiCodecConfig, net: APBWE, runs: int) -> Iterator[Row]:
    """Measure all of that, with random weights of this shape."""
    draw = np.random.default_rng(1)
    ids = draw.integers(0, config.codebook_size, NUM_TOKENS)
    voices = draw.integers(0, config.speaker.num_codes, (NUM_STREAMS, config.speaker.num_tokens))
    subject = Subject(BiCodec.random(config), ids, voices, runs)
    yield from codec_rows(subject, config)
    yield from sound_rows(subject)
    yield from superres_rows(subject, net)
