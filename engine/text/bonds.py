"""What a token ends, and which neighbours must be read together: the tables that decide where text may be cut.

The chunker never parts two tokens that the normalizer would join, because both ask this module. It knows no
language on purpose: a word that binds in one language only delays a cut in the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from engine.text.clean import clean
from engine.text.marks import CLAUSE_ENDS, CLOSERS, CURRENCIES, OPENERS, SENTENCE_ENDS
from engine.text.tokens import MAX_UNSPACED
from engine.text.vocabulary import ABBREVIATIONS, CURRENCY_WORDS, SCALES, YEAR_CUES, YEAR_FOLLOWERS


class Break(IntEnum):
    """What follows a stretch of text; it decides the pause before the next."""

    NONE = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3


FUSED: Final = -2
"""The normalizer reads the two tokens together: a cut between them would change the words."""
WEAK: Final = -1
"""The words are the same either way, but nobody would take a breath there."""

_ITEM = re.compile(r"\d{1,3}\.")
_LETTERS_AND_DOTS = re.compile(r"(?:[^\W\d_]\.)+", re.UNICODE)

_NONE, _CUE, _DAY, _CURRENCY, _NUMBER, _AFTER = range(6)
_CUES = frozenset().union(*YEAR_CUES.values())
_AFTERS = frozenset({"%"}).union(*SCALES.values(), *YEAR_FOLLOWERS.values())
_DAY_COMMA = re.compile(r"\d{1,2}(?:st|nd|rd|th)?,")
_BONDS = {
    (_CUE, _NUMBER): FUSED,
    (_DAY, _NUMBER): FUSED,
    (_CURRENCY, _NUMBER): FUSED,
    (_NUMBER, _AFTER): FUSED,
    (_NUMBER, _NUMBER): WEAK,
    (_NUMBER, _CUE): WEAK,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a token looks like to its neighbours.

    `ends` is what its punctuation closes; `holds` whether it must not be parted from an unknown next token;
    `weight` how long it takes to say, in words.
    """

    ends: Break
    abbreviated: bool
    holds: bool
    weight: int
    left: int
    right: int


@lru_cache(maxsize=4096)
def shape(token: str, opens_line: bool = False) -> Shape:
    """Return the shape of a raw token. One that opens a line may be the number of a list item."""
    word = clean(token)
    inner = word.rstrip(CLOSERS)
    weight = 1 + len(word) // 12 if any(char.isalnum() for char in word) else 0
    if len(token) > MAX_UNSPACED or not inner:
        return Shape(_end_of(inner), False, False, weight, _NONE, _NONE)
    core = inner.lstrip(OPENERS)
    abbreviated = inner.endswith(".") and (_is_abbreviation(core) or (opens_line and _ITEM.fullmatch(core) is not None))
    left = _NONE if inner != word else _left_kind(core)
    ends = Break.NONE if abbreviated else _end_of(inner)
    return Shape(ends, abbreviated, abbreviated or left != _NONE, weight, left, _right_kind(word))


def bond(before: Shape, after: Shape) -> int:
    """Return FUSED or WEAK for neighbours that belong together, else Break.NONE."""
    return _BONDS.get((before.left, after.right), WEAK if before.abbreviated else Break.NONE)


def can_bond(gap: str) -> bool:
    """Whether white space is slight enough for the tokens around it to be read together."""
    return 1 <= len(gap) <= 2 and gap.count("\n") <= 1


def _end_of(inner: str) -> Break:
    last = inner[-1:]
    if last in SENTENCE_ENDS and last:
        return Break.SENTENCE
    return Break.CLAUSE if last and last in CLAUSE_ENDS else Break.NONE


def _is_abbreviation(core: str) -> bool:
    return core[:-1].lower() in ABBREVIATIONS or _LETTERS_AND_DOTS.fullmatch(core) is not None


def _left_kind(core: str) -> int:
    lower = core.lower()
    if lower in CURRENCY_WORDS or lower in CURRENCIES:
        return _CURRENCY
    if lower in _CUES or (lower.endswith(".") and lower[:-1] in _CUES):
        return _CUE
    if core[-1] in SENTENCE_ENDS or core[-1] in CLAUSE_ENDS:
        return _DAY if _DAY_COMMA.fullmatch(core) else _NONE
    return _NUMBER if any(char.isdigit() for char in core) else _NONE


def _right_kind(word: str) -> int:
    core = word.rstrip(CLOSERS + SENTENCE_ENDS + CLAUSE_ENDS).lower()
    if core in _AFTERS:
        return _AFTER
    if core in _CUES:
        return _CUE
    return _NUMBER if any(char.isdigit() for char in core) else _NONE
