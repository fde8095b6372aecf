"""What a token ends, and which neighbours must be read together: the tables that decide where text may be cut.

The chunker never parts two tokens that the normalizer would join, because both ask this module. It knows no
language on purpose: a word that binds in one language only delays a cut in the others.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import IntEnum, IntFlag, auto
from functools import lru_cache, reduce
from operator import or_
from typing import Final

from engine.text.clean import clean
from engine.text.figures import fold_digits
from engine.text.languages import WORDS
from engine.text.languages.english import REGNAL, ROMAN_CUES
from engine.text.languages.words import names
from engine.text.marks import BREAK, CLAUSE_ENDS, CLOSERS, CUT, MASK, OPENERS, SENTENCE_ENDS
from engine.text.read.capitals import SHOUTED
from engine.text.read.romans import ROMAN
from engine.text.symbols import ATTACHED_ONLY, CURRENCY_CODES, CURRENCY_SIGNS, CURRENCY_WORDS, UNITS
from engine.text.tokens import MAX_UNSPACED
from engine.text.vocabulary import (
    ABBREVIATIONS,
    ERAS,
    LOOSE_YEAR_CUES,
    LOOSE_YEAR_FOLLOWERS,
    MONTHS,
    SCALES,
    TYPED_CUES,
    WEEKDAYS,
    YEAR_CUES,
    YEAR_FOLLOWERS,
)


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

_ITEM = re.compile(r"\d{1,3}\.")
_LETTERS_AND_DOTS = re.compile(r"(?:[^\W\d_]\.)+", re.UNICODE)

_BETWEEN_NUMBERS = names("- – − + = × x X * / ÷ : ± ^ < >")
_COPULAS = names("is was :")
_UNITS = {*UNITS, "in", "sq", "sq."} - ATTACHED_ONLY
_CLOCKS = names("am pm a.m p.m")
_HOURS = names("बजे बजकर")
_CUES = frozenset().union(*YEAR_CUES.values(), *LOOSE_YEAR_CUES.values(), (era.lower() for era in ERAS))
_COUNTED = frozenset().union(*(words.counted for words in WORDS.values()))
_TITLES = frozenset().union(*(words.titles for words in WORDS.values()), ("dr",))
_SCALES = frozenset().union(*SCALES.values())
_FOLLOWERS = frozenset().union(*YEAR_FOLLOWERS.values(), *LOOSE_YEAR_FOLLOWERS.values())
_ROMAN_CUES = REGNAL | ROMAN_CUES
_DAY = re.compile(r"\d{1,2}(?:st|nd|rd|th)?(?:[-–]\d{1,2})?", re.IGNORECASE)
_YEAR = re.compile(r"[\'’]?\d\d(?:\d\d)?")
_DIALLED = re.compile(r"\+?\d{1,12}(?:-\d{1,5})*")
_FRACTION = re.compile(r"\d{1,3}/\d{1,3}|[¼-¾⅐-⅞]")


class Kind(IntFlag):
    """What a token may be to its neighbours."""

    NONE = 0
    NUMBER = auto()
    DAY = auto()
    YEAR = auto()
    DIALLED = auto()
    CUE = auto()
    MONTH = auto()
    WEEKDAY = auto()
    CURRENCY = auto()
    SCALE = auto()
    AFTER = auto()
    UNIT = auto()
    CLOCK = auto()
    SIGN = auto()
    COUNTED = auto()
    TITLE = auto()
    CAPITAL = auto()
    ROMAN_CUE = auto()
    ROMAN = auto()
    FRACTION = auto()
    ZEROS = auto()
    SHOUT = auto()
    SHOUTED = auto()
    TYPED_CUE = auto()
    COPULA = auto()
    LETTER = auto()
    ARROW = auto()
    HOURS = auto()
    MINUTES = auto()
    FEET = auto()


_FUSED_AFTER = {
    Kind.NUMBER: Kind.SCALE
    | Kind.AFTER
    | Kind.UNIT
    | Kind.CURRENCY
    | Kind.SIGN
    | Kind.CLOCK
    | Kind.MONTH
    | Kind.FRACTION
    | Kind.ZEROS,
    Kind.DAY: Kind.YEAR,
    Kind.DIALLED: Kind.DIALLED,
    Kind.CUE: Kind.NUMBER,
    Kind.MONTH: Kind.NUMBER | Kind.SIGN,
    Kind.WEEKDAY: Kind.MONTH | Kind.DAY,
    Kind.CURRENCY: Kind.NUMBER,
    Kind.SCALE: Kind.SCALE | Kind.UNIT | Kind.CURRENCY | Kind.AFTER,
    Kind.UNIT: Kind.UNIT,
    Kind.CLOCK: Kind.SIGN,
    Kind.SIGN: Kind.NUMBER | Kind.LETTER,
    Kind.LETTER: Kind.SIGN | Kind.LETTER,
    Kind.ARROW: Kind.CAPITAL,
    Kind.COPULA: Kind.SIGN | Kind.NUMBER,
    Kind.TYPED_CUE: Kind.NUMBER | Kind.COPULA,
    Kind.SHOUT: Kind.SHOUTED,
    Kind.HOURS: Kind.MINUTES,
    Kind.FEET: Kind.NUMBER,
    Kind.COUNTED: Kind.NUMBER | Kind.ROMAN,
    Kind.TITLE: Kind.CAPITAL,
    Kind.ROMAN_CUE: Kind.ROMAN,
}
"""What each kind is read together with, if it follows."""
_WEAK_AFTER = {Kind.NUMBER: Kind.NUMBER | Kind.CUE}


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
    word = clean(token)
    word = fold_digits(word)
    inner = word if word in _BETWEEN_NUMBERS else word.rstrip(CLOSERS)
    weight = 1 + len(word) // 12 if any(char.isalnum() for char in word) else 0
    if len(token) > MAX_UNSPACED or not inner:
        return Shape(_end_of(inner), False, False, weight, 0, 0, 0)
    core = fold_digits(inner.lstrip(OPENERS) or inner)
    abbreviated = inner.endswith(".") and (_is_abbreviation(core) or (opens_line and _ITEM.fullmatch(core) is not None))
    kinds = _left_kinds(core, word[len(inner) :])
    fuses, leans = _all(_FUSED_AFTER, kinds), _all(_WEAK_AFTER, kinds)
    ends = Break.NONE if abbreviated else _end_of(inner)
    holds = abbreviated or bool(fuses | leans)
    return Shape(ends, abbreviated, holds, weight, int(_right_kinds(fold_digits(word))), fuses, leans)


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


def _end_of(inner: str) -> Break:
    last = inner[-1:]
    if last in SENTENCE_ENDS and last:
        return Break.SENTENCE
    return Break.CLAUSE if last and last in CLAUSE_ENDS else Break.NONE


def _is_abbreviation(core: str) -> bool:
    return core[:-1].lower() in ABBREVIATIONS or _LETTERS_AND_DOTS.fullmatch(core) is not None


def _all(table: dict[Kind, Kind], kinds: Kind) -> int:
    return int(reduce(or_, (table[kind] for kind in kinds if kind in table), Kind.NONE))


def _left_kinds(core: str, closers: str) -> Kind:
    """What a token is to the one after it: punctuation at its end leaves only what is written with it."""
    if closers:
        return Kind.DIALLED if closers == ")" and _DIALLED.fullmatch(core) else Kind.NONE
    if core[-1] == "," and len(core) > 1:
        kinds = _kinds(core[:-1])
        return (Kind.DAY if Kind.MONTH in kinds else Kind.NONE) | (kinds & (Kind.DAY | Kind.WEEKDAY))
    if core[-1] == "." and len(core) > 1:
        kinds = _kinds(core[:-1])
        dotted = (
            Kind.MONTH
            | Kind.CURRENCY
            | Kind.COUNTED
            | Kind.TITLE
            | Kind.CLOCK
            | Kind.WEEKDAY
            | Kind.CUE
            | Kind.UNIT
            | Kind.FEET
        )
        return (
            kinds & dotted
            if _is_abbreviation(core) or kinds & (Kind.CURRENCY | Kind.COUNTED | Kind.TITLE | Kind.FEET)
            else Kind.NONE
        )
    if len(core) > 1 and (core[-1] in SENTENCE_ENDS or core[-1] in CLAUSE_ENDS):
        return Kind.NONE
    return _kinds(core) & ~Kind.LETTER if core in ("a", "I") else _kinds(core)


def _right_kinds(word: str) -> Kind:
    """What a token is to the one before it, whatever ends it."""
    return _kinds(word.rstrip(CLOSERS + SENTENCE_ENDS + CLAUSE_ENDS).lstrip("(") or word)


def _kinds(core: str) -> Kind:
    """What a token without its punctuation may be."""
    lower, kinds = core.lower(), Kind.NONE
    for kind, words in _WORDS:
        if core in words or lower in words:
            kinds |= kind
    if "/" in core and core.partition("/")[0] in _UNITS:
        kinds |= Kind.UNIT
    if any(char.isdigit() for char in core) or _FRACTION.fullmatch(core):
        return kinds | _number_kinds(core)
    if ROMAN.fullmatch(core):
        kinds |= Kind.ROMAN
    if len(core) == 1 and core.isalpha() and core < "\u0500":
        kinds |= Kind.LETTER
    if len(core) > 1 and core.isupper():
        kinds |= Kind.SHOUT
    return kinds | Kind.CAPITAL if core[:1].isupper() else kinds


def _number_kinds(core: str) -> Kind:
    kinds = Kind.NUMBER | (Kind.FRACTION if _FRACTION.fullmatch(core) else Kind.NONE)
    if _DAY.fullmatch(core):
        kinds |= Kind.DAY
    for kind, pattern in _FIGURES:
        if pattern.fullmatch(core):
            kinds |= kind
    return kinds | Kind.DIALLED if _DIALLED.fullmatch(core) else kinds


_FIGURES = (
    (Kind.YEAR, _YEAR),
    (Kind.ZEROS, re.compile(r"0\d\d")),
    (Kind.HOURS, re.compile(r"\d{1,2}h(?:rs?)?")),
    (Kind.MINUTES, re.compile(r"\d{1,2}m")),
)
_WORDS: tuple[tuple[Kind, Container[str]], ...] = (
    (Kind.CUE, _CUES),
    (Kind.MONTH, MONTHS),
    (Kind.WEEKDAY, WEEKDAYS),
    (Kind.CURRENCY, {*CURRENCY_SIGNS, *CURRENCY_WORDS, *CURRENCY_CODES}),
    (Kind.SCALE, _SCALES),
    (Kind.AFTER, _FOLLOWERS | ERAS | {"%"} | _HOURS),
    (Kind.UNIT, _UNITS),
    (Kind.CLOCK, _CLOCKS),
    (Kind.SIGN, _BETWEEN_NUMBERS | {"≈"}),
    (Kind.COUNTED, _COUNTED),
    (Kind.TITLE, _TITLES),
    (Kind.SHOUTED, SHOUTED),
    (Kind.TYPED_CUE, TYPED_CUES),
    (Kind.COPULA, _COPULAS),
    (Kind.ARROW, (">",)),
    (Kind.FEET, ("ft", "feet")),
    (Kind.ROMAN_CUE, _ROMAN_CUES),
)
