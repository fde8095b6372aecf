"""One utterance as the engine's loop has it: what waits, what is made of it, and what its listener still needs."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.commands import Close, Flush
from engine.listener import Listener
from engine.track import Track
from engine.types import Chunk, Delivery, EngineOutput, Failed, Segment, SegmentId, Timing, UtteranceId

HEAD_S = 0.3
"""Seconds of an utterance's first chunk that are converted at once. The rest waits while others have no sound yet."""

SAFE_S = 2.0
"""What is made for a listener with more than this in hand could wait, as far as it is more than he plays meanwhile."""

MARGIN_S = 0.020
"""Seconds before a listener runs dry at which it gets what was held back, so that it comes in time."""


@dataclass(slots=True, eq=False)
class Utterance:
    """What the loop knows of an utterance. While a segment is live it is that segment's Claim to the scheduler.

    `waiting` holds the segments, flushes and the close that wait for the live segment to end, `made` what the
    engine made and is not converted yet. `segment_id` is 0 when none is live. `timed`: its first audio has been taken.
    """

    id: UtteranceId
    sample_rate: int
    max_lead_s: float
    track: Track
    listener: Listener = field(default_factory=Listener)
    waiting: deque[Segment | Flush | Close] = field(default_factory=deque)
    made: deque[EngineOutput] = field(default_factory=deque)
    segment_id: SegmentId = 0
    submitted_at: float = math.inf
    first_step_at: float = math.inf
    first_chunk_at: float = math.inf
    timed: bool = False
    busy_s: float = 0.0
    made_at: float = -math.inf
    need: float = 1.0  # the share of what was made last that could not have waited

    def wanted(self, lead_s: float) -> float:
        """Return the share of the work for it that could not wait, while its listener has so much in hand."""
        return 1.0 if lead_s <= SAFE_S else self.need

    def release_at(self, now: float) -> float:
        """Return when what is held back has to go, for the listener not to run dry."""
        return now + self.listener.lead_s(now) - MARGIN_S

    def has_made(self, audio_s: float, now: float) -> None:
        """Note that so much audio was made."""
        self.need = min((now - self.made_at) / audio_s, 1.0) if audio_s else self.need
        self.made_at = now

    def add_made(self, outputs: list[EngineOutput], started_at: float, now: float) -> None:
        """Take what a step that started then has made."""
        if not self.timed:
            self.first_step_at = min(self.first_step_at, started_at)
            if isinstance(outputs[0], Chunk):
                self.first_chunk_at = min(self.first_chunk_at, now)
        self.made.extend(outputs)

    def push_head(self, sample_rate: int) -> bool:
        """Convert the beginning of a first chunk that is long, and only that; return whether it is."""
        first, num_samples = self.made[0], int(HEAD_S * sample_rate)
        if not isinstance(first, Chunk) or first.pcm.size <= num_samples:
            return False
        self.made[0] = Chunk(first.segment, first.pcm[num_samples:])
        self.track.push(first.pcm[:num_samples], first.words)
        return True

    def take(
        self,
        clock: Callable[[], float],
        ended: SegmentId | None,
        failed: Failed | None,
        flushed: int | None,
        closed: bool,
    ) -> Delivery | None:
        """Return a Delivery of what the track let out and of what is over; None if there is nothing to tell.

        The clock is looked at when the audio is encoded: until then it is not with its listener.
        """
        out = self.track.take()
        if not (out.data or out.words or closed or failed or ended is not None or flushed is not None):
            return None
        timing = None
        if out.num_samples:
            self.listener.sent(clock(), out.num_samples / self.sample_rate)
            if not self.timed:
                self.timed = True
                timing = Timing(self.first_step_at, self.first_chunk_at)
        busy_s, self.busy_s = self.busy_s, 0.0
        return Delivery(
            self.id,
            out.data,
            out.first_sample,
            out.num_samples,
            out.words,
            out.audible_at,
            timing,
            busy_s,
            ended,
            failed,
            flushed,
            closed,
            out.packets,
        )
