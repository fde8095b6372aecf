"""Which segments are worked on now, in what order, and when to look again. Pure policy: no clock, no I/O.

Earliest deadline first. The deadline of an utterance that has made no sound yet is the moment its text came, that
of any other the moment its listener runs dry. So a first sound goes before whoever has audio in hand, then comes
who runs dry soonest; and since deadlines are fixed points in time that all of them reach, nobody starves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

from engine.listener import Listener
from engine.types import SegmentId

GRID_S = 0.020
"""Seconds between the moments at which paced listeners are served: so many of them share one step."""

ROOM_S = 2 * GRID_S
"""A paced listener is served when its lead has room for so much. What is made then goes straight out: there is room for
it under the lead, also by the clock of who sends it, which runs a little behind."""


class Claim(Protocol):
    """A live segment's claim on the engine. Times are seconds of one monotonic clock."""

    @property
    def segment_id(self) -> SegmentId:
        """The live segment."""

    @property
    def listener(self) -> Listener:
        """Who listens to its utterance."""

    @property
    def submitted_at(self) -> float:
        """When the utterance's first segment was submitted."""

    @property
    def max_lead_s(self) -> float:
        """The audio a listener may have in hand before the work for it pauses; 0: any amount."""


def plan(claims: Iterable[Claim], now: float) -> dict[SegmentId, float]:
    """Return the due segments, most urgent first, and the seconds until each listener runs dry (-inf: no sound yet)."""
    due: list[tuple[float, SegmentId, float]] = []
    for claim in claims:
        lead_s = claim.listener.lead_s(now)
        if lead_s <= 0.0 and claim.listener.sent_s == 0.0:
            due.append((claim.submitted_at, claim.segment_id, -math.inf))
        elif claim.max_lead_s == 0.0 or _resumes_at(now + lead_s, claim.max_lead_s) <= now:
            due.append((now + lead_s, claim.segment_id, lead_s))
    due.sort()
    return {segment_id: lead_s for _, segment_id, lead_s in due}


def next_due_at(claims: Iterable[Claim], now: float) -> float:
    """Return when the first of these segments is due: `now` or before if one is already, inf if there are none."""
    earliest = math.inf
    for claim in claims:
        lead_s = claim.listener.lead_s(now)
        if lead_s <= 0.0 or claim.max_lead_s == 0.0:
            return now
        earliest = min(earliest, _resumes_at(now + lead_s, claim.max_lead_s))
        if earliest <= now:
            return now
    return earliest


def _resumes_at(dry_at: float, max_lead_s: float) -> float:
    """Return when a paced listener is served again: on the grid once there is room, but never later than dry."""
    return min(dry_at, (math.floor((dry_at - max_lead_s + ROOM_S) / GRID_S) + 1) * GRID_S)
