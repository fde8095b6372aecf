# the letters of phonetics are meant
"""How a user wants words to be said, looked up as a text is normalized."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from engine.text.lexicon_lines import (
    MAX_ENTRIES,
    MAX_SESSION_ENTRIES,
    MAX_WORDS,
    Entry,
    LexiconError,
    bare,
    entries,
    opening,
)

__all__ = ["MAX_ENTRIES", "MAX_SESSION_ENTRIES", "MAX_WORDS", "NO_LEXICON", "Entry", "Lexicon", "LexiconError", "Match"]

_POSSESSIVE = re.compile(r"(.+)['’]s", re.IGNORECASE)


class Match(NamedTuple):
    """What is to be said for `num_tokens` tokens: `text`, or by the sounds of `ipa` if there are any."""

    num_tokens: int
    text: str
    ipa: str


class Lexicon:
    """Entries, found by their words. It never changes."""

    __slots__ = ("_entries", "_first", "_found", "_joined")

    def __init__(self, given: Iterable[Entry] = ()) -> None:
        self._entries = {(entry.language, entry.words): entry for entry in given}
        self._found: dict[tuple[str, ...], list[Entry]] = {}
        self._first: dict[str, int] = {}  # of each first word, the length of the longest entry
        self._joined: dict[str, set[str]] = {}
        for entry in self._entries.values():
            words = _folded(entry.words)
            self._found.setdefault(words, []).append(entry)
            self._first[words[0]] = max(self._first.get(words[0], 0), len(words))
            for before, after in pairwise(words):
                self._joined.setdefault(before, set()).add(after)

    @classmethod
    def parse(cls, text: str, source: str = "file", max_entries: int = MAX_ENTRIES) -> Lexicon:
        """Return the lexicon that is written in a text; `source` is what to call it in messages.

        A line is `words = respelling` or `words = /IPA/`. It counts for all languages, or for one: below a line
        `[hi]`, up to the next such (`[*]`: for all again), or with `hi:` before it. What follows ` # `, and a line
        that begins with `#`, is a comment. Raises LexiconError with everything that is wrong.
        """
        return cls(entries(text, source, max_entries))

    def merged(self, other: Lexicon) -> Lexicon:
        """Return both in one; where they differ, `other` holds."""
        rank = 1 + max((entry.rank for entry in self._entries.values()), default=0)
        raised = [replace(entry, rank=entry.rank + rank) for entry in other._entries.values()]
        return Lexicon([*self._entries.values(), *raised])

    @property
    def has_phrases(self) -> bool:
        """Whether any entry is of several words."""
        return bool(self._joined)

    def __len__(self) -> int:
        return len(self._entries)

    def match(self, tokens: Sequence[str], at: int, language: str) -> Match | None:
        """Return what to say for the tokens from an index on: for as many of them as stand in here together.

        `tokens` are cleaned and have their punctuation; those from `at` on may be read together. `language` is a
        lower-case tag. An entry in the same case comes first, then the higher rank, then the more special language.
        The last word may be an English possessive.
        """
        longest = 0
        for key in _keys(tokens[at]):
            longest = max(longest, self._first.get(key, 0))
        if not longest:
            return None
        head = tokens[at][opening(tokens[at]) :]
        for number in range(min(longest, len(tokens) - at), 0, -1):
            window = tokens[at : at + number]
            words = (head, *window[1:-1], bare(window[-1])) if number > 1 else (bare(head),)
            if entry := self._best(words, language):
                return _said(entry, window, "")
            owner = (*words[:-1], _owner(words[-1]))
            if owner != words and language.startswith("en") and (entry := self._best(owner, language)):
                return _said(entry, window, "'s")
        return None

    def _best(self, words: tuple[str, ...], language: str) -> Entry | None:
        fitting = [entry for entry in self._found.get(_folded(words), ()) if entry.fits(words, language)]
        return max(fitting, key=lambda e: (e.words == words, e.rank, len(e.language)), default=None)

    def joins(self, before: str, after: str) -> bool:
        """Whether two neighbouring tokens may be words of one entry."""
        following = self._joined.get(_keys(before)[0])
        if not following:
            return False
        return not following.isdisjoint(_folded((after, bare(after), _owner(bare(after)))))

    def continues(self, token: str) -> bool:
        """Whether an entry may go on after this token."""
        return bool(self._joined) and _keys(token)[0] in self._joined


NO_LEXICON = Lexicon()


@lru_cache(maxsize=16384)
def _keys(token: str) -> tuple[str, ...]:
    """Return what an entry that begins with this token may begin with, its case folded."""
    head = token[opening(token) :]
    return tuple(dict.fromkeys(_folded((head, bare(head), _owner(bare(head))))))


def _folded(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _owner(word: str) -> str:
    possessive = _POSSESSIVE.fullmatch(word)
    return possessive[1] if possessive else word


def _said(entry: Entry, tokens: Sequence[str], ending: str) -> Match:
    """Return what is said within the punctuation around the words, with the `ending` that the last one has."""
    if entry.ipa:
        return Match(len(tokens), " ".join(tokens), entry.ipa + (_owning_sound(entry.ipa) if ending else ""))
    first, last = tokens[0], tokens[-1]
    closing = last[len(bare(last)) :].removeprefix(entry.tail)
    return Match(len(tokens), f"{first[: opening(first)]}{entry.respelling}{ending}{closing}", "")


def _owning_sound(ipa: str) -> str:
    """Return how English says the 's after a sound."""
    last = next((char for char in reversed(ipa) if char.isalpha() and unicodedata.category(char) != "Lm"), "")
    if last and last in "szʃʒ":
        return "ɪz"
    return "s" if last and last in "ptkfθ" else "z"
