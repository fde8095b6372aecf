"""The loop without a process: an engine in the calling thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from engine.commands import Abort, Close, Flush, Open, Position, Submit
from engine.loop import Clock, EngineLoop
from engine.types import Deliver, Engine, EngineInfo, Output, Segment, UtteranceId


class LocalLoop:
    """The Loop seam over an engine in the calling thread: for tests, and for work without a server.

    Commands apply at once; deliveries come from within `step` and `run`. `sleep` passes the time until the next
    step is wanted; a test gives a clock and its way to advance it.
    """

    def __init__(
        self, engine: Engine, clock: Clock = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.num_late = 0
        self._info = engine.info
        self._loop = EngineLoop(engine, clock)
        self._clock = clock
        self._sleep = sleep
        self._callbacks: dict[UtteranceId, Deliver] = {}

    @property
    def info(self) -> EngineInfo:
        """What the engine is."""
        return self._info

    @property
    def ready(self) -> bool:
        """Always."""
        return True

    def open(self, utterance: UtteranceId, output: Output, max_lead_s: float, deliver: Deliver) -> None:
        """Make room for an utterance."""
        self._callbacks[utterance] = deliver
        self._loop.handle(Open(utterance, output, max_lead_s))

    def submit(self, segment: Segment) -> None:
        """Speak a segment."""
        self._loop.handle(Submit(segment))

    def flush(self, utterance: UtteranceId, flush_id: int) -> None:
        """Let out what is held back, then deliver `flushed`."""
        self._loop.handle(Flush(utterance, flush_id))

    def position(self, utterance: UtteranceId, played_s: float) -> None:
        """Correct the listener's clock."""
        self._loop.handle(Position(utterance, played_s))

    def abort(self, utterance: UtteranceId) -> None:
        """Stop and forget an utterance."""
        self._callbacks.pop(utterance, None)
        self._loop.handle(Abort(utterance))

    def close(self, utterance: UtteranceId) -> None:
        """Deliver what is left, then `closed`."""
        self._loop.handle(Close(utterance))

    def step(self) -> None:
        """Do one turn and deliver what it brought."""
        for delivery in self._loop.step():
            over = delivery.closed or delivery.failed
            deliver = (self._callbacks.pop if over else self._callbacks.get)(delivery.utterance, None)
            if deliver:
                deliver(delivery)
            else:
                self.num_late += 1

    def run(self, for_s: float = math.inf) -> None:
        """Let so many seconds pass, with all turns that are wanted; by default until only a command brings work."""
        until = self._clock() + for_s
        while (wait_s := self._loop.wait_s()) is not None and self._clock() + wait_s <= until:
            if wait_s:
                self._sleep(wait_s)
            else:
                self.step()
        if math.isfinite(until):
            self._sleep(max(until - self._clock(), 0.0))
