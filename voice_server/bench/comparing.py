"""Scenarios that compare a vendor's dialect with our own protocol, on one server: as much is sent in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from voice_server.bench import hearing, result
from voice_server.bench.pacing import RAMP_S, endless, us_per_frame
from voice_server.bench.plan import Call
from voice_server.bench.posting import POSTS, SAMPLE_RATE
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Wishes, serving
from voice_server.bench.speaking import failures
from voice_server.bench.texts import SENTENCES


@dataclass(frozen=True, slots=True)
class Peer:
    """What of ours a dialect is compared with: the socket or HTTP, with options to send as much, as often."""

    dialect: str
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return f"{self.dialect} {self.options['audio']}" if "audio" in self.options else self.dialect


PEERS: Mapping[str, Peer] = {
    "elevenlabs": Peer("native", {"audio": "base64", "timestamps": "char", "frame_ms": 100}),
    "cartesia": Peer("native", {"audio": "base64"}),
    "deepgram": Peer("native", {"audio": "base64"}),  # whose own audio is binary, and has no times
    **{dialect: Peer("native-http") for dialect in POSTS},
    "native-http": Peer("native", {"audio": "binary", "timestamps": "none", "sample_rate": SAMPLE_RATE}),
}

LEAD_S = 10.0
"""How far ahead of its listener a stream is; to fill it is no part of what is measured."""

ROUNDS = 3
"""Each is measured so often, by turns, since a machine is not the same all the time."""


def compare(wishes: Wishes, dialect: str, listeners: int = 64) -> Result:
    """Measure both by turns: what a frame costs, and how long the first sound takes."""
    listeners, peer = wishes.listeners or listeners, PEERS[dialect]
    title = f"{dialect} and {peer.name} by turns, {listeners} sessions, tones; then one at a time"
    found = Result(dialect, title)
    costs: dict[str, list[float]] = {peer.dialect: [], dialect: []}
    firsts: dict[str, list[float]] = {peer.dialect: [], dialect: []}
    num_failed = 0
    with serving(wishes, "tone", dialect) as server:
        for spoken in [*costs] * ROUNDS:
            options = peer.options if spoken == peer.dialect else {}
            costs[spoken] += _frames(server, listeners, options, spoken, found)
            heard, failed = _first_sounds(server, options, spoken, found)
            firsts[spoken] += heard
            num_failed += failed
    found.details = {"us_per_frame": costs, "ttfb_ms": {each: hearing.percentiles(firsts[each]) for each in firsts}}
    found.rows = [failures(num_failed), *_rows(costs, firsts, dialect, peer)]
    return found


def _rows(costs: Mapping[str, list[float]], firsts: Mapping[str, list[float]], dialect: str, peer: Peer) -> list[Row]:
    least = {spoken: min(cost) for spoken, cost in costs.items() if cost}
    ratio = least[dialect] / least[peer.dialect] if len(least) == len(costs) else None
    ours, theirs = (hearing.percentiles(firsts[spoken]) for spoken in (peer.dialect, dialect))
    return [
        Row(f"server CPU per frame, of {peer.name}", ratio, "x", 1.3),
        Row("server CPU per frame", least.get(dialect), "us"),
        Row(f"TTFB p99 over {peer.dialect}", theirs.p99 - ours.p99 if ours and theirs else None, "ms", 0.3),
        Row(f"TTFB p50 over {peer.dialect}", theirs.p50 - ours.p50 if ours and theirs else None, "ms"),
        Row("TTFB p99", result.value(theirs, "p99"), "ms"),
    ]


def _frames(server: Server, listeners: int, options: Mapping[str, object], spoken: str, found: Result) -> list[float]:
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


def _first_sounds(server: Server, options: Mapping[str, object], spoken: str, found: Result) -> tuple[list[float], int]:
    """Return the seconds until the first sound of sentences that come one at a time, and how many never came."""
    until_s = server.wishes.lasting(20.0)
    calls = [Call(0.1 * number, (SENTENCES[number % len(SENTENCES)],)) for number in range(1, round(until_s * 10))]
    load = Load(calls, until_s, options=options, num_sockets=4, dialect=spoken)
    run = server.run(load)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    heard = [first for log in run.log.calls if (first := hearing.first_byte(log)) is not None]
    return heard, result.unfinished(run.log, load.counted)


SCENARIOS: dict[str, Scenario] = {dialect: partial(compare, dialect=dialect) for dialect in PEERS}
"""Not part of the standard set."""
