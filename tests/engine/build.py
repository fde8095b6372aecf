"""Builders with sane defaults for the tests of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.types import Delivery, Output, Pcm, Segment, SegmentId, Span, UtteranceId, Word, new_id


class Clock:
    """A clock that stands still until it is told to advance."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def build_segment(
    text: str = "hello there", utterance: UtteranceId = 0, gap_ms: int = 0, start: int = 0, voice: str = "tone"
) -> Segment:
    """One span for each word; `start` is where the text begins in the client's."""
    spans: list[Span] = []
    for word in text.split():
        at = text.index(word, spans[-1].end - start if spans else 0)
        spans.append(Span(word, start + at, start + at + len(word)))
    return Segment(new_id(), utterance or new_id(), voice, "en-us", tuple(spans), gap_ms)


@dataclass(repr=False)
class Heard:
    """All that one utterance was delivered: to be given as its callback."""

    output: Output = field(default_factory=Output)
    deliveries: list[Delivery] = field(default_factory=list)

    def __call__(self, delivery: Delivery) -> None:
        assert delivery.first_sample in (self.num_samples, 0) or not delivery.num_samples
        if self.output.bytes_per_sample:
            assert len(delivery.data) == delivery.num_samples * self.output.bytes_per_sample
        if self.output.format == "opus":
            assert len(delivery.data) == sum(delivery.packets)
            assert delivery.num_samples == len(delivery.packets) * self.output.frame_samples
        self.deliveries.append(delivery)

    @property
    def num_samples(self) -> int:
        return sum(delivery.num_samples for delivery in self.deliveries)

    @property
    def data(self) -> bytes:
        return b"".join(delivery.data for delivery in self.deliveries)

    @property
    def pcm(self) -> Pcm:
        if self.output.format == "pcm_f32le":
            return np.frombuffer(self.data, "<f4")
        assert self.output.format == "pcm_s16le"
        return np.frombuffer(self.data, "<i2").astype(np.float32) / np.float32(32768)

    @property
    def words(self) -> list[Word]:
        return [word for delivery in self.deliveries for word in delivery.words]

    @property
    def ended(self) -> list[SegmentId]:
        return [delivery.ended for delivery in self.deliveries if delivery.ended is not None]

    @property
    def flushed(self) -> list[int]:
        return [delivery.flushed for delivery in self.deliveries if delivery.flushed is not None]

    @property
    def failures(self) -> list[str]:
        return [delivery.failed.message for delivery in self.deliveries if delivery.failed]

    @property
    def closed(self) -> bool:
        return any(delivery.closed for delivery in self.deliveries)
