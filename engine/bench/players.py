"""Listeners who come one after the other and play what they get: how long to the first chunk, and does it ever stop.

What models of random weights say is noise from the first sample on, so nothing here tells when speech is heard.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from engine.bench.rows import Row
from engine.bench.sessions import segment
from engine.listener import Listener
from engine.local import LocalLoop
from engine.spark.engine import Parts, SparkEngine
from engine.types import Delivery, Output, new_id

COMING_S = 4.0
"""All have come by then."""

LOOK_S = 0.002
"""How late somebody may come who comes between two steps."""

OUTPUT = Output()


@dataclass
class Player:
    """Comes at a time, asks for a text, and plays from the first chunk on."""

    comes_at: float
    seed: int
    listener: Listener = field(default_factory=Listener)
    first_at: float = float("inf")
    is_over: bool = False

    def __call__(self, delivery: Delivery) -> None:
        """Take what is delivered."""
        if delivery.num_samples:
            now = time.monotonic()
            self.first_at = min(self.first_at, now)
            self.listener.sent(now, delivery.num_samples / OUTPUT.sample_rate)
        self.is_over = delivery.closed or delivery.failed is not None

    def come(self, loop: LocalLoop) -> None:
        """Ask for a text."""
        utterance = new_id()
        loop.open(utterance, OUTPUT, 10.0, self)
        loop.submit(segment("Good morning.", "one", utterance, seed=self.seed, exact=False))
        loop.close(utterance)


def measure(parts: Parts, nums: Sequence[int]) -> Iterator[Row]:
    """Measure such numbers of listeners, one after the other."""
    for num in nums:
        began_at = time.monotonic()
        players = play(SparkEngine(parts), num)
        took_s, sounded_s = time.monotonic() - began_at, sum(player.listener.sent_s for player in players)
        waits = [1000 * (player.first_at - player.comes_at) for player in players]
        yield Row(f"{num} listeners come within {COMING_S:g} s: first chunk p50", float(np.median(waits)), "ms")
        yield Row("  p95", float(np.quantile(waits, 0.95)), "ms")
        yield Row("  listeners whose player stood still", sum(player.listener.num_underruns > 0 for player in players))
        yield Row("  sound made, of the time that it took", sounded_s / took_s, "x")


def play(engine: SparkEngine, num: int) -> list[Player]:
    """Have so many listeners come at random, in real time, until all have got everything."""
    random, now = Random(num), time.monotonic()
    players = [Player(at, seed) for seed, at in enumerate(sorted(now + random.random() * COMING_S for _ in range(num)))]
    loop, coming = LocalLoop(engine), iter(players)
    following = next(coming, None)
    while following or not all(player.is_over for player in players):
        while following and following.comes_at <= time.monotonic():
            following.come(loop)
            following = next(coming, None)
        loop.run(LOOK_S)
    return players
