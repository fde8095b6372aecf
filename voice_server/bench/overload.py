"""The scenario in which twice as many come as can be served: who is let in hears as soon as ever, who is not knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voice_server.bench import hearing, result
from voice_server.bench.log import CallLog
from voice_server.bench.plan import Call, Span, arriving
from voice_server.bench.prometheus import load_of
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import LagProbe, Load, Scenario, Server, Unmeasured, Wishes, serving

MAX_LOAD = 0.85
"""The load at which the server lets nobody new in, if it is not told another."""

ALMOST = 1.0
"""The load that it carries is a little less: chance must not take it there."""

RAMP_S = 8.0

GUESSES = (64.0, 0.0)
"""Listeners at a time with whom it is found out how many it carries; 0: as many as were found before."""


@dataclass(slots=True)
class LoadProbe:
    """Reads how busy a server is, shortly before a run ends."""

    server: Server
    at_s: float
    load: float | None = None

    def look(self, now_s: float) -> None:
        """To be called while the run lasts."""
        if self.load is None and now_s >= self.at_s:
            self.load = load_of(self.server.metrics())


def overload(wishes: Wishes) -> Result:
    """First as many as it carries, then twice as many, a socket each."""
    lasts_s = wishes.lasting(20.0)
    with serving(wishes, "espeak", "overload") as server:
        listeners = float(wishes.listeners) if wishes.listeners else _carried(server)
        once, twice = (RAMP_S, RAMP_S + lasts_s), (RAMP_S + lasts_s, RAMP_S + 2 * lasts_s)
        random = wishes.random
        calls = arriving(listeners, once[1], server.lengths, random)
        late = arriving(2 * listeners, lasts_s, server.lengths, random)
        calls += [Call(call.at_s + once[1], call.pieces) for call in late]
        lag = LagProbe(server, *twice)
        run = server.run(Load(calls, twice[1], RAMP_S, num_sockets=0, hold="once"), lag)
    found = Result("overload", f"{listeners:.0f} listeners at a time, then twice as many, each on a new socket")
    found.doubts = result.doubts(run)
    before, after = _within(run.log.calls, once), _within(run.log.calls, twice)
    found.details = {"once": result.summary(run, once), "twice": result.summary(run, twice)}
    found.rows = [
        Row("refused with as many as it carries", _share(before), "%"),
        Row("refused with twice as many", _share(after), "%"),
        Row("refused after, p99", _p99(after, _refused_after), "ms", 5.0, headline=True),
        Row("of that, before the load generator asked, p99", _p99(after, _asked_after), "ms"),
        Row("the server's event loop woke late meanwhile, p99", lag.p99_ms, "ms"),
        *_admitted(before, after),
    ]
    return found


def _carried(server: Server) -> float:
    """Return how many listeners at a time nearly take a server to its limit."""
    listeners = 0.0
    for guess in GUESSES:
        listeners = guess or listeners
        probe = LoadProbe(server, RAMP_S + 1.0)
        calls = arriving(listeners, RAMP_S + 2.0, server.lengths, server.wishes.random)
        server.run(Load(calls, RAMP_S + 2.0, num_sockets=0, hold="once"), probe)
        if not probe.load:
            raise Unmeasured("the server does not tell its load: give --listeners")
        listeners *= ALMOST * MAX_LOAD / probe.load
    return listeners


def _within(calls: list[CallLog], during: Span) -> list[CallLog]:
    return [call for call in calls if during[0] <= call.planned_at < during[1]]


def _share(calls: list[CallLog]) -> float:
    return 100.0 * sum(call.refused for call in calls) / max(len(calls), 1)


def _refused_after(call: CallLog) -> float | None:
    return call.error_at - call.planned_at if call.refused and call.error_at is not None else None


def _asked_after(call: CallLog) -> float | None:
    return call.asked_at - call.planned_at if call.refused and call.asked_at is not None else None


def _p99(calls: list[CallLog], measure: Callable[[CallLog], float | None]) -> float | None:
    return result.value(result.spread(calls, measure), "p99")


def _admitted(before: list[CallLog], after: list[CallLog]) -> list[Row]:
    """Return how it is for those who were let in."""
    once, twice = (result.value(result.spread(calls, hearing.audible), "p95") for calls in (before, after))
    num_lost = sum(not call.refused and (call.error is not None or not call.is_over) for call in [*before, *after])
    moved = twice / once if once and twice else None
    return [
        Row("let in and failed or unanswered", float(num_lost), "", 0.0),
        Row("audible TTFB p95 with as many as it carries", once, "ms"),
        Row("audible TTFB p95 of those let in, of that", moved, "x", 1.2, headline=True),
    ]


SCENARIOS: dict[str, Scenario] = {"overload": overload}
