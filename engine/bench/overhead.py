"""What an engine's step costs besides its networks: deciding who is due, windows, the loop, the way to bytes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from random import Random

from engine.bench.rows import Row, Stopwatch
from engine.bench.sessions import STEP_S, StepClock, segment
from engine.local import LocalLoop
from engine.spark.engine import Parts, SparkEngine
from engine.spark.lm import LM, SequenceId, Tokens
from engine.types import Delivery, Output, new_id

NUM_SESSIONS = 32
NUM_SETTLING = 100
"""Steps until sessions are at all sorts of places."""

MOST_MS = 0.5


class TimedLM:
    """A language model whose steps are timed."""

    def __init__(self, model: LM, watch: Stopwatch) -> None:
        self.capacity = model.capacity
        self.add, self.abort, self.close = model.add, model.abort, model.close
        self._step = watch.around(model.step)

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        """Do one turn of work."""
        return self._step(due)


class Crowd:
    """Always as many sessions in a loop, each with a text of its own: who is done is followed by the next."""

    def __init__(self, loop: LocalLoop, num: int) -> None:
        self._loop = loop
        self._num = num
        self._random = Random(7)
        self._live: set[int] = set()

    def fill(self) -> None:
        """Let in whom there is room for."""
        while len(self._live) < self._num:
            self._begin(new_id())

    def _begin(self, utterance: int) -> None:
        def take(delivery: Delivery) -> None:
            if delivery.closed or delivery.failed:
                self._live.discard(utterance)

        text = "a quick brown fox and what it jumps over"[: self._random.randrange(5, 40)]
        self._live.add(utterance)
        self._loop.open(utterance, Output(), 10.0, take)
        self._loop.submit(segment(text, "one", utterance, seed=utterance, exact=False))
        self._loop.close(utterance)


def measure(parts: Parts, num_steps: int) -> Iterator[Row]:
    """Measure so many steps of an engine of these parts, on a clock on which they are twice as fast as speech."""
    networks, engines, steps = (Stopwatch(time.thread_time) for _ in range(3))
    parts = replace(parts, model=TimedLM(parts.model, networks))
    parts.codec.step = networks.around(parts.codec.step)  # type: ignore[method-assign]
    parts.net.step = networks.around(parts.net.step)  # type: ignore[method-assign]
    engine = SparkEngine(parts)
    engine.step = engines.around(engine.step)  # type: ignore[method-assign]
    clock = StepClock()
    loop = LocalLoop(engine, clock)
    step, crowd = steps.around(loop.step), Crowd(loop, NUM_SESSIONS)
    for at in range(-NUM_SETTLING, num_steps):
        if at == 0:
            networks.total_s = engines.total_s = steps.total_s = 0.0
        crowd.fill()
        step()
        clock.now += STEP_S
    inside = 1000 * (engines.total_s - networks.total_s) / num_steps
    outside = 1000 * (steps.total_s - engines.total_s) / num_steps
    yield Row.most(f"a step of {NUM_SESSIONS} sessions, its networks apart", inside + outside, "ms", MOST_MS)
    yield Row("  of which the engine: readings, tokens, windows", inside, "ms")
    yield Row("  of which the loop: who is due, word times, frames, bytes", outside, "ms")
    yield Row("  its networks, tiny ones", 1000 * networks.total_s / num_steps, "ms")
