"""How much may be used, by the whole server or by the holder of a key, and how much is. No clock: the time is given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from voice_server.errors import Busy, RateLimited

SESSION_RETRY_S = 1.0
"""When to try again where all sessions, or utterances, are taken: nobody knows when one is free."""

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Quota:
    """Sessions and utterances at a time, characters of text per minute; None: as many as you like."""

    sessions: int | None = None
    utterances: int | None = None
    chars_per_minute: int | None = None

    def within(self, other: Quota) -> Quota:
        """Return what is left of this under another quota."""
        pairs = (
            (self.sessions, other.sessions),
            (self.utterances, other.utterances),
            (self.chars_per_minute, other.chars_per_minute),
        )
        return Quota(*(min((each for each in pair if each is not None), default=None) for pair in pairs))


class Bucket:
    """A minute's worth of characters, refilled all the time."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._level = float(per_minute)
        self._at = -math.inf

    def wait_s(self, num: int, now: float) -> float:
        """Return the seconds until so many may be taken; 0: now. What is more than a minute's worth never may."""
        if num > self.per_minute:
            return math.inf
        level = min(self._level + max(now - self._at, 0.0) * self.per_minute / MINUTE_S, self.per_minute)
        self._level, self._at = level, max(now, self._at)
        return max(num - level, 0.0) * MINUTE_S / self.per_minute

    def take(self, num: int) -> None:
        """Take so many, after `wait_s` has said that they are there."""
        self._level -= num


def _bucket(quota: Quota) -> Bucket | None:
    return Bucket(quota.chars_per_minute) if quota.chars_per_minute is not None else None


def _reached(num: int, limit: int | None) -> bool:
    return limit is not None and num >= limit


class Allowance:
    """What one user of the server has of its Quota, within the allowance `above`, if there is one.

    The lowest is a key's, or the server's own where there are none. Beyond a key's quota is RateLimited, beyond the
    server's Busy, except for characters.
    """

    def __init__(self, quota: Quota = Quota(), above: Allowance | None = None) -> None:
        self.num_sessions = 0
        self.num_utterances = 0
        self._own = quota
        self._above = above
        self._bucket = _bucket(quota)

    @property
    def quota(self) -> Quota:
        """What this comes to, with all that is above."""
        return self._own if self._above is None else self._own.within(self._above.quota)

    def change(self, quota: Quota) -> None:
        """Have another quota from now on. What is used stays used; another number of characters begins a new minute."""
        if quota.chars_per_minute != self._own.chars_per_minute:
            self._bucket = _bucket(quota)
        self._own = quota

    @contextmanager
    def session(self) -> Iterator[None]:
        """Count a session while this lasts. Raises RateLimited or Busy where there are enough."""
        for each in self._all():
            if _reached(each.num_sessions, each._own.sessions):
                raise each._full(f"all {each._own.sessions} sessions{each._whose()} are taken: try again later")
        for each in self._all():
            each.num_sessions += 1
        try:
            yield
        finally:
            for each in self._all():
                each.num_sessions -= 1

    def open_utterance(self) -> None:
        """Count one more utterance. Raises RateLimited or Busy where there are enough."""
        for each in self._all():
            if _reached(each.num_utterances, each._own.utterances):
                message = f"at most {each._own.utterances} utterances{each._whose()} at a time: wait for a done"
                raise each._full(message)
        for each in self._all():
            each.num_utterances += 1

    def close_utterance(self) -> None:
        """Count one utterance less."""
        for each in self._all():
            each.num_utterances -= 1

    def take_chars(self, num: int, now: float) -> None:
        """Use up so many characters. Raises RateLimited where that is too many for now, and takes none."""
        buckets = [each._bucket for each in self._all() if each._bucket is not None]
        for bucket in buckets:
            wait_s = bucket.wait_s(num, now)
            if wait_s == math.inf:
                message = f"at most {bucket.per_minute} characters may come in a minute: send less at a time"
                raise RateLimited(message, field="text", retry_after_s=MINUTE_S)
            if wait_s > 0:
                message = f"{bucket.per_minute} characters a minute are used up: go on in {wait_s:.1f} s"
                raise RateLimited(message, field="text", retry_after_s=round(wait_s, 3))
        for bucket in buckets:
            bucket.take(num)

    def _all(self) -> Iterator[Allowance]:
        each: Allowance | None = self
        while each is not None:
            yield each
            each = each._above

    def _whose(self) -> str:
        return " of this key" if self._above is not None else ""

    def _full(self, message: str) -> Busy | RateLimited:
        kind = Busy if self._above is None else RateLimited
        return kind(message, retry_after_s=SESSION_RETRY_S)
