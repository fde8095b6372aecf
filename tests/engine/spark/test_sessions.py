"""Many sessions through the loop and the engine: what each hears is what it would hear alone.

Without super-resolution, which makes much of the last bit of a number (`engine.spark.superres`); that it makes the same
of the same sound, alone or with others, is tested beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

import pytest

from engine.local import LocalLoop
from engine.spark.bicodec import BiCodec
from engine.spark.engine import SparkEngine
from engine.types import Output, Segment, UtteranceId, new_id
from tests.engine.build import Clock, Heard, build_segment
from tests.engine.spark.comparing import distance
from tests.engine.spark.speaking import build_engine

pytestmark = pytest.mark.spark

NUM_SESSIONS = 32
STEP_S = 0.01
FLOAT = Output("pcm_f32le")


@dataclass
class Asked:
    """One utterance: what was asked for, what was heard, and whether it was cancelled."""

    segments: list[Segment]
    heard: Heard = field(default_factory=lambda: Heard(FLOAT))
    cancelled_at: int | None = None

    @property
    def id(self) -> UtteranceId:
        return self.segments[0].utterance

    def begin(self, loop: LocalLoop) -> None:
        loop.open(self.id, FLOAT, 10.0, self.heard)
        for segment in self.segments:
            loop.submit(segment)
        loop.close(self.id)


def utterance(random: Random) -> Asked:
    number, seed = new_id(), random.randrange(1 << 32)
    voice = random.choice(["one", "two"])
    segments = [
        replace(build_segment(f"{seed} {place}", number, 150 * place, voice=voice), seed=seed, exact=True)
        for place in range(random.randint(1, 3))
    ]
    return Asked(segments)


def converse(engine: SparkEngine, random: Random, num_utterances: int) -> list[Asked]:
    """Have sessions come one after the other, some of them cancelled, until so many have been spoken to."""
    clock = Clock()
    loop = LocalLoop(engine, clock)
    asked: list[Asked] = []
    live: list[Asked] = []
    while live or len(asked) < num_utterances:
        while len(live) < NUM_SESSIONS and len(asked) < num_utterances and random.random() < 0.5:
            live.append(utterance(random))
            live[-1].begin(loop)
            asked.append(live[-1])
        for each in live:
            if random.random() < 0.001:
                loop.abort(each.id)
                each.cancelled_at = each.heard.num_samples
        loop.step()
        clock.advance(STEP_S)
        live = [each for each in live if each.cancelled_at is None and not each.heard.closed]
    return asked


def alone(asked: Asked, engine: SparkEngine) -> Heard:
    loop, again = LocalLoop(engine, clock := Clock()), Asked(asked.segments)
    again.begin(loop)
    while not again.heard.closed:
        loop.step()
        clock.advance(STEP_S)
    return again.heard


def test_each_of_32_sessions_hears_what_it_would_hear_alone(codec: BiCodec) -> None:
    random = Random(5)
    engine = build_engine(codec)
    asked = converse(engine, random, 32)
    assert engine.counts.windows / engine.counts.codec_steps > 4
    assert sum(each.cancelled_at is not None for each in asked) > 3
    for each in asked:
        whole, heard = alone(each, build_engine(codec)).pcm, each.heard.pcm
        if each.cancelled_at is None:
            assert heard.size == whole.size
        else:
            assert heard.size == each.cancelled_at
        assert distance(heard, whole[: heard.size]) < 1e-5 or not heard.size
