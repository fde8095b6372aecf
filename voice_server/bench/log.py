"""What the load generator writes down while it works: times and sizes, and nothing it would have to think about."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import Any

READY = b"ready\n"
"""What a generator says when its sockets are open."""

MOMENT = struct.Struct("!d")
"""When it is to begin: seconds of the machine's monotonic clock."""

FRAME_S = 0.02


@dataclass(slots=True)
class CallLog:
    """What became of one call. Times are seconds into the run; None for what never came.

    `times` and `sizes` (bytes) are those of its audio messages, `stray` the bytes of audio that came after its end.
    `audible_at` is when the message with the first sample above -50 dBFS came, `audible_s` where in the audio that
    sample is. `asked_at` is when it asked for a socket of its own, if it had to; `told_at` when the last of its text
    was sent, `error_at` when it was refused or failed. `started` and `done` are the server's own messages.
    """

    planned_at: float
    asked_at: float | None = None
    sent_at: float | None = None
    told_at: float | None = None
    times: array[float] = field(default_factory=lambda: array("d"))
    sizes: array[int] = field(default_factory=lambda: array("l"))
    audible_at: float | None = None
    audible_s: float | None = None
    done_at: float | None = None
    cancel_sent_at: float | None = None
    cancelled_at: float | None = None
    stray: int = 0
    error: str | None = None
    error_at: float | None = None
    refused: bool = False
    started: dict[str, Any] | None = None
    done: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the server has said that nothing follows."""
        return self.done_at is not None or self.cancelled_at is not None or self.error is not None

    @property
    def bytes_per_s(self) -> float:
        """Size of a second of audio; 0 where that varies, as with Opus, and each message is `frame_ms` long."""
        started = self.started or {}
        size = {"pcm_s16le": 2, "pcm_f32le": 4, "mulaw": 1, "alaw": 1}.get(started.get("format", ""), 0)
        return float(size * started.get("sample_rate", 0))

    def ending(self) -> dict[str, Any]:
        """Return what our own protocol tells at the end, as far as it is known where another is spoken."""
        if self.cancel_sent_at is not None:
            return {"type": "cancelled"}
        timeline = {"text_wait_ms": 0.0, "rtf": None}
        return {"type": "done", "audio_ms": sum(self.sizes) / self.bytes_per_s * 1000, "timeline": timeline}

    @property
    def message_s(self) -> float:
        """Length of every message where sizes do not tell it."""
        return float((self.started or {}).get("frame_ms", 20)) / 1000


@dataclass(slots=True)
class RunLog:
    """A run of one generator, or of several that were merged.

    `began_at` is the run's 0 on the machine's monotonic clock. `lags` is how many seconds too late each of the
    generator's own timers fired, `cores` the share of a core it used; of several the busiest, `all_cores` all.
    """

    began_at: float
    took_s: float
    calls: list[CallLog]
    lags: array[float]
    cores: float
    all_cores: float
    num_sockets: int


@dataclass(frozen=True, slots=True)
class Usage:
    """At a moment of the monotonic clock: seconds of processor used so far, and bytes in memory (0: not looked).

    `machine_cpu_s` is that of all programs together, the one that looks left out.
    """

    at: float
    server_cpu_s: float
    engine_cpu_s: float
    machine_cpu_s: float
    server_rss: int = 0
    engine_rss: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a plan: the generators' log and, `usages`, what the watched server had used when."""

    log: RunLog
    usages: list[Usage]

    def window(self, start_s: float, end_s: float) -> tuple[Usage, Usage] | None:
        """Return the first usage noted from `start_s` into the run on, and the last until `end_s`."""
        began_at = self.log.began_at
        inside = [usage for usage in self.usages if start_s <= usage.at - began_at <= end_s]
        return (inside[0], inside[-1]) if len(inside) > 1 else None

    @property
    def strangers(self) -> float | None:
        """How many cores other programs used meanwhile: neither the server nor the load. None where not known."""
        window = self.window(0.0, self.log.took_s)
        if window is None:
            return None
        first, last = window
        ours_s = last.server_cpu_s - first.server_cpu_s + last.engine_cpu_s - first.engine_cpu_s
        took_s = last.at - first.at
        return max((last.machine_cpu_s - first.machine_cpu_s - ours_s) / took_s - self.log.all_cores, 0.0)


def merged(logs: list[RunLog]) -> RunLog:
    """Put together what several generators did at the same time."""
    lags = array("d")
    for log in logs:
        lags.extend(log.lags)
    return RunLog(
        logs[0].began_at,
        max(log.took_s for log in logs),
        sorted((call for log in logs for call in log.calls), key=lambda call: call.planned_at),
        lags,
        max(log.cores for log in logs),
        sum(log.all_cores for log in logs),
        sum(log.num_sockets for log in logs),
    )
