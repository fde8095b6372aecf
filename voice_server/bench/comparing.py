"""Scenarios that compare a vendor's dialect with our own protocol, on one server: as much is sent in both."""

from __future__ import annotations

from functools import partial

from voice_server.bench import hearing, result
from voice_server.bench.pacing import RAMP_S, endless, us_per_frame
from voice_server.bench.plan import Call
from voice_server.bench.posting import POSTS
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Wishes, serving
from voice_server.bench.speaking import failures
from voice_server.bench.texts import SENTENCES

LIKE: dict[str, dict[str, object]] = {
    "elevenlabs": {"audio": "base64", "timestamps": "char", "frame_ms": 100},
    "cartesia": {"audio": "base64"},
    "deepgram": {"audio": "base64"},  # whose own audio is binary, and has no times
    **{
        dialect: {"audio": "binary", "timestamps": "none", "sample_rate": post.sample_rate}
        for dialect, post in POSTS.items()
    },
}
"""The options with which ours sends as much, as often, as the dialect does."""

LEAD_S = 10.0
"""How far ahead of its listener a stream is; to fill it is no part of what is measured."""

ROUNDS = 3
"""Each is measured so often, by turns, since a machine is not the same all the time."""


def compare(wishes: Wishes, dialect: str, listeners: int = 64) -> Result:
    """Measure both by turns: what a frame costs, and how long the first sound takes."""
    listeners = wishes.listeners or listeners
    ours_is = f"native {LIKE[dialect]['audio']}"
    found = Result(dialect, f"{dialect} and {ours_is} by turns, {listeners} sessions, tones; then one at a time")
    costs: dict[str, list[float]] = {"native": [], dialect: []}
    firsts: dict[str, list[float]] = {"native": [], dialect: []}
    num_failed = 0
    with serving(wishes, "tone", dialect) as server:
        for spoken in [*costs] * ROUNDS:
            options = LIKE[dialect] if spoken == "native" else {}
            costs[spoken] += _frames(server, listeners, options, spoken, found)
            heard, failed = _first_sounds(server, options, spoken, found)
            firsts[spoken] += heard
            num_failed += failed
    least = {spoken: min(cost) for spoken, cost in costs.items() if cost}
    ratio = least[dialect] / least["native"] if len(least) == len(costs) else None
    found.details = {"us_per_frame": costs, "ttfb_ms": {each: hearing.percentiles(firsts[each]) for each in firsts}}
    ours, theirs = (hearing.percentiles(firsts[spoken]) for spoken in ("native", dialect))
    found.rows = [
        failures(num_failed),
        Row(f"server CPU per frame, of {ours_is}", ratio, "x", 1.3),
        Row("server CPU per frame", least.get(dialect), "us"),
        Row("TTFB p99 over native", theirs.p99 - ours.p99 if ours and theirs else None, "ms", 0.3),
        Row("TTFB p50 over native", theirs.p50 - ours.p50 if ours and theirs else None, "ms"),
        Row("TTFB p99", result.value(theirs, "p99"), "ms"),
    ]
    return found


def _frames(server: Server, listeners: int, options: dict[str, object], spoken: str, found: Result) -> list[float]:
    """Return the microseconds of the server's processor for a frame, while all streams run; none if not seen."""
    ramp_s = RAMP_S + 2.0
    until_s = ramp_s + server.wishes.lasting(10.0)
    calls = endless(server, listeners, until_s + LEAD_S)
    load = Load(calls, until_s, ramp_s, options, num_sockets=listeners, patience_s=0.0, dialect=spoken)
    load.slow = spoken in POSTS  # nothing else keeps a body from coming all at once
    run = server.run(load)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    frame = us_per_frame(run, (ramp_s, until_s))
    return [frame[0]] if frame else []


def _first_sounds(server: Server, options: dict[str, object], spoken: str, found: Result) -> tuple[list[float], int]:
    """Return the seconds until the first sound of sentences that come one at a time, and how many never came."""
    until_s = server.wishes.lasting(20.0)
    calls = [Call(0.1 * number, (SENTENCES[number % len(SENTENCES)],)) for number in range(1, round(until_s * 10))]
    load = Load(calls, until_s, options=options, num_sockets=4, dialect=spoken)
    run = server.run(load)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    heard = [first for log in run.log.calls if (first := hearing.first_byte(log)) is not None]
    return heard, result.unfinished(run.log, load.counted)


SCENARIOS: dict[str, Scenario] = {dialect: partial(compare, dialect=dialect) for dialect in LIKE}
"""Not part of the standard set."""
