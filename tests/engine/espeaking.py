"""Builders and ears for the espeak tests."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np

from engine.espeak import EspeakEngine
from engine.types import AUDIBLE, Chunk, Ended, EngineOutput, Failed, Pcm, Segment, Span, Word, new_id

SENTENCE = "The people who live by the river know its moods, and they trust it."


@functools.cache
def engine() -> EspeakEngine:
    return EspeakEngine()


def spans_of(text: str) -> tuple[Span, ...]:
    """Tokens as a client's text has them: words, and each mark of punctuation by itself."""
    return tuple(Span(m.group(), m.start(), m.end()) for m in re.finditer(r"[^\s.,!?;:—。，]+|[^\s]", text))  # noqa: RUF001


def segment(
    text: str | tuple[Span, ...],
    voice: str = "en-us",
    speed: float = 1.0,
    pitch: float = 1.0,
    volume: float = 1.0,
    emotion: str = "",
) -> Segment:
    spans = spans_of(text) if isinstance(text, str) else text
    return Segment(new_id(), new_id(), voice, "", spans, speed=speed, pitch=pitch, volume=volume, emotion=emotion)


@dataclass(frozen=True)
class Heard:
    chunks: list[Chunk]
    end: Ended | Failed

    @property
    def pcm(self) -> Pcm:
        return np.concatenate([np.zeros(0, np.float32), *(chunk.pcm for chunk in self.chunks)])

    @property
    def words(self) -> list[Word]:
        return [word for chunk in self.chunks for word in chunk.words]

    @property
    def seconds(self) -> float:
        return len(self.pcm) / engine().info.sample_rate

    @property
    def audible(self) -> bool:
        return bool(np.any(np.abs(self.pcm) > 10 * AUDIBLE))


def hear(wanted: Segment) -> Heard:
    """Speak one segment to its end; nothing else is due."""
    engine().add(wanted)
    outputs: list[EngineOutput] = []
    while not (outputs and isinstance(outputs[-1], Ended | Failed)):
        outputs += engine().step({wanted.id: 0.0})
    end = outputs.pop()
    assert isinstance(end, Ended | Failed)
    chunks = [output for output in outputs if isinstance(output, Chunk)]
    assert len(chunks) == len(outputs), "one Ended or Failed, and it is the last"
    return Heard(chunks, end)


def say(
    text: str | tuple[Span, ...],
    voice: str = "en-us",
    speed: float = 1.0,
    pitch: float = 1.0,
    volume: float = 1.0,
    emotion: str = "",
) -> Heard:
    return hear(segment(text, voice, speed, pitch, volume, emotion))


def one_span(text: str) -> tuple[Span, ...]:
    return (Span(text, 0, len(text)),)


def _autocorrelations(pcm: Pcm) -> list[tuple[float, float]]:
    """Of each sounding 93 ms: the pitch in Hz at the highest peak between 63 and 441 Hz, and its height (0 to 1)."""
    found = []
    for start in range(0, len(pcm) - 2048, 1024):
        window = pcm[start : start + 2048] - pcm[start : start + 2048].mean()
        lags = np.fft.irfft(np.abs(np.fft.rfft(window, 4096)) ** 2)
        lag = int(np.argmax(lags[50:350])) + 50
        if lags[0] > 1.0:
            found.append((engine().info.sample_rate / lag, float(lags[lag] / lags[0])))
    return found


def fundamentals_hz(pcm: Pcm) -> list[float]:
    """The pitch of each voiced part."""
    return [pitch for pitch, height in _autocorrelations(pcm) if height > 0.5]


def fundamental_hz(pcm: Pcm) -> float:
    """The median pitch of the voiced parts."""
    return float(np.median(fundamentals_hz(pcm)))


def voicing(pcm: Pcm) -> float:
    """How periodic the sound is, 0 (a hiss) to 1 (a tone): the median over its parts."""
    return float(np.median([height for _, height in _autocorrelations(pcm)]))


def rms(pcm: Pcm) -> float:
    return float(np.sqrt(np.mean(np.square(pcm))))
