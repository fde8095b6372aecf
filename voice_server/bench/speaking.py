"""Scenarios in which people come, say something, and listen: how long until they hear it, and does it ever stop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

from voice_server.bench import hearing, result
from voice_server.bench.plan import Call, arriving, bursts, fed, steady
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Wishes, serving
from voice_server.bench.texts import MEDIUM, SENTENCES

RAMP_S = 8.0
"""Until about as many have left as have come."""

TOKENS_PER_S = 30.0

NOISY = {"spark"}
"""Engines whose models may be of random weights: noise from the first sample on, which is no speech that is heard."""


class First(NamedTuple):
    """What of a first sound is told, and after how long it came."""

    what: str
    after_ms: hearing.Percentiles | None


def single(wishes: Wishes) -> Result:
    """One listener at a time."""
    until_s = wishes.lasting(20.0)
    random = wishes.random
    calls: list[Call] = []
    at_s = 0.1
    while at_s < until_s:
        calls.append(Call(at_s, (SENTENCES[len(calls) % len(SENTENCES)],)))
        at_s += random.uniform(0.1, 0.2)
    with serving(wishes, "espeak", "single") as server:
        found, first = _measure(server, Load(calls, until_s, num_sockets=4), "one session, a sentence in one frame")
    found.rows += [_percentile(first, "p50", 8.0), _percentile(first, "p95", 12.0)]
    return found


def poisson(wishes: Wishes, listeners: int = 32, target_ms: float = 20.0) -> Result:
    """Listeners come when they like."""
    listeners = wishes.listeners or listeners
    until_s = RAMP_S + wishes.lasting(24.0)
    with serving(wishes, "espeak", f"poisson-{listeners}") as server:
        calls = _fed(wishes, arriving(listeners, until_s, server.lengths, wishes.random))
        found, first = _measure(server, _walk_in(calls, until_s, listeners), f"Poisson arrivals, {listeners} listeners")
    found.rows += [_percentile(first, "p95", target_ms), _no_underrun(found, 0)]
    return found


def feeding(wishes: Wishes, listeners: int = 32) -> Result:
    """The same, with text that a language model is still writing."""
    listeners, rate = wishes.listeners or listeners, wishes.tokens_per_s or TOKENS_PER_S
    until_s = RAMP_S + wishes.lasting(24.0)
    with serving(wishes, "espeak", f"fed-{listeners}") as server:
        calls = fed(arriving(listeners, until_s, server.lengths, wishes.random), rate)
        title = f"Poisson arrivals, {listeners} listeners, fed at {rate:g} tokens/s"
        found, _ = _measure(server, _walk_in(calls, until_s, listeners), title)
    after_text = result.value(found.details["audible_after_text_ms"], "p95")
    found.rows.append(Row("audible TTFB p95, text wait apart", after_text, "ms", 20.0, headline=True))
    last = result.value(found.details["last_after_text_ms"], "p95")
    found.rows.append(Row("last audio p95 after the last text", last, "ms", 150.0))
    found.rows.append(_no_underrun(found, 0))
    return found


def fixed(wishes: Wishes, listeners: int = 32) -> Result:
    """Always the same number of listeners."""
    listeners = wishes.listeners or listeners
    until_s = RAMP_S + wishes.lasting(24.0)
    with serving(wishes, "espeak", f"fixed-{listeners}") as server:
        calls = _fed(wishes, steady(listeners, until_s, server.lengths, wishes.random))
        found, first = _measure(server, _walk_in(calls, until_s, listeners), "always the same number of listeners")
    found.rows += [_percentile(first, "p95", None), _no_underrun(found, 0, is_target=False)]
    return found


def _fed(wishes: Wishes, calls: Sequence[Call]) -> Sequence[Call]:
    return fed(calls, wishes.tokens_per_s) if wishes.tokens_per_s else calls


def _walk_in(calls: Sequence[Call], until_s: float, listeners: int) -> Load:
    return Load(calls, until_s, RAMP_S, num_sockets=listeners * 3 // 2 + 8, hold="played")


def burst(wishes: Wishes, size: int = 64) -> Result:
    """Everybody comes at once."""
    size = wishes.listeners or size
    starts = [1.0 + 4.0 * number for number in range(max(round(wishes.lasting(5.0)), 1))]
    with serving(wishes, "espeak", f"burst-{size}") as server:
        calls = _fed(wishes, bursts(size, starts, MEDIUM, wishes.random))
        load = Load(calls, starts[-1] + 1.0, num_sockets=size * 2, hold="played")
        found, first = _measure(server, load, f"{size} sessions start in the same instant, a sentence each")
    found.rows += [_percentile(first, "p95", 200.0), _no_underrun(found, 60)]
    return found


def _measure(server: Server, load: Load, title: str) -> tuple[Result, First]:
    run = server.run(load)
    found = Result(server.scenario, title, details=result.summary(run, load.counted), doubts=result.doubts(run))
    found.rows.append(failures(result.unfinished(run.log, load.counted)))
    if load.counted_from_s:
        found.rows.append(Row("listeners at a time", found.details["listeners"], ""))
    first = ("first chunk", "ttfb_ms") if server.engine_name in NOISY else ("audible TTFB", "audible_ms")
    return found, First(first[0], found.details[first[1]])


def failures(num: int) -> Row:
    """Return the row of calls that were refused, failed or never answered: none may be."""
    return Row("calls refused, failed or unanswered", float(num), "", 0.0)


def _percentile(first: First, which: Literal["p50", "p95"], target_ms: float | None) -> Row:
    return Row(f"{first.what} {which}", result.value(first.after_ms, which), "ms", target_ms, headline=True)


def _no_underrun(found: Result, buffer_ms: int, is_target: bool = True) -> Row:
    num = found.details["underruns"][str(buffer_ms)].num
    return Row(f"underruns with {buffer_ms} ms of buffer", float(num), "", 0.0 if is_target else None, headline=True)


SCENARIOS: dict[str, Scenario] = {
    "single": single,
    "poisson": poisson,
    "poisson-200": partial(poisson, listeners=200, target_ms=60.0),
    "fed": feeding,
    "burst": burst,
}
"""Part of the standard set."""

MORE: dict[str, Scenario] = {"fixed": fixed}
"""Not part of it."""
