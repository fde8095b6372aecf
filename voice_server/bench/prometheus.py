"""What a server's own /metrics tell of a run: how late its event loop woke, and how busy it is."""

from __future__ import annotations

import math
import re

BUCKET = re.compile(r'^tts_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)

LOAD = re.compile(r'^tts_load\{of="[^"]+"\} (\S+)$', re.MULTILINE)

Buckets = dict[float, float]
"""Upper bounds in seconds, and how many values so far did not exceed them."""


def buckets_of(exposition: str) -> Buckets:
    """Read the buckets of the loop's lag from what /metrics says; empty if they are not there."""
    return {float(bound): float(num) for bound, num in BUCKET.findall(exposition)}


def load_of(exposition: str) -> float | None:
    """Return the highest load that /metrics tell; None if they do not."""
    return max(map(float, LOAD.findall(exposition)), default=None)


def lag_ms(before: Buckets, after: Buckets, share: float = 0.99) -> float | None:
    """Return the lag in ms that this share of those between two readings did not exceed; None if there were none.

    Within a bucket values are taken to lie evenly, as Prometheus does; beyond the last bound it is infinite.
    """
    counts = sorted((bound, num - before.get(bound, 0.0)) for bound, num in after.items())
    if not counts or counts[-1][1] <= 0:
        return None
    wanted = share * counts[-1][1]
    low_s, num_below = 0.0, 0.0
    for bound, num in counts:
        if num >= wanted and num > num_below:
            part = (wanted - num_below) / (num - num_below)
            return math.inf if bound == math.inf else (low_s + part * (bound - low_s)) * 1000
        low_s, num_below = bound, num
    return None
