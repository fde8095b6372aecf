"""What a listener would have noticed, worked out afterwards from what the generator wrote down. Pure functions.

A listener's player starts `buffer_s` after the first audio has come and then plays in real time; where the next
sample is not there yet it stands still until it is, and plays on at once. Each time it stands still is an underrun.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_server.bench.log import FRAME_S, CallLog
from voice_server.bench.plan import Span

Floats = NDArray[np.float64]

SAMPLE_S = 1 / 48_000
"""To stand still for less than this is rounding."""

BUFFERS_S = (0.0, 0.06, 0.2)

DRAWS = 500

EVER: Span = (-np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of `num` values: an observed one that so many percent do not exceed."""

    p50: float
    p95: float
    p99: float
    worst: float
    num: int


@dataclass(frozen=True, slots=True)
class Underruns:
    """How often players of one kind stood still, how many of them did, and the longest that one was short, in ms."""

    num: int
    listeners: int
    worst_ms: float


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a percentile of one thing lies above that of another, in ms, and between what it really is, 95 % sure."""

    ms: float
    low_ms: float
    high_ms: float


def apart(theirs: Sequence[float], ours: Sequence[float], share: float) -> Apart | None:
    """Return how far a percentile of `theirs` lies above that of `ours`, both in seconds; None where one is empty.

    How sure that is comes from drawing as many values again and again from those there are, with repeats.
    """
    if not theirs or not ours:
        return None
    random = np.random.default_rng(1)
    both = [np.sort(np.asarray(values, np.float64)) * 1000 for values in (theirs, ours)]
    drawn = [random.choice(values, (DRAWS, values.size)) for values in both]
    ends = [np.quantile(each, share, axis=1, method="inverted_cdf") for each in drawn]
    low, high = np.quantile(ends[0] - ends[1], (0.025, 0.975))
    values = [float(np.quantile(each, share, method="inverted_cdf")) for each in both]
    return Apart(values[0] - values[1], float(low), float(high))


def percentiles(values: Iterable[float], scale: float = 1000.0) -> Percentiles | None:
    """Return the percentiles of values times `scale` (seconds to ms), None where there is no value."""
    found = np.sort(np.fromiter(values, np.float64)) * scale
    if not found.size:
        return None
    p50, p95, p99 = (float(found[int(np.ceil(found.size * share)) - 1]) for share in (0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99, float(found[-1]), int(found.size))


def lengths(log: CallLog) -> Floats:
    """Return the seconds of audio in each message of a call."""
    if log.bytes_per_s:
        return np.asarray(log.sizes, np.float64) / log.bytes_per_s
    return np.full(len(log.sizes), log.message_s)


def delays(log: CallLog) -> Floats:
    """Return how much later than its place in the audio each message came, on a clock that is 0 at the first."""
    if not log.times:
        return np.empty(0)
    times = np.asarray(log.times, np.float64)
    heard = lengths(log)
    late: Floats = times - times[0] - (np.cumsum(heard) - heard)
    return late


def underruns(delayed: Floats, buffer_s: float) -> tuple[int, float]:
    """Return how often a player stood still, and the most it was short of in seconds. `delayed` is from `delays`."""
    short = np.maximum.accumulate(np.maximum(delayed - buffer_s, 0.0)) if delayed.size else delayed
    stands = np.diff(short, prepend=0.0) > SAMPLE_S
    return int(stands.sum()), float(short[-1]) if short.size else 0.0


def all_underruns(calls: Sequence[CallLog], buffer_s: float) -> Underruns:
    """Return the underruns of the players of all calls."""
    found = [underruns(delays(log), buffer_s) for log in calls]
    return Underruns(
        sum(num for num, _ in found),
        sum(num > 0 for num, _ in found),
        max((worst for _, worst in found), default=0.0) * 1000,
    )


def needed(delayed: Floats) -> Floats:
    """Return how much later than an unbuffered player needs it each message came; 0 for what came in time.

    The player is the one of `underruns`: where it had to wait, it needs everything after that so much later.
    """
    if not delayed.size:
        return delayed
    waited = np.maximum.accumulate(np.maximum(delayed, 0.0))
    return np.diff(waited, prepend=0.0)


def late(log: CallLog, during: Span = EVER) -> Floats:
    """Return how much later each message of a stream came, than if all had been as prompt as its promptest.

    This is the delay variation of RFC 5481. It is never less than what a player that begins at once is short of,
    and does not get smaller by sending ahead. Only messages that came `during` a time are looked at.
    """
    delayed = delays(log)[_within(log, during)]
    return delayed - delayed.min() if delayed.size else delayed


def gaps(log: CallLog, during: Span = EVER) -> Floats:
    """Return the seconds between a call's audio messages that came one after the other `during` a time."""
    return np.diff(np.asarray(log.times, np.float64)[_within(log, during)])


def num_frames(calls: Iterable[CallLog], during: Span = EVER) -> float:
    """Return how many 20 ms frames of audio came `during` a time."""
    return float(sum(lengths(log)[_within(log, during)].sum() for log in calls)) / FRAME_S


def _within(log: CallLog, during: Span) -> NDArray[np.bool_]:
    times = np.asarray(log.times, np.float64)
    return (times >= during[0]) & (times <= during[1])


def first_byte(log: CallLog) -> float | None:
    """Return the seconds from a call's planned moment to its first audio."""
    return log.times[0] - log.planned_at if log.times else None


def audible(log: CallLog) -> float | None:
    """Return the seconds from a call's planned moment to the message with its first audible sample."""
    return None if log.audible_at is None else log.audible_at - log.planned_at


def audible_after_text(log: CallLog) -> float | None:
    """Return the same without the time that the server waited for enough text."""
    heard, done = audible(log), log.done
    return None if heard is None or done is None else heard - done["timeline"]["text_wait_ms"] / 1000


def last_after_text(log: CallLog) -> float | None:
    """Return the seconds from the last of a call's text to the last of its audio."""
    whole = log.done is not None and log.times
    return log.times[-1] - log.told_at if whole and log.told_at is not None else None


def sounding(log: CallLog) -> float | None:
    """Return the seconds until an unbuffered player gets to the first audible sample: silence before it counts."""
    start = first_byte(log)
    if start is None or log.audible_at is None or log.audible_s is None:
        return None
    return max(log.audible_at - log.planned_at, start + log.audible_s)


def listening(log: CallLog) -> Span | None:
    """Return from when to when somebody waited for this call or heard it."""
    if not log.times:
        return None
    return log.planned_at, max(log.times[0] + float(lengths(log).sum()), log.times[-1])


def in_flight(calls: Iterable[CallLog], during: Span) -> float:
    """Return how many listened at a time, on average."""
    start, end = during
    spans = [span for log in calls if (span := listening(log))]
    return sum(max(min(last, end) - max(first, start), 0.0) for first, last in spans) / (end - start)


def after_cancel(log: CallLog) -> tuple[float, float, int]:
    """Return seconds from a cancel to the last byte of audio (0 if none came) and to `cancelled`, and those bytes."""
    assert log.cancel_sent_at is not None
    assert log.cancelled_at is not None
    late_ones = [index for index, at in enumerate(log.times) if at > log.cancel_sent_at]
    last_s = log.times[late_ones[-1]] - log.cancel_sent_at if late_ones else 0.0
    num_bytes = sum(log.sizes[index] for index in late_ones) + log.stray
    return last_s, log.cancelled_at - log.cancel_sent_at, num_bytes
