"""Where a listener probably is: the clock that deadlines, pacing and heard text go by."""

from __future__ import annotations


class Listener:
    """The playback position of one utterance's listener, estimated from what was sent and what it reports.

    Playback is taken to begin with the first audio, to run at real time and to stand still while there is nothing
    left to play. All times are seconds of one monotonic clock, given by the caller; positions are seconds of the
    utterance's audio. A position below zero means that playback starts so much later.
    """

    __slots__ = ("_anchor_at", "_anchor_s", "num_underruns", "sent_s", "started")

    def __init__(self) -> None:
        self.started = False
        self.sent_s = 0.0
        self.num_underruns = 0
        self._anchor_at = 0.0
        self._anchor_s = 0.0

    def sent(self, now: float, duration_s: float) -> None:
        """Count audio that has gone to the listener."""
        if not self.started:
            self.started, self._anchor_at = True, now
        elif self.lead_s(now) <= 0.0:
            if self.sent_s > 0.0:
                self.num_underruns += 1
            self._anchor_at, self._anchor_s = now, self.sent_s
        self.sent_s += duration_s

    def report(self, now: float, played_s: float) -> None:
        """Take a position as true. More than was sent counts as all of it."""
        self.started = True
        self._anchor_at, self._anchor_s = now, min(played_s, self.sent_s)

    def played_s(self, now: float) -> float:
        """Return how much has been heard, between 0 and what was sent."""
        if not self.started:
            return 0.0
        return min(max(self._anchor_s + now - self._anchor_at, 0.0), self.sent_s)

    def in_hand_s(self, now: float) -> float:
        """Return how much was sent and not yet heard. What goes before this utterance does not count."""
        return self.sent_s - self.played_s(now)

    def lead_s(self, now: float) -> float:
        """Return the seconds until the listener runs dry; negative when it did so long ago, 0 if it has not begun."""
        if not self.started:
            return 0.0
        return self.sent_s - (self._anchor_s + now - self._anchor_at)
