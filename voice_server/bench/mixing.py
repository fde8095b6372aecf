"""The scenario in which clients of different protocols share a server."""

from __future__ import annotations

from voice_server.bench import hearing, result
from voice_server.bench.plan import Call, spoken, steady
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Wishes, serving
from voice_server.bench.speaking import RAMP_S, failures

DIALECTS = ("native", "elevenlabs", "cartesia", "deepgram", "openai")


def mixed(wishes: Wishes, listeners: int = 64) -> Result:
    """As many listeners of each protocol, give or take one, each from one sentence to the next."""
    listeners = wishes.listeners or listeners
    until_s = RAMP_S + wishes.lasting(24.0)
    with serving(wishes, "espeak", f"mixed-{listeners}") as server:
        calls = _calls(server, listeners, until_s)
        num_sockets = listeners // len(DIALECTS) * 3 // 2 + 8
        load = Load(calls, until_s, RAMP_S, num_sockets=num_sockets, hold="played")
        run = server.run(load)
    title = f"{listeners} listeners: {', '.join(DIALECTS[:-1])}, and {DIALECTS[-1]} over HTTP"
    found = Result(server.scenario, title, details=result.summary(run, load.counted), doubts=result.doubts(run))
    found.rows = [failures(result.unfinished(run.log, load.counted)), Row("listeners", found.details["listeners"], "")]
    for dialect in DIALECTS:
        told = [log for call, log in zip(calls, run.log.calls, strict=True) if call.dialect == dialect]
        counted = [log for log in told if log.planned_at >= load.counted_from_s]
        heard = result.spread(counted, hearing.audible)
        found.details[f"{dialect}_audible_ms"] = heard
        found.rows.append(Row(f"{dialect}: audible TTFB p50", result.value(heard, "p50"), "ms"))
    underruns = found.details["underruns"]["0"].num
    found.rows.append(Row("underruns with 0 ms of buffer", float(underruns), "", 0.0, headline=True))
    return found


def _calls(server: Server, listeners: int, until_s: float) -> list[Call]:
    """Return what the listeners hear, by the time at which it is said."""
    random = server.wishes.random
    calls: list[Call] = []
    for number, dialect in enumerate(DIALECTS):
        share = len(range(number, listeners, len(DIALECTS)))
        calls += spoken(steady(share, until_s, server.lengths, random), dialect)
    return sorted(calls, key=lambda call: call.at_s)


SCENARIOS: dict[str, Scenario] = {"mixed": mixed}
