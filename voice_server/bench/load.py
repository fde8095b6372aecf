"""The load generator: a process of its own, that does what its plan says when it says so, and writes down what came.

Run as a module it reads a pickled Plan from stdin, opens its sockets, says `ready` on stdout, reads the moment of
the machine's monotonic clock at which to begin, and answers with a pickled RunLog.
"""

from __future__ import annotations

import asyncio
import gc
import math
import pickle
import sys
import time
from array import array
from collections import defaultdict, deque
from urllib.parse import urlsplit

from voice_server.bench.line import Line, Refused
from voice_server.bench.log import MOMENT, READY, CallLog, RunLog
from voice_server.bench.plan import Call, Plan
from voice_server.bench.vendors import LINES
from voice_server.bench.wire import WireError

LAG_TICK_S = 0.01

OPEN_TIMEOUT_S = 10.0

_OPEN_TOGETHER = 32

_STRAYS_S = 0.2
"""How long a cancelled call is listened to for what should not come."""


class Load:
    """A run: its plan, its clock, and the sockets that are free."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._began_at = math.inf
        self._free: defaultdict[str, deque[Line]] = defaultdict(deque)
        self._lines: list[Line] = []
        self._logs = [CallLog(call.at_s) for call in plan.calls]
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished = len(plan.calls)
        self._finished = asyncio.Event()

    async def open(self) -> None:
        """Open the sockets that the plan wants open before it begins, as many of them as are let in."""
        wanted = [dialect for dialect in self._plan.dialects for _ in range(self._plan.num_sockets)]
        for first in range(0, len(wanted), _OPEN_TOGETHER):
            now = wanted[first : first + _OPEN_TOGETHER]
            opened = await asyncio.gather(*map(self._connect, now), return_exceptions=True)
            for line in opened:
                if isinstance(line, Line):
                    self._free[line.dialect].append(line)

    async def run(self, began_at: float) -> RunLog:
        """Do what the plan says, from a moment of the monotonic clock on."""
        self._began_at = began_at
        await self._until(0.0)
        lags = array("d")
        watching = asyncio.create_task(_watch(lags))
        cpu_s = time.process_time()
        await self._call_all()
        await self._wait_for_the_end()
        cpu_s, took_s = time.process_time() - cpu_s, self._now()
        watching.cancel()
        for line in self._lines:
            line.close()
        return RunLog(began_at, took_s, self._logs, lags, cpu_s / took_s, cpu_s / took_s, len(self._lines))

    def _now(self) -> float:
        return time.monotonic() - self._began_at

    async def _until(self, at_s: float) -> None:
        """Wait for a moment of the run; never less, though the event loop counts in milliseconds."""
        left_s = at_s - self._now()
        while left_s > 0.0:
            await asyncio.sleep(math.ceil(left_s * 1000) / 1000)
            left_s = at_s - self._now()

    async def _call_all(self) -> None:
        for call, log in zip(self._plan.calls, self._logs, strict=True):
            if call.at_s > self._now():
                await self._until(call.at_s)
            if line := self._take_free(call.dialect):
                self._begin(line, call, log)
            else:
                self._keep(self._call_on_a_new_line(call, log))

    async def _wait_for_the_end(self) -> None:
        await self._until(self._plan.until_s)
        try:
            async with asyncio.timeout(self._plan.patience_s):
                if self._unfinished:
                    await self._finished.wait()
                if any(call.cancel_s is not None for call in self._plan.calls):
                    await asyncio.sleep(_STRAYS_S)
        except TimeoutError:
            return  # what is not over shows in its log

    def _take_free(self, dialect: str) -> Line | None:
        free = self._free[dialect]
        while free:
            if (line := free.popleft()).is_open:
                return line
        return None

    def _keep(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call_on_a_new_line(self, call: Call, log: CallLog) -> None:
        log.asked_at = self._now()
        try:
            line = await self._connect(call.dialect)
        except (OSError, Refused, WireError) as error:
            log.refused, log.error, log.error_at = isinstance(error, Refused), str(error), self._now()
            self._count_down()
            return
        self._begin(line, call, log)

    def _begin(self, line: Line, call: Call, log: CallLog) -> None:
        line.begin(log, call)
        if call.pieces_per_s and len(call.pieces) > 1:
            self._keep(self._feed(line, call, log))
        if call.cancel_s is not None:
            self._keep(self._cancel(line, call))

    async def _feed(self, line: Line, call: Call, log: CallLog) -> None:
        for piece in range(1, len(call.pieces)):
            await self._until(call.at_s + piece / call.pieces_per_s)
            if log.is_over:
                return
            line.say(call, piece)

    async def _cancel(self, line: Line, call: Call) -> None:
        assert call.cancel_s is not None
        await self._until(call.at_s + call.cancel_s)
        line.cancel()

    def _on_over(self, line: Line) -> None:
        self._count_down()
        log = line.log
        assert log is not None
        if log.cancelled_at is not None or not line.is_open:
            return  # it is listened to for what should not come
        played_at = log.times[0] + (log.done or {}).get("audio_ms", 0.0) / 1000 if log.times else 0.0
        wait_s = played_at - self._now() if self._plan.hold != "over" else 0.0
        if wait_s > 0.0:
            asyncio.get_running_loop().call_later(wait_s, self._leave, line)
        else:
            self._leave(line)

    def _leave(self, line: Line) -> None:
        if self._plan.hold == "once":
            line.close()
        else:
            self._free[line.dialect].append(line)

    def _count_down(self) -> None:
        self._unfinished -= 1
        if not self._unfinished:
            self._finished.set()

    async def _connect(self, dialect: str) -> Line:
        plan, url = self._plan, self._plan.address(dialect)
        parts = urlsplit(url)
        secure = parts.scheme in ("wss", "https")
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: LINES[dialect](url, plan.api_key, plan.slow, self._now),
            parts.hostname or "",
            parts.port or (443 if secure else 80),
            ssl=secure or None,
        )
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            await line.opened
        line.over, line.dialect = self._on_over, dialect
        self._lines.append(line)
        return line


async def _watch(lags: array[float]) -> None:
    """Note how much later than due this process wakes."""
    while True:
        due_at = time.monotonic() + LAG_TICK_S
        await asyncio.sleep(LAG_TICK_S)
        lags.append(max(time.monotonic() - due_at, 0.0))


async def _main() -> None:
    plan = pickle.load(sys.stdin.buffer)
    load = Load(plan)
    await load.open()
    gc.freeze()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    (began_at,) = MOMENT.unpack(await asyncio.to_thread(sys.stdin.buffer.read, MOMENT.size))
    pickle.dump(await load.run(began_at), sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _new_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_main())
