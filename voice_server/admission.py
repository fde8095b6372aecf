"""Whether the server has the capacity for one more session: how busy its engine is, and its own event loop."""

from __future__ import annotations

from typing import Protocol

from engine.load import LoadMeter
from voice_server.allowance import Allowance
from voice_server.errors import Busy

HYSTERESIS = 0.1
"""By how much the load has to fall below the limit until new sessions are let in again."""

LATE_S = 0.05
"""An event loop that wakes so late on average is fully loaded, by whatever: most of its frames come late."""

LITTLE = 8
"""With fewer sessions than this a late event loop is not the sessions' doing, and nobody is kept out for it."""

RETRY_S = 1.0


class Engine(Protocol):
    """What is asked of the engine's loop."""

    @property
    def ready(self) -> bool:
        """Whether it is warm and speaking."""

    @property
    def load(self) -> float:
        """The share of its time, lately, that it worked on what listeners wait for."""


class Admission:
    """Keeps new sessions out while the server stops, has no engine, or works at its capacity.

    A load is the share of time, over the last seconds, that was spent on the sessions there are. It is refused above
    `max_load`, and until it has fallen a little below, but never while nothing is spoken: then it is only a memory.
    """

    def __init__(self, engine: Engine, server: Allowance, max_load: float, now: float) -> None:
        self.stopping = False
        self.own_load = 0.0
        self._engine = engine
        self._server = server
        self._max_load = max_load
        self._full = False
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
        limit = self._max_load - HYSTERESIS if self._full else self._max_load
        self._full = self.load > limit

    def check(self) -> None:
        """Raise Busy where no new session would be served."""
        if self.stopping:
            raise Busy("the server is stopping: try again in a second", retry_after_s=RETRY_S)
        if not self._engine.ready:
            raise Busy("the engine is starting: try again in a second", retry_after_s=RETRY_S)
        if self._full and self._server.num_utterances:
            raise Busy("the server works at its capacity: try again in a second", retry_after_s=RETRY_S)
