"""Scenarios that look at the server rather than at its listeners: memory, start, the price of a character."""

from __future__ import annotations

import time

from engine.audio.resample import RATES, describe
from voice_server.bench import result
from voice_server.bench.pacing import check_opus
from voice_server.bench.plan import Call, poisson, spread
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Unmeasured, Wishes, serving
from voice_server.bench.speaking import failures
from voice_server.bench.texts import SHORT, monologue
from voice_server.private import private_server

SPOKEN_S = 4.0

SETTLE_S = 2.0

RUSHING = 480
"""Sockets: more than enough for all listeners at a time, as long as a server keeps up."""

CHARS_PER_S = 10_000.0
"""So fast that they come in handfuls, and what is seen is the price of a frame, not of waking up for it."""


def idle(wishes: Wishes, sessions: int = 1000) -> Result:
    """Sessions that have said something and stay."""
    sessions = wishes.listeners or sessions
    with serving(wishes, "espeak", "idle") as server:
        calls = spread([SHORT[0]] * sessions, SPOKEN_S, wishes.random)
        return _weigh(server, calls, {}, 80.0, f"{sessions} sessions that have spoken and are silent")


def idle_opus(wishes: Wishes, sessions: int = 200) -> Result:
    """Sessions with an encoder each: an utterance that has begun and waits for more text."""
    sessions = wishes.listeners or sessions
    with serving(wishes, "espeak", "idle-opus") as server:
        check_opus(server)
        calls = [Call(at_s, (SHORT[0] + " ",), ends=False) for at_s in _times(wishes, sessions)]
        title = f"{sessions} sessions with an open Opus utterance that waits for text"
        return _weigh(server, calls, {"format": "opus"}, 140.0, title)


def _times(wishes: Wishes, sessions: int) -> list[float]:
    return [call.at_s for call in spread([""] * sessions, SPOKEN_S, wishes.random)]


def _weigh(server: Server, calls: list[Call], options: dict[str, object], target_kb: float, title: str) -> Result:
    before = server.usage()
    until_s = SPOKEN_S + SETTLE_S
    load = Load(calls, until_s, options=options, num_sockets=len(calls), patience_s=0.0, memory=True)
    run = server.run(load)
    found = Result(server.scenario, title, details=result.summary(run, load.counted))
    after = run.usages[-1] if run.usages else None
    found.rows = [failures(sum(call.error is not None for call in run.log.calls))]
    if before and after:
        server_kb = (after.server_rss - before.server_rss) / 1000 / len(calls)
        engine_kb = (after.engine_rss - before.engine_rss) / 1000 / len(calls)
        found.rows += [
            Row("memory above an empty server, server and engine", (server_kb + engine_kb) * len(calls) / 1000, "MB"),
            Row("memory per session, server and engine", server_kb + engine_kb, "kB", target_kb, headline=True),
            Row("memory per session, server", server_kb, "kB"),
        ]
    return found


def growth(wishes: Wishes, utterances: int = 10_000) -> Result:
    """One utterance after another, on sockets that come and go."""
    utterances = 1000 if wishes.quick else utterances
    with serving(wishes, "espeak", "growth") as server:
        for _ in range(2):  # the second crowd of sockets still finds a heap shaped by the first
            _rush(server, 1000)
        before = server.usage()
        found = _rush(server, utterances)
        after = server.usage()
    grown = (after.server_rss - before.server_rss) / 1e6 if before and after else None
    engine = (after.engine_rss - before.engine_rss) / 1e6 if before and after else None
    found.rows.append(Row("memory gained, server", grown, "MB", 1.0, headline=True))
    found.rows.append(Row("memory gained, engine", engine, "MB"))
    return found


def _rush(server: Server, utterances: int, rate: float = 120.0) -> Result:
    random = server.wishes.random
    calls = [Call(at_s, (random.choice(SHORT),)) for at_s in poisson(rate, utterances / rate, random)]
    load = Load(calls, calls[-1].at_s, num_sockets=RUSHING, hold="played")
    run = server.run(load)
    found = Result("growth", f"{utterances} utterances, {rate:g} a second", details=result.summary(run, load.counted))
    found.rows = [failures(result.unfinished(run.log, load.counted))]
    if run.log.num_sockets > RUSHING:
        found.doubts.append(f"the server fell behind: {run.log.num_sockets} sockets at a time, and memory for them")
    return found


def typing(wishes: Wishes) -> Result:
    """Text by the character."""
    until_s = wishes.lasting(10.0)
    with serving(wishes, "espeak", "text") as server:
        text = monologue(round(until_s * CHARS_PER_S), wishes.random)
        options = {"audio": "none", "timestamps": "none"}
        call = Call(0.0, tuple(text), CHARS_PER_S)
        run = server.run(Load([call], until_s, options=options, patience_s=0.0))
    window = run.window(0.5, until_s)
    cost = None
    if window:
        first, last = window
        cost = (last.server_cpu_s - first.server_cpu_s) / ((last.at - first.at) * CHARS_PER_S) * 1e6
    found = Result("text", f"one character per frame, {CHARS_PER_S:g} a second", doubts=result.doubts(run))
    found.rows = [Row("server CPU per frame of text", cost, "us", 25.0)]
    return found


def start(wishes: Wishes, times: int = 5) -> Result:
    """From nothing to ready."""
    if wishes.url is not None:
        raise Unmeasured("the server that was named has started already")
    took_ms: list[float] = []
    for _ in range(times):
        began_at = time.monotonic()
        with private_server(wishes.started_with("espeak")):
            took_ms.append((time.monotonic() - began_at) * 1000)
    found = Result("start", f"the longest of {times}", details={"took_ms": took_ms})
    found.rows = [Row("ready after the process has started", max(took_ms), "ms", 1500.0, headline=True)]
    return found


def rates(wishes: Wishes) -> Result:
    """What conversion between rates does to sound, from the taps it uses."""
    pairs = [(a, b) for rate in RATES[:-1] for a, b in ((rate, 48_000), (48_000, rate))]
    made = {f"{source} -> {target}": describe(source, target) for source, target in pairs}
    found = Result("rates", "every rate to and from 48 kHz, the worst of them", details={"conversions": made})
    found.rows = [
        Row("held back", max(response.delay_ms for response in made.values()), "ms", 10.0),
        Row("ripple to 0.9 of Nyquist", max(response.ripple_db for response in made.values()), "dB", 0.5),
        Row("aliases", max(response.alias_db for response in made.values()), "dB", -60.0),
    ]
    return found


SCENARIOS: dict[str, Scenario] = {
    "idle": idle,
    "idle-opus": idle_opus,
    "growth": growth,
    "text": typing,
    "start": start,
    "rates": rates,
}
