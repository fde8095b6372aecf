"""Clips for tests: something like speech, in the files that people send."""

from __future__ import annotations

import wave
from io import BytesIO
from typing import Any

import av
import numpy as np

from engine.types import Pcm

CODECS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "mp3": "mp3",
    "ogg": "libopus",
    "ipod": "aac",
    "webm": "libopus",
}
"""By container, as FFmpeg calls it."""


def voice(seconds: float = 3.0, rate: int = 48_000, level: float = 0.2) -> Pcm:
    """A hum that swells and falls like syllables do."""
    at = np.arange(int(seconds * rate)) / rate
    hum = np.sin(2 * np.pi * 150 * at) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))
    return (level * hum).astype(np.float32)


def wav(pcm: Pcm, rate: int = 48_000, channels: int = 1) -> bytes:
    """16-bit WAV, the same in all channels."""
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((pcm.repeat(channels) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def encoded(container: str, pcm: Pcm, rate: int = 48_000, codec: str = "") -> bytes:
    """A file of any container that FFmpeg writes."""
    file = BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec or CODECS[container], rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray((pcm * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = rate
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
