"""How the server is, in one look, for people: the answer of /v1/stats. Described in docs/metrics.md."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from voice_server.metrics import Metrics

PERCENTILES = (50, 95, 99)


def snapshot(metrics: Metrics) -> dict[str, Any]:
    """Return what can be said from the metrics alone: totals since the start, and percentiles of the latest values."""
    return {
        "ready": bool(metrics.value("tts_engine_ready")),
        "restarts": int(metrics.value("tts_engine_restarts")),
        "max_sessions": int(metrics.value("tts_sessions_limit")),
        "sessions": int(metrics.value("tts_sessions")),
        "utterances": int(metrics.value("tts_utterances")),
        "live_segments": int(metrics.value("tts_live_segments")),
        "over": _counts(metrics, "tts_utterances_over_total", "outcome"),
        "load": {of: round(share, 3) for of, share in metrics.by_label("tts_load", "of").items()},
        "audio_s": round(metrics.value("tts_audio_seconds_total"), 3),
        "late_chunks_dropped": int(metrics.value("tts_late_chunks_dropped")),
        "predicted_underruns": int(metrics.value("tts_predicted_underruns_total")),
        "ttfb_ms": percentiles_ms(metrics.ttfb.recent),
        "audible_ms": percentiles_ms(metrics.audible.recent),
        "queue_ms": percentiles_ms(metrics.queue.recent),
        "loop_lag_ms": percentiles_ms(metrics.loop_lag.recent),
        "refusals": _counts(metrics, "tts_refusals_total", "code"),
        "errors": _counts(metrics, "tts_errors_total", "code"),
        "engine_counts": _counts(metrics, "tts_engine_counts_total", "what"),
        "log_lines_lost": int(metrics.value("tts_log_lines_lost")),
    }


def percentiles_ms(seconds: Iterable[float]) -> dict[str, float | int]:
    """Return p50, p95, p99 and max in milliseconds, each a value that was observed, and how many there were."""
    ordered = sorted(seconds)
    if not ordered:
        return {"count": 0}
    ranks = {f"p{percent}": math.ceil(len(ordered) * percent / 100) - 1 for percent in PERCENTILES}
    told = {name: round(ordered[rank] * 1000, 3) for name, rank in ranks.items()}
    return {"count": len(ordered), **told, "max": round(ordered[-1] * 1000, 3)}


def _counts(metrics: Metrics, name: str, label: str) -> dict[str, int]:
    return {value: int(count) for value, count in sorted(metrics.by_label(name, label).items())}
