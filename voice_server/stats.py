"""How the server is, in one look, for people: the answer of /v1/stats. Described in docs/metrics.md."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from voice_server.metrics import Metrics, Values

PERCENTILES = (50, 95, 99)


def snapshot(metrics: Metrics) -> dict[str, Any]:
    """Return what can be said from the metrics alone: totals since the start, and percentiles of the latest values."""
    values = metrics.values()
    return {
        "ready": bool(values.one("tts_engine_ready")),
        "restarts": int(values.one("tts_engine_restarts")),
        "max_sessions": int(values.one("tts_sessions_limit")),
        "sessions": int(values.one("tts_sessions")),
        "utterances": int(values.one("tts_utterances")),
        "live_segments": int(values.one("tts_live_segments")),
        "over": _counts(values, "tts_utterances_over_total", "outcome"),
        "load": {of: round(share, 3) for of, share in values.by_label("tts_load", "of").items()},
        "audio_s": round(values.one("tts_audio_seconds_total"), 3),
        "late_chunks_dropped": int(values.one("tts_late_chunks_dropped")),
        "predicted_underruns": int(values.one("tts_predicted_underruns_total")),
        "ttfb_ms": percentiles_ms(metrics.ttfb.recent),
        "audible_ms": percentiles_ms(metrics.audible.recent),
        "queue_ms": percentiles_ms(metrics.queue.recent),
        "loop_lag_ms": percentiles_ms(metrics.loop_lag.recent),
        "refusals": _counts(values, "tts_refusals_total", "code"),
        "errors": _counts(values, "tts_errors_total", "code"),
        "engine_counts": _counts(values, "tts_engine_counts_total", "what"),
        "log_lines_lost": int(values.one("tts_log_lines_lost")),
    }


def percentiles_ms(seconds: Iterable[float]) -> dict[str, float | int]:
    """Return p50, p95, p99 and max in milliseconds, each a value that was observed, and how many there were."""
    ordered = sorted(seconds)
    if not ordered:
        return {"count": 0}
    ranks = {f"p{percent}": math.ceil(len(ordered) * percent / 100) - 1 for percent in PERCENTILES}
    told = {name: round(ordered[rank] * 1000, 3) for name, rank in ranks.items()}
    return {"count": len(ordered), **told, "max": round(ordered[-1] * 1000, 3)}


def _counts(values: Values, name: str, label: str) -> dict[str, int]:
    return {value: int(count) for value, count in sorted(values.by_label(name, label).items())}
