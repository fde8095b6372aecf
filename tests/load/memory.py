"""Whether a server's memory grows with what it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

from tests.voice_server.serving import KIB, Server, resident

MIB = KIB * KIB

EVERY_S = 0.5

WARM_UP = 0.3
"""The share of a run after which caches are full and pools have their size."""

MAX_PAIRS = 200
"""Samples looked at for a slope: each is compared with each."""


@dataclass
class Memory:
    """Resident bytes of a server and its engine, over what is counted."""

    samples: list[tuple[float, int]] = field(default_factory=list)

    @property
    def settled(self) -> list[tuple[float, int]]:
        """The samples after the warm-up."""
        begin = self.samples[0][0] + WARM_UP * (self.samples[-1][0] - self.samples[0][0])
        return [sample for sample in self.samples if sample[0] >= begin]

    @property
    def slope(self) -> float:
        """Bytes for each of what is counted: the median of the slopes between all pairs, which few outliers move."""
        settled = self.settled
        some = settled[:: len(settled) // MAX_PAIRS + 1]
        pairs = ((one, other) for at, one in enumerate(some) for other in some[at + 1 :])
        return median((later - sooner) / (end - begin) for (begin, sooner), (end, later) in pairs if end > begin)

    @property
    def growth(self) -> float:
        """Bytes gained after the warm-up, by the slope."""
        return self.slope * (self.samples[-1][0] - self.settled[0][0])

    @property
    def highest(self) -> int:
        return max(size for _, size in self.samples)


@asynccontextmanager
async def watched(server: Server, progress: Callable[[], float]) -> AsyncIterator[Memory]:
    """Sample a server's memory, at each time with how much has been done, while this lasts."""
    memory, pids = Memory(), (server.process.pid, server.engine)

    async def sample() -> None:
        while True:
            memory.samples.append((progress(), sum(map(resident, pids))))
            await asyncio.sleep(EVERY_S)

    sampling = asyncio.create_task(sample())
    try:
        yield memory
    finally:
        sampling.cancel()
