"""A SparkEngine of real sound and hashed tokens, for tests that ask what it does with both."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from zlib import crc32

import numpy as np

from engine.spark.bicodec import BiCodec
from engine.spark.engine import Parts, SparkEngine
from engine.spark.lm import LM, Sampling, Sequence
from engine.spark.lm_hash import HashLM
from engine.spark.superres import APBWE, Resampled
from engine.spark.voice_book import VoiceBook
from engine.spark.voice_files import SparkVoice, VoiceFolder
from engine.types import Chunk, EngineOutput, Pcm, Segment, SegmentId

FIRST_ID = 1000
"""The id of the first semantic token of the alphabet that these tests have their models draw from."""

IDS = range(FIRST_ID, FIRST_ID + 512)


def speaker_of(voice: str) -> tuple[int, ...]:
    random = Random(voice)
    return tuple(random.randrange(4096) for _ in range(32))


VOICES = {name: SparkVoice(name, tokens=speaker_of(name)) for name in ("one", "two")}


@dataclass
class HashReading:
    sequence: Sequence
    speaker: tuple[int, ...]

    def take(self, ids: Iterable[int]) -> list[int]:
        return [token_id - FIRST_ID for token_id in ids]


class HashReader:
    def read(self, segment: Segment) -> HashReading | None:
        if segment.voice not in VOICES:
            raise ValueError(f"there is no voice {segment.voice!r}")
        if not segment.text:
            return None
        prompt = (crc32(segment.text.encode()), crc32(segment.voice.encode()))
        return HashReading(Sequence(segment.id, prompt, 3000, Sampling(seed=segment.seed)), speaker_of(segment.voice))


def build_engine(codec: BiCodec, model: LM | None = None, net: APBWE | Resampled | None = None) -> SparkEngine:
    book = VoiceBook(VOICES.values(), VoiceFolder("/nowhere"))
    return SparkEngine(Parts(model or HashLM(IDS), codec, net or Resampled(), HashReader(), book))


@dataclass
class Listening:
    """What came of some segments: their sound, and how each was over."""

    chunks: dict[SegmentId, list[Pcm]] = field(default_factory=dict)
    over: dict[SegmentId, EngineOutput] = field(default_factory=dict)

    def take(self, outputs: Iterable[EngineOutput]) -> None:
        for output in outputs:
            assert output.segment not in self.over
            if isinstance(output, Chunk):
                self.chunks.setdefault(output.segment, []).append(output.pcm)
            else:
                self.over[output.segment] = output

    def pcm(self, segment: Segment) -> Pcm:
        return np.concatenate(self.chunks.get(segment.id) or [np.empty(0, np.float32)])


def run(engine: SparkEngine, *segments: Segment, lead_s: float = 1.0) -> Listening:
    """Step until all of these segments are over; listeners have so much in hand once they have heard something."""
    heard = Listening()
    while live := [segment.id for segment in segments if segment.id not in heard.over]:
        heard.take(engine.step({each: lead_s if each in heard.chunks else -math.inf for each in live}))
    return heard


def solo(codec: BiCodec, segment: Segment) -> Pcm:
    """What a segment sounds like where there is nobody else."""
    engine = build_engine(codec)
    engine.add(segment)
    return run(engine, segment).pcm(segment)
