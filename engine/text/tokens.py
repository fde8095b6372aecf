"""Where a token of raw text begins and ends, decided one character at a time: the rule that all of engine.text shares.

A token is a run without white space, with its punctuation. Runs are split further where scripts write without
spaces: each Han or Kana character stands alone, a danda or a full-width stop ends a token, so does a dash between
two words, and what is left is bounded in length and cut between grapheme clusters. A mask, which stands where markup
stood, never begins a token and parts none. The rule looks at a token from its own start only, so text that is cut at
a token's end falls into the same tokens on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from engine.text.marks import CLOSERS, DASHES, MASK, SMALL_KANA, STOPS, VOWELS_BEFORE

PLAIN, SPACE, EXTEND, CLOSER, STOP, HAN, UNSPACED, DASH = range(8)
"""Kinds of characters. EXTEND stays with the one before it; STOP ends a token by itself, after its CLOSERs."""

_CLOSERS = frozenset(CLOSERS + ".,;:!?…")
_VIRAMA = 9
_ZWJ = "\u200d"

MAX_TOKEN = 160
"""Code points after which a token without white space is cut at the next grapheme boundary."""
MAX_UNSPACED = 60
"""The same, for scripts that do not write spaces between words."""

_HAN = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1980-\u19df\u1a20-\u1aaf\ua980-\ua9df]")
_WITH_ITS_BASE = re.compile("[\u1160-\u11ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_RUN = re.compile(r"\S+")


@lru_cache(maxsize=8192)
def kind(char: str) -> int:
    """Return what a character does to the token it meets."""
    if char.isspace():
        return SPACE
    if char in _CLOSERS:
        return CLOSER
    if char in STOPS:
        return STOP
    if char in DASHES:
        return DASH
    if char in SMALL_KANA or unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf") or _WITH_ITS_BASE.match(char):
        return EXTEND
    if _HAN.match(char):
        return HAN
    return UNSPACED if _UNSPACED.match(char) else PLAIN


def _is_cluster_boundary(before: str, after: str) -> bool:
    if after == MASK:
        return True
    if kind(after) == EXTEND or before == _ZWJ or (before and before in VOWELS_BEFORE):
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    return not ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")


class Run:
    """The token that is being read.

    While it `flows`, plain characters up to MAX_UNSPACED continue it whatever they are: a reader may count them in
    `length` and keep the last in `last` itself.
    """

    __slots__ = ("_complete", "_has_word", "_limit", "flows", "last", "length", "stopped")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin a new token."""
        self.length = 0
        self.flows = self.stopped = False
        self._limit = MAX_TOKEN
        self._has_word = self._complete = False
        self.last = ""

    def ends_before(self, char: str, what: int) -> bool:
        """Whether this character, of kind `what`, begins another token."""
        if self.length >= self._limit:
            return self.length >= 2 * self._limit or _is_cluster_boundary(self.last, char)
        if what in (PLAIN, UNSPACED):
            return self._complete
        return what == HAN and (self._complete or self._has_word)

    def add(self, char: str, what: int) -> None:
        """Take a character into the token."""
        self.length += 1
        self.last = char
        if what == PLAIN:
            self._has_word = self._has_word or char.isalnum()
        elif what == UNSPACED:
            self._has_word = True
            self._limit = MAX_UNSPACED
        elif what == HAN:
            self._has_word = self._complete = True
        elif what == STOP:
            self.stopped = self._complete = True
        elif what == DASH:
            self._complete = self._has_word
        self.flows = self._has_word and not self._complete


def tokenize(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) of each token of a text, without the masks around it."""
    found: list[tuple[int, int]] = []
    for match in _RUN.finditer(text):
        token = match.group()
        if len(token) <= MAX_TOKEN and token.isascii():
            found.append(match.span())
        else:
            found.extend(_split(token.rstrip(MASK), match.start()))
    return found


def _split(token: str, offset: int) -> list[tuple[int, int]]:
    run, begun, found = Run(), 0, []
    for at, char in enumerate(token):
        what = kind(char)
        if run.length and run.ends_before(char, what):
            found.append((offset + begun, offset + at))
            run.reset()
        if not run.length:
            begun = at
            if char == MASK:
                continue
        run.add(char, what)
    return [*found, (offset + begun, offset + len(token))] if run.length else found
