"""What an utterance's client wrote, and when each word of it sounds."""

from __future__ import annotations

import io
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from engine.types import Word
from voice_server.messages import Token

_EPSILON_S = 1e-6


class Transcript:
    """The raw text of an utterance, by code points, and its word times. Appending and slicing are linear."""

    def __init__(self) -> None:
        self.num_chars = 0
        self._text = io.StringIO(newline="")
        self._starts = array("Q")
        self._ends_s = array("d")
        self._last: Word | None = None
        self._told = 0  # characters whose times have been told, where they are

    def append(self, text: str) -> None:
        """Take more text."""
        self._text.seek(0, io.SEEK_END)
        self._text.write(text)
        self.num_chars += len(text)

    def text(self, start: int = 0, end: int | None = None) -> str:
        """Return the text between two positions."""
        self._text.seek(start)
        return self._text.read(-1 if end is None else end - start)

    def place(self, words: tuple[Word, ...]) -> None:
        """Take the times of words, in order, on the utterance's clock."""
        for word in words:
            self._starts.append(word.start)
            self._ends_s.append(word.end_s)
        if words:
            self._last = words[-1]
            self._told = self._last.end

    def split(self, position_s: float) -> tuple[str, str]:
        """Return the text spoken up to a position and the text that is not.

        A word is spoken when its end is not after the position; the cut is at the start of the next word.
        """
        num_spoken = bisect_right(self._ends_s, position_s + _EPSILON_S)
        text = self.text()
        if num_spoken == 0 or self._last is None:
            cut = 0
        elif num_spoken < len(self._starts):
            cut = self._starts[num_spoken]
        else:
            rest = text[self._last.end :]
            cut = len(text) - len(rest.lstrip())
        return text[:cut], text[cut:]

    def tokens(self, words: tuple[Word, ...]) -> tuple[Token, ...]:
        """Return words in the client's spelling."""
        return tuple(
            Token(
                self.text(word.start, word.end), round(word.start_s * 1000, 1), round(word.end_s * 1000, 1), word.start
            )
            for word in words
        )

    def characters(self, words: tuple[Word, ...]) -> tuple[Token, ...]:
        """Return the characters of words, and those between them, with times spread evenly over each.

        To be called before the words are placed: the characters since the last placed word come first.
        """
        return tuple(self._characters(words))

    def trailing(self, end_s: float | None = None, upto: int | None = None) -> tuple[Token, ...]:
        """Return the characters after those that were told, `upto` a position, all at `end_s` (None: of the last word).

        None if there was no word.
        """
        if self._last is None:
            return ()
        at_s = self._last.end_s if end_s is None else end_s
        start, self._told = self._told, max(self._told, self.num_chars if upto is None else upto)
        return tuple(self._spread(start, self._told, at_s, at_s))

    def _characters(self, words: tuple[Word, ...]) -> Iterator[Token]:
        told, told_s = self._told, self._last.end_s if self._last else 0.0
        for word in words:
            yield from self._spread(told, word.start, told_s, word.start_s)
            yield from self._spread(word.start, word.end, word.start_s, word.end_s)
            told, told_s = word.end, word.end_s

    def _spread(self, start: int, end: int, start_s: float, end_s: float) -> Iterator[Token]:
        step = (end_s - start_s) / max(end - start, 1)
        for index, char in enumerate(self.text(start, end)):
            at = start_s + index * step
            yield Token(char, round(at * 1000, 1), round((at + step) * 1000, 1))
