"""What a measurement says: rows with a target beside each, and reasons not to believe them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from voice_server.bench import hearing
from voice_server.bench.hearing import BUFFERS_S, Percentiles
from voice_server.bench.log import CallLog, Run, RunLog
from voice_server.bench.plan import Span

MAX_LAG_MS = 5.0
"""What a generator may be late itself, p99: half of the tightest target."""

MAX_CORES = 0.8

MAX_STRANGERS = 0.15
"""Cores."""

Verdict = Literal["pass", "FAIL", "not believable", "not measured", ""]


@dataclass(frozen=True, slots=True)
class Row:
    """One number, None where it could not be had, and the target it must not exceed, if it has one.

    A headline is for those who want to know in a minute what to expect. An `unsure` one may be on this side of its
    target, or on that, by chance; False: whatever else is to be doubted, this is not.
    """

    what: str
    value: float | None
    unit: str
    target: float | None = None
    headline: bool = False
    unsure: bool | None = None


@dataclass(slots=True)
class Result:
    """What one scenario found. `doubts` say why its rows are not to be believed, `skipped` why there are none."""

    scenario: str
    title: str
    rows: list[Row] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    skipped: str | None = None

    def verdict(self, row: Row) -> Verdict:
        """Return how a row compares with its target."""
        if row.target is None:
            return ""
        if row.value is None:
            return "not measured"
        if row.unsure or (self.doubts and row.unsure is None):
            return "not believable"
        return "pass" if row.value <= row.target else "FAIL"


def doubts(run: Run) -> list[str]:
    """Return why a run is not to be believed: the generator was slow itself, or the machine had other work."""
    found: list[str] = []
    log = run.log
    lags = hearing.percentiles(log.lags)
    if lags is None or lags.p99 > MAX_LAG_MS:
        late = "never woke" if lags is None else f"woke {lags.p99:.1f} ms late (p99, at most {MAX_LAG_MS:g})"
        found.append(f"the load generator {late}: its machine is too slow, or busy with something else")
    if log.cores > MAX_CORES:
        found.append(
            f"the load generator used {log.cores:.0%} of a core (at most {MAX_CORES:.0%}): use more --generators"
        )
    if run.strangers is not None and run.strangers > MAX_STRANGERS:
        found.append(f"other programs used {run.strangers:.2f} cores meanwhile (at most {MAX_STRANGERS:g})")
    return found


def value(percentiles: Percentiles | None, which: Literal["p50", "p95", "p99", "worst"]) -> float | None:
    """Return one of the percentiles, None if there are none."""
    found: float | None = getattr(percentiles, which, None)
    return found


def summary(run: Run, counted: Span) -> dict[str, Any]:
    """Return all that can be told of a run. Calls planned outside of `counted` are left out."""
    log = run.log
    calls = [call for call in log.calls if counted[0] <= call.planned_at <= counted[1]]
    return {
        "calls": len(calls),
        "over": sum(call.is_over for call in calls),
        "refused": sum(call.refused for call in calls),
        "errors": sorted({call.error for call in calls if call.error is not None}),
        "num_errors": sum(call.error is not None for call in calls),
        "sessions": log.num_sockets,
        "listeners": round(hearing.in_flight(log.calls, counted), 1),
        "audio_s": round(sum(float(hearing.lengths(call).sum()) for call in calls), 1),
        "ttfb_ms": spread(calls, hearing.first_byte),
        "audible_ms": spread(calls, hearing.audible),
        "audible_after_text_ms": spread(calls, hearing.audible_after_text),
        "last_after_text_ms": spread(calls, hearing.last_after_text),
        "sounding_ms": spread(calls, hearing.sounding),
        "gap_ms": pooled(calls, lambda call: hearing.gaps(call, counted)),
        "needed_ms": pooled(calls, lambda call: hearing.needed(hearing.delays(call))),
        "late_ms": pooled(calls, lambda call: hearing.late(call, counted)),
        "rtf": spread(calls, _rtf, scale=1.0),
        "underruns": {f"{buffer_s * 1000:.0f}": hearing.all_underruns(calls, buffer_s) for buffer_s in BUFFERS_S},
        "generator": {"lag_ms": hearing.percentiles(log.lags), "cores": round(log.cores, 3)},
        "strangers_cores": run.strangers,
    }


def spread(
    calls: Sequence[CallLog], measure: Callable[[CallLog], float | None], scale: float = 1000.0
) -> Percentiles | None:
    """Return the percentiles of what can be measured of each call."""
    return hearing.percentiles((value for call in calls if (value := measure(call)) is not None), scale)


def pooled(calls: Sequence[CallLog], measure: Callable[[CallLog], Iterable[float]]) -> Percentiles | None:
    """Return the percentiles of what is measured of all calls' messages together."""
    return hearing.percentiles(value for call in calls for value in measure(call))


def _rtf(call: CallLog) -> float | None:
    told: float | None = call.done["timeline"]["rtf"] if call.done else None
    return told


def unfinished(log: RunLog, counted: Span) -> int:
    """Return how many calls failed, were refused or got no answer in time."""
    calls = [call for call in log.calls if counted[0] <= call.planned_at <= counted[1]]
    return sum(not call.is_over or call.error is not None for call in calls)
