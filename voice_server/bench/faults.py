"""Scenarios in which something breaks: the engine dies, or hangs, while all listen; and some stop reading."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from voice_server.bench import hearing, result
from voice_server.bench.log import CallLog
from voice_server.bench.pacing import PACED, endless
from voice_server.bench.plan import Call, poisson
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Unmeasured, Wishes, serving
from voice_server.bench.speaking import failures
from voice_server.bench.texts import MEDIUM, SHORT, monologue
from voice_server.bench.wire import TEXT, client_frame, new_key, request, status_of
from voice_server.client import stream_url

STRUCK_AT_S = 3.0

WATCHED_S = 4.0
"""For so long after the blow somebody new says something every CALLED_S: when is one of them heard?"""

CALLED_S = 0.02

READERS = 8
"""That stop."""

STOPPED_S = 3.0
"""What they are given to be sent all that they will ever be sent."""


@dataclass(slots=True)
class Blow:
    """A signal for an engine, some time into a run."""

    engine: int
    sign: signal.Signals
    struck_at: float | None = field(default=None)  # on the machine's monotonic clock

    def look(self, now_s: float) -> None:
        """To be called while the run lasts."""
        if self.struck_at is None and now_s >= STRUCK_AT_S:
            self.struck_at = time.monotonic()
            os.kill(self.engine, self.sign)


def faults(wishes: Wishes, listeners: int = 64) -> Result:
    """The engine is killed, and stopped, while all listen."""
    if wishes.url is not None:
        raise Unmeasured("the engine of a server that was named is left alone")
    listeners = wishes.listeners or listeners
    times = 1 if wishes.quick else 5
    found = Result("faults", f"the engine struck while {listeners} listen, the worst of {times}")
    with serving(wishes, "espeak", "faults") as server:
        for sign, what, target_s in ((signal.SIGKILL, "killed", 0.5), (signal.SIGSTOP, "stopped", 2.0)):
            seen = [_strike(server, sign, listeners, found) for _ in range(times)]
            found.rows += [
                Row(f"{what}: listeners that were not told", max(each[0] for each in seen), "", 0.0),
                Row(f"{what}: the last of them is told after", max(each[1] for each in seen), "s"),
                Row(f"{what}: first new audio after", max(each[2] for each in seen), "s", target_s, headline=True),
            ]
    return found


def _strike(server: Server, sign: signal.Signals, listeners: int, found: Result) -> tuple[float, float, float]:
    """Return how many listeners were not told, after how many seconds the last of them was, and somebody new heard."""
    until_s = STRUCK_AT_S + WATCHED_S
    old = endless(server, listeners, until_s + 1.0)
    num_new = round(WATCHED_S / CALLED_S)
    new = [Call(STRUCK_AT_S + number * CALLED_S, (SHORT[0],)) for number in range(num_new)]
    blow = Blow(server.engine, sign)
    load = Load([*old, *new], until_s, options=PACED, num_sockets=listeners + num_new, patience_s=1.0)
    run = server.run(load, blow)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    assert blow.struck_at is not None
    struck_at = blow.struck_at - run.log.began_at
    told = [log.error_at - struck_at for log in _spoken_to(run.log.calls, struck_at) if log.error_at is not None]
    heard = [log.times[0] - struck_at for log in run.log.calls if log.planned_at > struck_at and log.times]
    return float(listeners - len(told)), max(told, default=float("inf")), min(heard, default=float("inf"))


def _spoken_to(calls: list[CallLog], struck_at: float) -> list[CallLog]:
    """Return the calls that had been heard, and were not over, when the engine was struck."""
    return [log for log in calls if log.planned_at < STRUCK_AT_S and log.times and log.times[0] < struck_at]


def stopped(wishes: Wishes, rate: float = 30.0) -> Result:
    """Some clients ask for a lot and read nothing, while others come and listen."""
    until_s = wishes.lasting(8.0)
    rounds = 1 if wishes.quick else 4
    alone: list[CallLog] = []
    beside: list[CallLog] = []
    found = Result("stopped-reader", f"{READERS} clients read nothing while {rate:g} sentences a second are spoken")
    with serving(wishes, "espeak", "stopped-reader") as server:
        random = wishes.random
        calls = [Call(at_s, (random.choice(MEDIUM),)) for at_s in poisson(rate, until_s, random)]
        load = Load(calls, until_s, num_sockets=round(rate * 6), hold="played")
        server.run(load)  # its first crowd costs it memory, whoever reads
        before = server.usage()
        for _ in range(rounds):  # in turn: a machine is faster at times
            for logs, num_stopped in ((alone, 0), (beside, READERS)):
                with _not_reading(server, num_stopped):
                    run = server.run(load)
                    after = server.usage()
                logs += run.log.calls
                found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    moved, cost = _moved(alone, beside), None
    if before and after:
        cost = (after.server_rss + after.engine_rss - before.server_rss - before.engine_rss) / 1e6 / READERS
    found.rows = [
        failures(sum(log.error is not None or not log.is_over for log in alone + beside)),
        Row("memory per client that does not read", cost, "MB", 1.0),
        Row("the others' audible TTFB p95, of that without them", moved, "x", 1.1),
    ]
    return found


def _moved(alone: list[CallLog], beside: list[CallLog]) -> float | None:
    before, after = (result.value(result.spread(logs, hearing.audible), "p95") for logs in (alone, beside))
    return after / before if before and after else None


@contextmanager
def _not_reading(server: Server, number: int) -> Iterator[None]:
    """Have so many clients ask for more than anybody reads, and read nothing."""
    with ExitStack() as stack:
        for _ in range(number):
            _ask(stack.enter_context(_connected(server.url)), server)
        if number:
            time.sleep(STOPPED_S)
        yield


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme in ("https", "wss"):
        raise Unmeasured("clients that stop reading know no TLS: give the address behind it")
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5.0)


def _ask(client: socket.socket, server: Server) -> None:
    """Open a WebSocket, and say a lot on it: unpaced, so that the server has to stop by itself."""
    key = new_key()
    client.sendall(request(stream_url(server.url, {"max_lead_s": 0}), key, server.wishes.api_key))
    head = b""
    while b"\r\n\r\n" not in head:
        if not (data := client.recv(1)):
            raise Unmeasured("the server refuses a client")
        head += data
    if (status := status_of(head.rstrip(b"\r\n"), key)) != 101:
        raise Unmeasured(f"the server refuses a client: HTTP {status}")
    text = monologue(round(600 * server.chars_per_s), server.wishes.random)
    client.sendall(client_frame(TEXT, text.encode("utf-8")))


SCENARIOS: dict[str, Scenario] = {"faults": faults, "stopped-reader": stopped}
