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
from engine.text.figures import fold_digits
from engine.text.kinds import BETWEEN_NUMBERS, ends_in_month, fused_after, kinds_of, left_kinds, weak_after
from engine.text.marks import BREAK, CLAUSE_ENDS, CLOSERS, CUT, MASK, OPENERS, SENTENCE_ENDS
from engine.text.tokens import MAX_UNSPACED
from engine.text.vocabulary import ABBREVIATIONS


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
MAX_GAP: Final = 60
"""Longer white space, masks included, may be cut anywhere."""

_TAIL = CLOSERS + SENTENCE_ENDS + CLAUSE_ENDS
_ITEM = re.compile(r"\d{1,3}\.")
_LETTERS_AND_DOTS = re.compile(r"(?:[^\W\d_]\.)+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a token looks like to its neighbours.

    `ends` is what its punctuation closes; `holds` whether it must not be parted from an unknown next token;
    `weight` how long it takes to say, in words. `kinds` is what it is to the token before it; `fuses` and `leans` the
    kinds it is read together with, or better not parted from, in the token after it.
    """

    ends: Break
    abbreviated: bool
    holds: bool
    weight: int
    kinds: int
    fuses: int
    leans: int


@lru_cache(maxsize=4096)
def shape(token: str, opens_line: bool = False) -> Shape:
    """Return the shape of a raw token. One that opens a line may be the number of a list item."""
    token = token.strip(MASK)
    word = fold_digits(clean(token))
    inner = word if word in BETWEEN_NUMBERS else word.rstrip(CLOSERS)
    weight = 1 + len(word) // 12 if any(char.isalnum() for char in word) else 0
    if len(token) > MAX_UNSPACED or not inner:
        return Shape(_end_of(inner), False, False, weight, 0, 0, 0)
    core = inner.lstrip(OPENERS) or inner
    shortened = core.endswith(".") and _is_abbreviation(core)
    abbreviated = shortened or (opens_line and _ITEM.fullmatch(core) is not None)
    kinds = left_kinds(core, word[len(inner) :], shortened)
    fuses, leans = fused_after(kinds), weak_after(kinds)
    holds = abbreviated or bool(fuses | leans)
    ends = Break.NONE if abbreviated else _end_of(inner)
    bare = word.rstrip(_TAIL).lstrip("(") or word
    return Shape(ends, abbreviated, holds, weight, kinds_of(bare), fuses, leans)


def bond(before: Shape, after: Shape) -> int:
    """Return FUSED or WEAK for neighbours that belong together, else Break.NONE."""
    if before.fuses & after.kinds:
        return FUSED
    return WEAK if before.abbreviated or before.leans & after.kinds else Break.NONE


def can_bond(gap: str) -> bool:
    """Whether white space is slight enough for the tokens around it to be read together."""
    if MASK in gap and len(gap) < MAX_GAP:
        gap = gap.replace(MASK, "")
    return 1 <= len(gap) <= 2 and gap.count("\n") <= 1 and BREAK not in gap and CUT not in gap


def is_near(gap: str) -> bool:
    """Whether there is slight white space or none, as between two characters of Chinese."""
    return not gap.strip(MASK) or can_bond(gap)


def _end_of(inner: str) -> Break:
    last = inner[-1:]
    if last in SENTENCE_ENDS and last:
        return Break.SENTENCE
    return Break.CLAUSE if last and last in CLAUSE_ENDS else Break.NONE


def _is_abbreviation(core: str) -> bool:
    bare = core[:-1]
    return bare.lower() in ABBREVIATIONS or _LETTERS_AND_DOTS.fullmatch(core) is not None or ends_in_month(bare)
