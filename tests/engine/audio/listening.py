"""Ears for encoded audio: decoders that share nothing with the encoders, and how near two sounds are."""

from __future__ import annotations

import functools
import io
import warnings
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import av
import numpy as np

from engine.audio import opus
from engine.audio.encode import encoder
from engine.audio.encoder import Encoded
from engine.audio.resample import Resampler
from engine.types import Output, Pcm
from tests.engine.espeaking import engine, hear, segment


@functools.cache
def speech(sample_rate: int) -> Pcm:
    """Return two seconds of espeak's speech."""
    resampler = Resampler(engine().info.sample_rate, sample_rate)
    spoken = hear(segment("The quick brown fox jumps over the lazy dog.")).pcm
    return np.concatenate((resampler.push(spoken), resampler.flush()))[: 2 * sample_rate]


def tone(sample_rate: int, num_samples: int, hertz: float = 440.0) -> Pcm:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(num_samples) / sample_rate)).astype(np.float32)


def encode(output: Output, pcm: Pcm, cuts: Iterable[int] = ()) -> list[Encoded]:
    """Encode an utterance, given in pieces; nothing more, and an end."""
    encoding = encoder(output)
    pieces = np.split(pcm, sorted(min(cut, pcm.size) for cut in cuts))
    return [*(encoding.encode(piece) for piece in pieces), encoding.finish()]


def joined(made: Iterable[Encoded]) -> Encoded:
    made = list(made)
    packets = tuple(length for part in made for length in part.packets)
    return Encoded(b"".join(part.data for part in made), sum(part.num_samples for part in made), packets)


def split(made: Encoded) -> Iterator[bytes]:
    """Yield the packets of what was encoded."""
    assert sum(made.packets) == len(made.data)
    at = 0
    for length in made.packets:
        yield made.data[at : at + length]
        at += length


class OpusDecoder:
    """libopus's decoder of one stream."""

    def __init__(self, output: Output) -> None:
        opus.load()
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            from opuslib.api import decoder
        self._decode: Any = decoder.decode_float
        self._state: Any = decoder.create_state(output.sample_rate, 1)
        self._frame_samples = output.frame_samples
        weakref.finalize(self, decoder.destroy, self._state)

    def decode(self, packet: bytes | None, fec: bool = False) -> Pcm:
        """Return a packet's samples; of a lost one (None) a guess, or with `fec` what the next one says of it."""
        made: bytes = self._decode(self._state, packet, len(packet or b""), self._frame_samples, fec, 1)
        return np.frombuffer(made, np.float32)[: self._frame_samples]


def decode_packets(output: Output, made: Encoded) -> Pcm:
    decoder = OpusDecoder(output)
    return np.concatenate([np.zeros(0, np.float32), *(decoder.decode(packet) for packet in split(made))])


def decode_file(data: bytes) -> tuple[Pcm, int]:
    """Return a file's samples and its rate, as FFmpeg decodes it."""
    with av.open(io.BytesIO(data), "r") as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    pcm = np.concatenate([np.zeros((1, 0), np.float32), *(as_float(frame) for frame in frames)], axis=1)[0]
    return pcm.astype(np.float32), rate


def as_float(frame: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return samples within +-1, whatever the decoder makes them of."""
    if frame.dtype == np.int16:
        return frame.astype(np.float32) / np.float32(32768)
    assert frame.dtype == np.float32
    return frame


def snr_db(original: Pcm, decoded: Pcm) -> float:
    """Return how much stronger the sound is than what came to it, the two taken sample by sample."""
    size = min(original.size, decoded.size)
    noise = decoded[:size] - original[:size]
    return float(10 * np.log10(np.sum(original[:size] ** 2) / max(np.sum(noise**2), 1e-20)))


def delay_of(original: Pcm, decoded: Pcm, most: int) -> int:
    """Return by how many samples, up to `most` either way, the second is later than the first."""
    size = original.size + decoded.size
    product = np.fft.irfft(np.fft.rfft(decoded, size) * np.conj(np.fft.rfft(original, size)), size)
    shifts = np.arange(-most, most + 1)
    return int(shifts[np.argmax(product[shifts])])
