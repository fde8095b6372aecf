"""Text on its way from the socket to the chunker: bounded portions, arrival times, flushes in their place."""

from __future__ import annotations

from collections import deque

from engine.text.chunker import Chunker, Piece

PORTION = 4096
"""Code points the chunker is given at a time."""

_GRAIN_S = 0.01
"""Texts that come within this time share one arrival time."""

_TIMER_GRAIN_S = 0.001


class _Mark:
    """A place in the stream of text."""


_FLUSH = _Mark()
_END = _Mark()


class Intake:
    """Feeds one utterance's Chunker, only as far as needed, and knows how old the oldest unspoken text is."""

    def __init__(self, max_buffer_delay_s: float) -> None:
        self.taken = 0
        self._chunker = Chunker(max_buffer_delay_s=max_buffer_delay_s)
        self._unfed: deque[str | _Mark] = deque()
        self._received = 0
        self._arrivals: deque[tuple[int, float]] = deque()

    @property
    def waiting(self) -> int:
        """Code points received and not yet taken."""
        return self._received - self.taken

    def append(self, text: str, now: float) -> None:
        """Take more text."""
        if not text:
            return
        if not self._arrivals or now - self._arrivals[-1][1] > _GRAIN_S:
            self._arrivals.append((self._received, now))
        self._received += len(text)
        for start in range(0, len(text), PORTION):
            self._unfed.append(text[start : start + PORTION])

    def flush(self) -> None:
        """Everything received so far must be spoken."""
        self._unfed.append(_FLUSH)

    def end(self) -> None:
        """No more text comes."""
        self._unfed.append(_END)

    def take(self, lead_s: float, now: float) -> Piece | None:
        """Return the next piece that should be spoken now, for a listener with `lead_s` in hand."""
        self._feed()
        piece = self._chunker.take(lead_s, self._waited_s(now))
        if piece is not None:
            self.taken = piece.end
        return piece

    def next_take_at(self, lead_s: float, now: float) -> float | None:
        """Return when `take`, which just answered None, may answer differently although no text came; None if never."""
        delay_s = self._chunker.deadline_s(lead_s, self._waited_s(now))
        return None if delay_s is None else now + max(delay_s, _TIMER_GRAIN_S)

    def _feed(self) -> None:
        while self._unfed and self._chunker.buffered < PORTION:
            item = self._unfed.popleft()
            if isinstance(item, str):
                self._chunker.push(item)
            elif item is _FLUSH:
                self._chunker.flush()
            else:
                self._chunker.end()

    def _waited_s(self, now: float) -> float:
        """Return the age of the oldest text that is not taken."""
        while len(self._arrivals) > 1 and self._arrivals[1][0] <= self.taken:
            self._arrivals.popleft()
        return now - self._arrivals[0][1] if self._arrivals and self.waiting else 0.0
