"""Many sessions that come, are cancelled and come again: what each hears is what it would hear alone.

On a clock that goes by steps. Without super-resolution, which makes much of the last bit of a number
(`engine.spark.superres`); that it makes the same of the same sound, alone or with others, is tested beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np

from engine.bench.rows import Row
from engine.local import LocalLoop
from engine.spark.engine import SparkEngine
from engine.types import Delivery, Output, Pcm, Segment, Span, new_id

NUM_SESSIONS = 32
"""Of them speak at a time."""

STEP_S = 0.01
CANCELLED = 0.001
"""How likely a session is cancelled in a step."""

CLOSE = 1e-5
"""So much may the sound of a batch be apart from that of one alone: the order of sums."""

FLOAT = Output("pcm_f32le")


class StepClock:
    """A clock that stands still between steps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Session:
    """One utterance: what was asked for, what was heard of it, and whether it was cancelled."""

    segments: list[Segment]
    heard: list[bytes] = field(default_factory=list)
    is_over: bool = False
    is_cancelled: bool = False

    def __call__(self, delivery: Delivery) -> None:
        """Take what is delivered."""
        self.heard.append(delivery.data)
        self.is_over = delivery.closed or delivery.failed is not None

    @property
    def pcm(self) -> Pcm:
        """All that was heard."""
        return np.frombuffer(b"".join(self.heard), "<f4")

    def begin(self, loop: LocalLoop) -> None:
        """Ask for all of it."""
        utterance = self.segments[0].utterance
        loop.open(utterance, FLOAT, 10.0, self)
        for segment in self.segments:
            loop.submit(segment)
        loop.close(utterance)

    def cancel(self, loop: LocalLoop) -> None:
        """Want no more of it."""
        loop.abort(self.segments[0].utterance)
        self.is_cancelled = True


def drawn(random: Random, voices: Collection[str]) -> Session:
    """Return a session of one to three segments, of its own voice and seed."""
    number, seed, voice = new_id(), random.randrange(1 << 32), random.choice(sorted(voices))
    return Session([segment(f"{seed} {place}", voice, number, place, seed) for place in range(random.randint(1, 3))])


def segment(text: str, voice: str, utterance: int = 0, place: int = 0, seed: int = 0, exact: bool = True) -> Segment:
    """Return a segment of one span."""
    spans = (Span(text, 0, len(text)),)
    return Segment(new_id(), utterance or new_id(), voice, "en", spans, 150 * place, seed=seed, exact=exact)


def converse(engine: SparkEngine, random: Random, num: int) -> list[Session]:
    """Have sessions come one after the other, some of them cancelled, until so many have been spoken to."""
    clock = StepClock()
    loop = LocalLoop(engine, clock)
    voices = {voice.id for voice in engine.info.voices}
    sessions: list[Session] = []
    live: list[Session] = []
    while live or len(sessions) < num:
        while len(live) < NUM_SESSIONS and len(sessions) < num and random.random() < 0.5:
            live.append(drawn(random, voices))
            live[-1].begin(loop)
            sessions.append(live[-1])
        for each in live:
            if random.random() < CANCELLED:
                each.cancel(loop)
        loop.step()
        clock.now += STEP_S
        live = [each for each in live if not (each.is_over or each.is_cancelled)]
    return sessions


def alone(session: Session, engine: SparkEngine) -> Session:
    """Return the same session where there is nobody else."""
    again = Session(session.segments)
    clock = StepClock()
    loop = LocalLoop(engine, clock)
    again.begin(loop)
    while not again.is_over:
        loop.step()
        clock.now += STEP_S
    return again


def apart(session: Session, whole: Session) -> float:
    """Return how far what was heard is from as much of the whole, of its size; inf where it is not as long."""
    heard, expected = session.pcm, whole.pcm
    if not (heard.size <= expected.size if session.is_cancelled else heard.size == expected.size):
        return float("inf")
    if not heard.size:
        return 0.0
    return float(np.linalg.norm(heard - expected[: heard.size]) / np.linalg.norm(expected))


def measure(build: Callable[[], SparkEngine], num: int, num_compared: int) -> Iterator[Row]:
    """Measure so many sessions, and compare some of them with what each is alone."""
    engine = build()
    sessions = converse(engine, Random(5), num)
    counts, again = engine.counts, build()
    yield Row(f"sessions, at most {NUM_SESSIONS} at a time", num)
    yield Row("  cancelled while they spoke", sum(session.is_cancelled for session in sessions))
    yield Row("  sequences in a step of the language model", counts.lm_rows / (counts.steps - counts.idle_steps))
    together = counts.windows / counts.codec_steps
    yield Row("  windows in a step of the codec", together, "", "more than 4", together > 4)
    yield Row("  streams in a call of its network", counts.codec_rows / counts.codec_calls)
    furthest = max(apart(session, alone(session, again)) for session in sessions[:num_compared])
    yield Row.most(f"  {num_compared} of them beside each alone, exact: furthest apart", furthest, "", CLOSE)
