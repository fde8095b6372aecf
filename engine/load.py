"""How busy something is: the share of its time that it worked over the last seconds. Pure; time is given."""

from __future__ import annotations

import math

TIME_S = 3.0
"""Seconds over which it is averaged: a burst that is over in half a second shows, and does not count as a load."""


class LoadMeter:
    """An average that forgets exponentially, of readings at any intervals."""

    def __init__(self, now: float) -> None:
        self._value = 0.0
        self._at = now

    def worked(self, worked_s: float, now: float) -> float:
        """Count the seconds worked since the last call; return the share of time worked lately, 0 to 1."""
        passed_s = now - self._at
        if passed_s > 0:
            share = min(worked_s / passed_s, 1.0)
            self._value = share + (self._value - share) * math.exp(-passed_s / TIME_S)
            self._at = now
        return self._value
