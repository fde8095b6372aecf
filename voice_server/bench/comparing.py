"""Scenarios that compare a vendor's dialect with our own protocol, on one server: as much is sent in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from voice_server.bench import adapting, hearing, result
from voice_server.bench.pacing import RAMP_S, endless, us_per_frame
from voice_server.bench.plan import Call
from voice_server.bench.plan import spoken as in_dialect
from voice_server.bench.posting import POSTS, SAMPLE_RATE
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Load, Scenario, Server, Wishes, serving
from voice_server.bench.speaking import failures


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
"""What a frame costs is measured so often, by turns, since a machine is not the same all the time."""

TEXT = "Could you say that again?"

GAP_S = 0.02
"""Between one call and the next: the one before has been answered by then."""

MOST_MS = 0.3
"""What a dialect may add to the time until the first sound, p99."""

Times = Mapping[str, list[float]]


def compare(wishes: Wishes, dialect: str, listeners: int = 64) -> Result:
    """Measure both by turns: what a frame costs, and how long the first sound takes."""
    listeners, peer = wishes.listeners or listeners, PEERS[dialect]
    title = f"{dialect} and {peer.name} by turns, {listeners} sessions, tones; then one at a time"
    found = Result(dialect, title)
    costs: dict[str, list[float]] = {peer.dialect: [], dialect: []}
    with serving(wishes, "tone", dialect) as server:
        for spoken in [*costs] * ROUNDS:
            options = peer.options if spoken == peer.dialect else {}
            costs[spoken] += _frames(server, listeners, options, spoken, found)
        firsts, num_failed = _first_sounds(server, dialect, peer, found)
    found.details = {"us_per_frame": costs, "ttfb_ms": {each: hearing.percentiles(firsts[each]) for each in firsts}}
    found.rows = [
        failures(num_failed),
        *_cost(costs, dialect, peer),
        *_delay(firsts, dialect, peer),
        *_own(dialect, peer),
    ]
    return found


def _cost(costs: Times, dialect: str, peer: Peer) -> list[Row]:
    least = {spoken: min(cost) for spoken, cost in costs.items() if cost}
    ratio = least[dialect] / least[peer.dialect] if len(least) == len(costs) else None
    return [
        Row(f"server CPU per frame, of {peer.name}", ratio, "x", 1.3),
        Row("server CPU per frame", least.get(dialect), "us"),
    ]


def _delay(firsts: Times, dialect: str, peer: Peer) -> list[Row]:
    """Return how much later the first sound is."""
    theirs, ours = firsts[dialect], firsts[peer.dialect]
    p99, p50 = (hearing.apart(theirs, ours, share) for share in (0.99, 0.5))
    unsure = True if p99 and p99.low_ms <= MOST_MS < p99.high_ms else None
    return [
        Row(f"TTFB p99 over {peer.dialect}", p99.ms if p99 else None, "ms", MOST_MS, unsure=unsure),
        Row(f"TTFB p99 over {peer.dialect}, at most (95 % sure)", p99.high_ms if p99 else None, "ms"),
        Row(f"TTFB p50 over {peer.dialect}", p50.ms if p50 else None, "ms"),
        Row("TTFB p99", result.value(hearing.percentiles(theirs), "p99"), "ms"),
    ]


def _own(dialect: str, peer: Peer) -> list[Row]:
    """Return what of that is the adapter's own doing, where both are sockets."""
    theirs, ours = adapting.own_ms(dialect, {}), adapting.own_ms(peer.dialect, peer.options)
    if not theirs or not ours:
        return []
    what = f"adapter's own time until the first sound, p99 over {peer.dialect}"
    return [
        Row(what, theirs.p99 - ours.p99, "ms", MOST_MS, unsure=False),
        Row("adapter's own time until the first sound, p99", theirs.p99, "ms"),
    ]


def _frames(server: Server, listeners: int, options: Mapping[str, object], spoken: str, found: Result) -> list[float]:
    """Return the microseconds of the server's processor for a frame, while all streams run; none if not seen."""
    ramp_s = RAMP_S + 2.0
    until_s = ramp_s + server.wishes.lasting(10.0)
    calls = in_dialect(endless(server, listeners, until_s + LEAD_S), spoken)
    load = Load(calls, until_s, ramp_s, options, num_sockets=listeners, patience_s=0.0)
    load.slow = spoken in POSTS  # nothing else keeps a body from coming all at once
    run = server.run(load)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    frame = us_per_frame(run, (ramp_s, until_s))
    return [frame[0]] if frame else []


def _first_sounds(server: Server, dialect: str, peer: Peer, found: Result) -> tuple[Times, int]:
    """Return the seconds until each first sound, and how many never came, of calls one at a time, in turns.

    The two have the same words, the same server and the same seconds, so that what disturbs the one disturbs the
    other. Each is the first of two as often as the second.
    """
    until_s = server.wishes.lasting(60.0)
    either = (peer.dialect, dialect)
    turns = range(round(until_s / GAP_S))
    calls = [Call(GAP_S * turn, (TEXT,), dialect=either[(turn + turn // 2) % 2]) for turn in turns]
    load = Load(calls, until_s, options=peer.options, num_sockets=4)
    run = server.run(load)
    found.doubts += [doubt for doubt in result.doubts(run) if doubt not in found.doubts]
    firsts: dict[str, list[float]] = {spoken: [] for spoken in either}
    for call, log in zip(calls, run.log.calls, strict=True):
        if (first := hearing.first_byte(log)) is not None:
            firsts[call.dialect].append(first)
    return firsts, result.unfinished(run.log, load.counted)


SCENARIOS: dict[str, Scenario] = {dialect: partial(compare, dialect=dialect) for dialect in PEERS}
"""Not part of the standard set."""
