"""Text on its way from the socket to the chunker: bounded portions, markup, arrival times, flushes in their place."""

from __future__ import annotations

from collections import deque

from engine.text.chunker import Chunker, Piece
from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.text.markup import Mark, Markup

PORTION = 4096
"""Code points the chunker is given at a time."""

_GRAIN_S = 0.01
"""Texts that come within this time share one arrival time."""

_TIMER_GRAIN_S = 0.001


class _Place:
    """A place in the stream of text."""


_FLUSH = _Place()
_END = _Place()


class Intake:
    """Feeds one utterance's Markup and Chunker, only as far as needed, and knows how old the oldest unspoken text is.

    Without `markup` the text is taken as it is.
    """

    def __init__(self, max_buffer_delay_s: float, markup: Markup | None = None, lexicon: Lexicon = NO_LEXICON) -> None:
        self.taken = 0
        self._markup = markup
        self._marks: deque[Mark] = deque()
        self._chunker = Chunker(max_buffer_delay_s, lexicon)
        self._unfed: deque[str | _Place] = deque()
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

    def take_marks(self) -> list[Mark]:
        """Return what the markup found in the pieces taken since the last call."""
        marks: list[Mark] = []
        while self._marks and self._marks[0].at < self.taken:
            marks.append(self._marks.popleft())
        return marks

    def next_take_at(self, lead_s: float, now: float) -> float | None:
        """Return when `take`, which just answered None, may answer differently although no text came; None if never."""
        delay_s = self._chunker.deadline_s(lead_s, self._waited_s(now))
        return None if delay_s is None else now + max(delay_s, _TIMER_GRAIN_S)

    def _feed(self) -> None:
        while self._unfed and self._chunker.buffered < PORTION:
            item = self._unfed.popleft()
            self._push(item)
            if item is _FLUSH:
                self._chunker.flush()
            elif item is _END:
                self._chunker.end()

    def _push(self, item: str | _Place) -> None:
        """Push what the markup leaves of a text, or of what it has held back at a flush or at the end."""
        markup = self._markup
        if markup is None:
            text = item if isinstance(item, str) else ""
        elif isinstance(item, str):
            text = markup.push(item)
        else:
            text = markup.flush() if item is _FLUSH else markup.end()
        if text:
            self._chunker.push(text)
        if markup is not None:
            self._marks.extend(markup.take_marks())

    def _waited_s(self, now: float) -> float:
        """Return the age of the oldest text that is not taken."""
        while len(self._arrivals) > 1 and self._arrivals[1][0] <= self.taken:
            self._arrivals.popleft()
        return now - self._arrivals[0][1] if self._arrivals and self.waiting else 0.0
