"""One pass over an utterance's text: where it may be cut, and how good each place is."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from engine.text.bonds import FUSED, MAX_GAP, WEAK, Break, Shape, bond, can_bond, is_near, shape
from engine.text.clean import clean
from engine.text.lexicon import NO_LEXICON, Lexicon
from engine.text.marks import BREAK, CUT, MASK
from engine.text.tokens import MAX_UNSPACED, PLAIN, SPACE, Run, kind

FORCED: Final = 4
"""Rank of a place where the text was flushed, or where it holds a CUT: always a cut."""


class Cut(NamedTuple):
    """A place where text may be cut: its position, how good it is, what follows, the weight of all words before it.

    `rank` is a Break, FORCED, or one of the negative bonds that only a text without any better place breaks.
    """

    at: int
    rank: int
    after: Break
    weight: int


class Reader:
    """Reads text that is pushed, as far as it is told to, and appends the cuts it finds to `cuts`.

    Positions count code points from the start of the utterance. Every character is looked at once. Words that the
    `lexicon` has something for together are not parted.
    """

    def __init__(self, lexicon: Lexicon = NO_LEXICON) -> None:
        self.cuts: list[Cut] = []
        self.pushed = 0
        self.position = 0
        self._waiting: deque[str] = deque()
        self._waiting_from = 0
        self._forced: deque[int] = deque()
        self._window = ""
        self._window_at = 0
        self._run = Run()
        self._token_at = -1
        self._opens_line = True
        self._last: Shape | None = None
        self._phrases = lexicon if lexicon.has_phrases else None
        self._last_word = ""  # only where there are phrases
        self._gap = ""
        self._num_newlines = 0
        self._is_broken = False
        self._weight = 0
        self._pending: tuple[Cut, Shape] | None = None

    def push(self, text: str) -> None:
        """Append text that is not read yet."""
        if text:
            self._waiting.append(text)
            self.pushed += len(text)

    def force(self) -> None:
        """Have a cut at the end of what is pushed now."""
        self._forced.append(self.pushed)

    def read_to(self, position: int) -> None:
        """Read up to a position, or all there is."""
        if self._forced:
            self._read_to_forced(position)
        limit = position if position < self.pushed else self.pushed
        while self.position < limit:
            if not self._waiting_from and len(self._waiting[0]) <= limit - self.position:
                self._read(self._waiting.popleft())
            else:
                self._read(self._next_part(limit))

    def _read_to_forced(self, position: int) -> None:
        while self._forced and self._forced[0] <= position:
            while self.position < self._forced[0]:
                self._read(self._next_part(self._forced[0]))
            self._force_cut(self._forced.popleft())

    @property
    def in_last_token(self) -> bool:
        """Whether all text is read and its last character is not white space."""
        return self._token_at >= 0 and self.position == self.pushed

    def drop_to(self, position: int) -> str:
        """Forget the text before a position and return it. A token that is open there is over."""
        if position == self.position:
            self._start_afresh()
        size = position - self._window_at
        taken, self._window = self._window[:size], self._window[size:]
        self._window_at = position
        return taken

    def open_cut(self) -> Cut | None:
        """Return the cut after the last word, if white space follows it and no later word can join it."""
        last = self._last
        if self._token_at >= 0 or last is None or self._holds(last):
            return None
        cut = self._cut(self.position, last)
        return cut if cut.rank >= Break.NONE else None

    def ripe_cut(self) -> Cut | None:
        """Return the cut after a token that has ended by itself, though a closing quote might still follow it."""
        if self._token_at < 0 or not self._run.stopped or self._pending is not None:
            return None
        token = self._token()
        return Cut(self.position, token.ends, token.ends, self._weight + token.weight)

    def _next_part(self, until: int) -> str:
        head = self._waiting[0]
        begin, size = self._waiting_from, until - self.position
        if len(head) - begin <= size:
            self._waiting.popleft()
            self._waiting_from = 0
            return head[begin:] if begin else head
        self._waiting_from += size
        return head[begin : begin + size]

    def _read(self, part: str) -> None:
        self._window += part
        run = self._run
        for char in part:
            what = kind(char)
            if what == PLAIN and run.flows and run.length < MAX_UNSPACED:
                run.length += 1
                run.last = char
            elif what == SPACE:
                self._read_space(char)
            else:
                self._read_mark(char, what)
            self.position += 1

    def _read_mark(self, char: str, what: int) -> None:
        if self._token_at >= 0 and self._run.ends_before(char, what):
            self._end_token()
        if self._token_at < 0:
            if char == MASK:
                self._read_space(char)
                return
            self._begin_token()
        self._run.add(char, what)

    def _read_space(self, char: str) -> None:
        if self._token_at >= 0:
            self._end_token()
        self._gap += char
        if char != " ":
            self._read_line_end(char)
        if len(self._gap) >= MAX_GAP:
            at = self.position + 1
            self.cuts.append(self._cut(at, self._last) if self._last else Cut(at, WEAK, Break.NONE, self._weight))
            self._start_afresh()

    def _read_line_end(self, char: str) -> None:
        if char == "\n":
            self._num_newlines += 1
        elif char == BREAK:
            self._num_newlines = self._num_newlines or 1
            self._is_broken = True
        elif char == CUT:
            self._force_cut(self.position + 1)

    def _begin_token(self) -> None:
        last, at = self._last, self.position
        if last is not None:
            cut = self._cut(at, last)
            if self._holds(last):
                self._pending = (cut, last)
            else:
                self.cuts.append(cut)
        self._opens_line = last is None or self._num_newlines > 0
        self._token_at = at

    def _holds(self, last: Shape) -> bool:
        """Whether the last token may have to be read together with what follows."""
        if last.holds and can_bond(self._gap):
            return True
        phrases = self._phrases
        return phrases is not None and is_near(self._gap) and phrases.continues(self._last_word)

    def _end_token(self) -> None:
        token = self._token()
        word = clean(self._raw()) if self._phrases else ""
        if self._pending is not None:
            cut, before = self._pending
            strength = FUSED if self._phrases and self._phrases.joins(self._last_word, word) else bond(before, token)
            self.cuts.append(cut._replace(rank=strength) if strength < Break.NONE else cut)
            self._pending = None
        self._weight += token.weight
        self._last, self._last_word, self._token_at = token, word, -1
        self._run.reset()
        self._empty_gap()

    def _token(self) -> Shape:
        return shape(self._raw(), self._opens_line)

    def _raw(self) -> str:
        begin, end = self._token_at - self._window_at, self.position - self._window_at
        return self._window[begin:end]

    def _cut(self, at: int, last: Shape) -> Cut:
        if self._num_newlines >= 2:
            return Cut(at, Break.PARAGRAPH, Break.PARAGRAPH, self._weight)
        if self._is_broken:  # what has no full stop would run on into the next sentence: no piece goes on after it
            rank = Break.SENTENCE if last.ends >= Break.SENTENCE else Break.PARAGRAPH
            return Cut(at, rank, Break.SENTENCE, self._weight)
        after = max(last.ends, Break.CLAUSE if self._num_newlines else Break.NONE)
        return Cut(at, WEAK if last.abbreviated else after, after, self._weight)

    def _force_cut(self, at: int) -> None:
        if self._token_at >= 0:
            self._end_token()
        after = self._cut(at, self._last).after if self._last else Break.NONE
        self.cuts.append(Cut(at, FORCED, after, self._weight))
        self._start_afresh()

    def _start_afresh(self) -> None:
        if self._token_at >= 0:
            self._end_token()
        self._last = None
        self._empty_gap()

    def _empty_gap(self) -> None:
        self._gap, self._num_newlines, self._is_broken = "", 0, False
