"""Scenarios in which many listen for long: what a frame costs, how late it is, and how soon a cancel is silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from voice_server.bench import hearing, result
from voice_server.bench.aborting import working
from voice_server.bench.log import CallLog, Run
from voice_server.bench.plan import Call, Span, spread
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import LagProbe, Load, Scenario, Server, Unmeasured, Wishes, floor, serving
from voice_server.bench.speaking import failures
from voice_server.bench.texts import monologue

RAMP_S = 3.0

START_S = 1.0
"""Sessions begin at random moments of the first second."""

LEAD_S = 0.2
"""How far ahead of its listener a paced stream may be: little, so that each frame leaves when it is due."""

PACED: Mapping[str, object] = {"frame_ms": 20, "max_lead_s": LEAD_S, "timestamps": "none"}

MARGIN = 1.3
"""Texts are this much longer than they would have to be."""


def paced(wishes: Wishes, listeners: int = 128) -> Result:
    """What a frame costs the server, next to what it costs an app that does nothing else."""
    listeners = wishes.listeners or listeners
    until_s = RAMP_S + wishes.lasting(20.0)
    title = f"{listeners} sessions x 50 PCM frames/s, tones"
    with floor(wishes, f"paced-{listeners}") as bare:
        calls = spread(["."] * listeners, START_S, wishes.random)
        lowest = bare.run(Load(calls, until_s, RAMP_S, num_sockets=listeners, patience_s=0.0))
    with serving(wishes, "tone", f"paced-{listeners}") as server:
        found, run = _stream(server, listeners, PACED, title)
    frame, least = us_per_frame(run, found.details["running_s"]), us_per_frame(lowest, found.details["running_s"])
    found.details["floor"] = result.summary(lowest, (0.0, until_s))
    found.doubts += [f"floor: {doubt}" for doubt in result.doubts(lowest)]
    ratio = frame[0] / least[0] if frame and least and least[0] else None
    found.rows[:0] = [
        Row("server CPU per frame, of the one-ticker floor", ratio, "x", 1.5, headline=True),
        Row("server CPU per frame", frame and frame[0], "us"),
        Row("floor CPU per frame", least and least[0], "us"),
        Row("engine CPU per frame", frame and frame[1], "us", 15.0),
    ]
    found.rows += [_late(found, 10.0), Row("loop lag p99", found.details["loop_lag_p99_ms"], "ms", 10.0)]
    return found


def crowd(wishes: Wishes, listeners: int = 512) -> Result:
    """Four times as many."""
    listeners = wishes.listeners or listeners
    with serving(wishes, "tone", f"paced-{listeners}") as server:
        found, run = _stream(server, listeners, PACED, f"{listeners} sessions x 50 PCM frames/s, tones")
    frame = us_per_frame(run, found.details["running_s"])
    found.rows += [_late(found, 20.0), Row("server CPU per frame", frame and frame[0], "us")]
    return found


def opus(wishes: Wishes, listeners: int = 128) -> Result:
    """Speech as Opus."""
    listeners = wishes.listeners or listeners
    options = {**PACED, "format": "opus"}
    with serving(wishes, "espeak", f"opus-{listeners}") as server:
        check_opus(server)
        found, run = _stream(server, listeners, options, f"{listeners} sessions of speech as Opus, 20 ms packets")
    frame = us_per_frame(run, found.details["running_s"])
    cores = (frame[0] + frame[1]) * 50 * listeners / 1e6 if frame else None
    found.rows += [
        Row("server and engine", cores, "cores", 0.8, headline=True),
        Row("server CPU per frame", frame and frame[0], "us"),
        Row("engine CPU per frame", frame and frame[1], "us"),
        _late(found, 20.0),
    ]
    return found


def check_opus(server: Server) -> None:
    """Raise Unmeasured if a server does not send Opus."""
    (log,) = server.run(Load([Call(0.0, ("Yes.",))], 0.1, options={"format": "opus"})).log.calls
    if log.done is None:
        raise Unmeasured(f"this server does not send Opus: {log.error or 'no answer'}")


def cancel(wishes: Wishes, listeners: int = 64) -> Result:
    """Interrupt: how soon it is quiet."""
    listeners = wishes.listeners or listeners
    until_s = RAMP_S + wishes.lasting(10.0)
    random = wishes.random
    with serving(wishes, "espeak", "cancel") as server:
        calls = [
            replace(call, cancel_s=random.uniform(RAMP_S, until_s) - call.at_s)
            for call in endless(server, listeners, until_s + 2.0)
        ]
        fast = server.run(Load(calls, until_s, options=PACED, num_sockets=listeners))
        slow_calls = [Call(call.at_s, call.pieces, cancel_s=5.0 + call.at_s) for call in calls[:4]]
        slow = server.run(Load(slow_calls, 7.0, num_sockets=len(slow_calls), slow=True))
    counted = (0.0, until_s)
    details = {"fast": result.summary(fast, counted), "slow": result.summary(slow, counted)}
    found = Result("cancel", f"{listeners} paced sessions, each cancelled at a moment of its own", details=details)
    found.doubts = result.doubts(fast)
    found.rows = [*_fast_rows(fast.log.calls), *_slow_rows(slow.log.calls)]
    if wishes.url is None:
        found.rows += _engine_rows(wishes, listeners)
    return found


def _fast_rows(calls: list[CallLog]) -> Iterable[Row]:
    seen = [hearing.after_cancel(call) for call in calls if call.cancelled_at is not None]
    last_ms = hearing.percentiles(last_s for last_s, _, _ in seen)
    told_ms = hearing.percentiles(told_s for _, told_s, _ in seen)
    yield failures(len(calls) - len(seen))
    yield Row("last byte p99 after the cancel", result.value(last_ms, "p99"), "ms", 5.0, headline=True)
    yield Row("`cancelled` p99 after the cancel", result.value(told_ms, "p99"), "ms", 10.0, headline=True)
    yield Row("audio after `cancelled`", float(sum(call.stray for call in calls)), "bytes", 0.0)


def _slow_rows(calls: list[CallLog]) -> Iterable[Row]:
    seen = [hearing.after_cancel(call) for call in calls if call.cancelled_at is not None]
    yield Row("unanswered, read at 1 x real time", float(len(calls) - len(seen)), "", 0.0)
    most = max((num_bytes for _, _, num_bytes in seen), default=None)
    yield Row("old audio after the cancel, read at 1 x", None if most is None else most / 1000, "kB", 300.0)
    told_ms = hearing.percentiles(told_s for _, told_s, _ in seen)
    yield Row("`cancelled` after the cancel, read at 1 x", result.value(told_ms, "worst"), "ms")
    yield Row("audio after `cancelled`, read at 1 x", float(sum(call.stray for call in calls)), "bytes", 0.0)


def _engine_rows(wishes: Wishes, utterances: int) -> Iterable[Row]:
    """Measure how soon the engine is free: a step that has begun is ended, then the order is done."""
    with working(utterances, wishes.random) as worker:
        free = hearing.percentiles(worker.abort() for _ in range(50 if wishes.quick else 200))
        steps = hearing.percentiles(worker.steps)
    assert free
    assert steps
    yield Row("engine free after the order, p99 (one step + 2 ms)", free.p99, "ms", steps.p99 + 2.0)


def endless(server: Server, listeners: int, for_s: float) -> list[Call]:
    """Return calls at random moments of the first second, that go on for longer than anyone measures."""
    random = server.wishes.random
    num_chars = round(for_s * server.chars_per_s * MARGIN)
    return spread([monologue(num_chars, random) for _ in range(listeners)], START_S, random)


def _stream(server: Server, listeners: int, options: Mapping[str, object], title: str) -> tuple[Result, Run]:
    until_s = RAMP_S + server.wishes.lasting(20.0)
    calls = endless(server, listeners, until_s + LEAD_S)
    load = Load(calls, until_s, RAMP_S, options, num_sockets=listeners, patience_s=0.0)
    probe = LagProbe(server, RAMP_S, until_s)
    run = server.run(load, probe)
    found = Result(server.scenario, title, doubts=result.doubts(run))
    found.details = _stream_summary(run, until_s)
    found.details["loop_lag_p99_ms"] = probe.p99_ms
    found.rows.append(_missing(run, until_s, listeners))
    return found, run


def _stream_summary(run: Run, until_s: float) -> dict[str, object]:
    """Return what there is to tell, the beginning counted for first sounds and left out for the rest."""
    running = (RAMP_S, until_s)
    return {
        **result.summary(run, (0.0, until_s)),
        "gap_ms": result.pooled(run.log.calls, lambda call: hearing.gaps(call, running)),
        "late_ms": result.pooled(run.log.calls, lambda call: hearing.late(call, running)),
        "frames": hearing.num_frames(run.log.calls, running),
        "running_s": running,
    }


def _missing(run: Run, until_s: float, listeners: int) -> Row:
    """Return how much of the audio that players need did not come: who falls behind must not look cheap."""
    wanted = 50.0 * listeners * (until_s - RAMP_S)
    came = hearing.num_frames(run.log.calls, (RAMP_S, until_s))
    return Row("frames missing", max(100.0 * (1.0 - came / wanted), 0.0), "%", 1.0)


def _late(found: Result, target_ms: float) -> Row:
    return Row("frames late, p99", result.value(found.details["late_ms"], "p99"), "ms", target_ms)


def us_per_frame(run: Run, during: Span) -> tuple[float, float] | None:
    """Return the microseconds of processor that server and engine used per frame, while all streams ran."""
    window = run.window(*during)
    if window is None:
        return None
    first, last = window
    seen = (first.at - run.log.began_at, last.at - run.log.began_at)
    frames = hearing.num_frames(run.log.calls, seen)
    if not frames:
        return None
    server_s, engine_s = last.server_cpu_s - first.server_cpu_s, last.engine_cpu_s - first.engine_cpu_s
    return server_s / frames * 1e6, engine_s / frames * 1e6


SCENARIOS: dict[str, Scenario] = {"paced": paced, "paced-512": crowd, "opus": opus, "cancel": cancel}
