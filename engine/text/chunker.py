"""Text by the piece in, stretches worth speaking out: how much to say next, and when not to wait for more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from engine.text.bonds import Break
from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.text.reader import FORCED, Cut, Reader

__all__ = ["Break", "Chunker", "Piece"]

SHORT_LEAD_S: Final = 0.5
"""Up to this lead the listener needs sound now: a piece may end at any word."""
COMFORTABLE_LEAD_S: Final = 2.0
"""Beyond this lead pieces end with sentences."""
EARLY_WORDS: Final = 5
EARLY_CHARS: Final = 80
"""With a short lead, a piece ends with its first clause if that is not longer than this, else after EARLY_WORDS."""
CLAUSE_CHARS: Final = 150
SENTENCE_CHARS_PER_S: Final = 40
"""How long a piece of sentences may be for each second of lead."""
LONG_CHARS: Final = 300
"""About 20 s of speech; what no sentence or clause ends by then is cut at a word."""
HARD_CHARS: Final = 400
"""No piece is longer than this."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch to be spoken at once: [start, end) of the utterance's raw text, in code points.

    `text` is that range, white space included; `after` is what is known to follow it.
    """

    text: str
    start: int
    end: int
    after: Break


class Chunker:
    """Cuts one utterance's text into pieces. It has no clock: its caller tells it the listener's lead and the wait.

    The pieces partition the text; one may hold nothing that can be spoken. They end between tokens that are read
    apart, so that the spoken words do not depend on how the text arrived; only `flush`, `end` and a CUT in the text
    part what belongs together, and no piece goes on beyond them. Every character is looked at once, and only as far
    ahead as the next piece needs.
    """

    def __init__(self, max_buffer_delay_s: float = 0.4, lexicon: Lexicon = NO_LEXICON) -> None:
        self._max_delay_s = max_buffer_delay_s
        self._reader = Reader(lexicon)
        self._ended = False
        self._start = 0
        self._forced_at = 0
        self._taken_weight = 0
        self._cuts: deque[Cut] = deque()
        self._survey()

    @property
    def buffered(self) -> int:
        """Code points that were pushed and not yet taken."""
        return self._reader.pushed - self._start

    def push(self, text: str) -> None:
        """Append text. Raises RuntimeError after `end`."""
        if self._ended:
            raise RuntimeError("text was pushed after the end of an utterance")
        self._reader.push(text)

    def flush(self) -> None:
        """Have everything pushed so far spoken without waiting for more."""
        if self._reader.pushed > max(self._start, self._forced_at):
            self._forced_at = self._reader.pushed
            self._reader.force()

    def end(self) -> None:
        """Say that no more text comes: all of it is to be spoken."""
        self.flush()
        self._ended = True

    def take(self, lead_s: float, waited_s: float) -> Piece | None:
        """Return the next piece if one should be spoken now.

        `lead_s` is the audio in the listener's hand, `waited_s` the age of the oldest character not yet taken, in
        seconds. More lead makes longer pieces; a wait of `max_buffer_delay_s` with no lead releases what is whole.
        """
        early, timed_out = lead_s <= SHORT_LEAD_S, waited_s >= self._max_delay_s
        reader = self._reader
        reader.read_to(self._start + (EARLY_CHARS if early else LONG_CHARS) + 1)
        if reader.cuts:
            self._gather()
        elif (
            not timed_out
            and self._first_clause is None
            and self._enough is None
            and reader.in_last_token
            and reader.pushed - self._start <= LONG_CHARS
        ):
            return None  # nothing has changed inside a word: the common case, kept cheap
        cut = self._early(timed_out) if early else self._late(lead_s)
        if cut is None and self.buffered > EARLY_CHARS:
            self._look_ahead(LONG_CHARS + 1)
            cut = (self._early(timed_out) if early else None) or self._overdue()
        if cut is not None and self._forced is not None and self._forced.at < cut.at:
            cut = self._forced
        return None if cut is None else self._release(cut)

    def deadline_s(self, lead_s: float, waited_s: float) -> float | None:
        """Return how long `take`, which just answered None, stays silent if nothing is pushed and the lead runs down.

        The caller sets one timer for it, and then asks `take` again with the lead and the wait of that time. None:
        until there is more text, a flush or the end.
        """
        if lead_s > COMFORTABLE_LEAD_S and self._first_clause is not None:
            return lead_s - COMFORTABLE_LEAD_S
        if self._last_whole() is None:
            return None
        return lead_s - SHORT_LEAD_S if lead_s > SHORT_LEAD_S else max(self._max_delay_s - waited_s, 0.0)

    def _early(self, timed_out: bool) -> Cut | None:
        clause = self._first_clause
        if clause is not None and clause.at - self._start <= EARLY_CHARS:
            return clause
        if self._enough is not None or clause is not None:
            return self._enough or clause
        here = self._speakable(self._reader.open_cut())
        if here is not None and (here.rank >= Break.CLAUSE or here.weight - self._taken_weight >= EARLY_WORDS):
            return here
        return self._last_whole() if timed_out else None

    def _late(self, lead_s: float) -> Cut | None:
        wanted, budget, first = Break.CLAUSE, float(CLAUSE_CHARS), self._first_clause
        if lead_s > COMFORTABLE_LEAD_S:
            wanted, budget, first = Break.SENTENCE, lead_s * SENTENCE_CHARS_PER_S, self._first_sentence
        if first is None or first.at - self._start > LONG_CHARS:
            return None
        limit, best = self._start + min(budget, LONG_CHARS), first
        for cut in self._cuts:
            if cut.at > limit or best.rank >= Break.PARAGRAPH:
                break
            if cut.rank >= wanted and cut.at > best.at:
                best = cut
        return best

    def _overdue(self) -> Cut | None:
        if self._whole is None:
            self._look_ahead(HARD_CHARS)  # all there is may end there, with nothing in it that can be spoken
        if self._forced is not None and self._forced.at - self._start <= HARD_CHARS:
            return self._forced
        if self.buffered <= (HARD_CHARS if self._whole is None else LONG_CHARS):
            return None
        self._look_ahead(HARD_CHARS)
        return max((cut for cut in self._cuts if cut.at - self._start <= HARD_CHARS), key=_merit, default=None)

    def _last_whole(self) -> Cut | None:
        reader = self._reader
        return self._speakable(reader.open_cut()) or self._speakable(reader.ripe_cut()) or self._whole

    def _speakable(self, cut: Cut | None) -> Cut | None:
        return cut if cut is not None and cut.weight > self._taken_weight else None

    def _look_ahead(self, num_chars: int) -> None:
        self._reader.read_to(self._start + num_chars)
        self._gather()

    def _gather(self) -> None:
        for cut in self._reader.cuts:
            self._cuts.append(cut)
            self._note(cut)
        self._reader.cuts.clear()

    def _release(self, cut: Cut) -> Piece:
        start, self._start = self._start, cut.at
        text = self._reader.drop_to(cut.at)
        self._taken_weight = cut.weight
        while self._cuts and self._cuts[0].at <= cut.at:
            self._cuts.popleft()
        self._survey()
        return Piece(text, start, cut.at, cut.after)

    def _survey(self) -> None:
        self._first_clause: Cut | None = None
        self._first_sentence: Cut | None = None
        self._enough: Cut | None = None
        self._whole: Cut | None = None
        self._forced: Cut | None = None
        for cut in self._cuts:
            self._note(cut)

    def _note(self, cut: Cut) -> None:
        if cut.rank < Break.NONE or (cut.weight <= self._taken_weight and cut.rank < FORCED):
            return
        self._whole = cut
        if self._forced is None and cut.rank >= FORCED:
            self._forced = cut
        if self._enough is None and cut.weight - self._taken_weight >= EARLY_WORDS:
            self._enough = cut
        if self._first_clause is None and cut.rank >= Break.CLAUSE:
            self._first_clause = cut
        if self._first_sentence is None and cut.rank >= Break.SENTENCE:
            self._first_sentence = cut


def _merit(cut: Cut) -> tuple[int, int]:
    return cut.rank, cut.at
