"""Whether the server has the capacity for one more session: how busy its engine is, and its own event loop."""

from __future__ import annotations

import math
from typing import Protocol

from engine.load import LoadMeter
from voice_server.allowance import Allowance
from voice_server.errors import Busy

NEAR = 0.75
"""Of the limit: with a load above that, sessions are counted."""

QUEUE_S = 0.025
"""Near the limit, who would have to wait longer than that for the engine is not let in: the queue grows by them."""

MEAN_S = 10.0
"""Seconds over which is averaged what a session costs."""

LATE_S = 0.05
"""An event loop that wakes so late on average is fully loaded, by whatever: most of its frames come late."""

LITTLE = 8
"""With fewer sessions than this a late event loop is not the sessions' doing, and what one costs tells nothing yet of
the next: an engine that works for many at a time may have room for more at the same load."""

RETRY_S = 1.0


class Engine(Protocol):
    """What is asked of the engine's loop."""

    @property
    def ready(self) -> bool:
        """Whether it is warm and speaking."""

    @property
    def load(self) -> float:
        """The share of its time, lately, that it worked on what listeners wait for."""

    @property
    def queued_s(self) -> float:
        """How much longer than a step someone new waits for it."""


class Admission:
    """Keeps new sessions out while the server stops, has no engine, or works at its capacity.

    A load is the share of time, over the last seconds, that was spent on the sessions there are. It tells too late of
    those who were let in a moment ago. So near `max_load` there may be as many sessions as at their average cost make
    that load: each that is let in counts at once, and who leaves makes room for one; and nobody is let in while others
    queue. Nobody is kept out while nothing is spoken: then a load is only a memory.
    """

    def __init__(self, engine: Engine, server: Allowance, max_load: float, now: float) -> None:
        self.stopping = False
        self.own_load = 0.0
        self._engine = engine
        self._server = server
        self._max_load = max_load
        self._counting = False
        self._mean_load = self._mean_sessions = 0.0
        self._busy, self._late = LoadMeter(now), LoadMeter(now)
        self._measured_at = now
        self._cpu_s = 0.0

    @property
    def load(self) -> float:
        """The higher one of the engine's load and the server's own, 0 to 1."""
        return max(self._engine.load, self.own_load)

    def measure(self, now: float, late_s: float, cpu_s: float) -> None:
        """Look at the load: to be called several times a second, with how much later than due that is.

        `cpu_s` is the processor time that the event loop's thread has used so far.
        """
        passed_s = now - self._measured_at
        busy = self._busy.worked(cpu_s - self._cpu_s, now)
        late = self._late.worked(min(late_s / LATE_S, 1.0) * passed_s, now)
        self._measured_at, self._cpu_s = now, cpu_s
        self.own_load = max(busy, late) if self._server.num_sessions >= LITTLE else busy
        load, weight = self.load, 1.0 - math.exp(-passed_s / MEAN_S)
        self._mean_load += weight * (load - self._mean_load)
        self._mean_sessions += weight * (self._server.num_sessions - self._mean_sessions)
        counts = self._counting or self._server.num_sessions >= LITTLE
        self._counting = load > self._max_load * (NEAR if counts else 1.0)

    def check(self) -> None:
        """Raise Busy where no new session would be served."""
        if self.stopping:
            raise Busy("the server is stopping: try again in a second", retry_after_s=RETRY_S)
        if not self._engine.ready:
            raise Busy("the engine is starting: try again in a second", retry_after_s=RETRY_S)
        if self._counting and self._server.num_utterances and not self._has_room():
            raise Busy("the server works at its capacity: try again in a second", retry_after_s=RETRY_S)

    def _has_room(self) -> bool:
        """Whether one more session would leave the load below its limit, by what sessions cost on average."""
        room = self._mean_sessions * self._max_load / self._mean_load
        return self._engine.queued_s <= QUEUE_S and self._server.num_sessions + 1 <= room
