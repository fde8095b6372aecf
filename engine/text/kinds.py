"""What a token may be to its neighbours, and what is read together: tables over the words of all languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntFlag, auto
from functools import lru_cache

from engine.text.languages import WORDS
from engine.text.languages.english import REGNAL, ROMAN_CUES
from engine.text.languages.words import names
from engine.text.marks import CLAUSE_ENDS, SENTENCE_ENDS
from engine.text.read.capitals import SHOUTED
from engine.text.read.romans import ROMAN
from engine.text.symbols import ATTACHED_ONLY, CURRENCY_CODES, CURRENCY_SIGNS, CURRENCY_WORDS, UNITS
from engine.text.vocabulary import (
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


class Kind(IntFlag):
    """What a token may be to its neighbours."""

    NONE = 0
    NUMBER = auto()
    DAY = auto()
    DATE = auto()
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


_AFTER_NUMBERS = Kind.SCALE | Kind.AFTER | Kind.UNIT | Kind.CURRENCY | Kind.SIGN | Kind.CLOCK | Kind.MONTH
_AFTER_NUMBERS |= Kind.FRACTION | Kind.ZEROS
_FUSED_AFTER: dict[int, int] = {
    Kind.NUMBER: _AFTER_NUMBERS,
    Kind.DAY: Kind.YEAR,
    Kind.DIALLED: Kind.DIALLED,
    Kind.CUE: Kind.NUMBER,
    Kind.MONTH: Kind.NUMBER | Kind.SIGN,
    Kind.WEEKDAY: Kind.MONTH | Kind.DAY | Kind.DATE,
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
_WEAK_AFTER: dict[int, int] = {Kind.NUMBER: Kind.NUMBER | Kind.CUE}

BETWEEN_NUMBERS = names("- – − + = × x X * / ÷ : ± ^ < >")
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
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_YEAR = re.compile(r"[\'’]?\d\d(?:\d\d)?")
_DIALLED = re.compile(r"\+?\d{1,12}(?:-\d{1,5})*")
_TO_MONTH = re.compile(r"\d{1,2}(?:st|nd|rd|th)?[-–]([^\W\d_]{3,9})", re.IGNORECASE)
_MONTH_TO_DAY = re.compile(r"([^\W\d_]{3,9})\.?[-–]\d{1,2}(?:st|nd|rd|th)?", re.IGNORECASE)
_CLOCK_TO_TIME = re.compile(r"[ap]\.?m\.?[-–—]\d[\d:.apm]*", re.IGNORECASE)
_FRACTION = re.compile(r"\d{1,3}/\d{1,3}|[¼-¾⅐-⅞]")

_WORDS: tuple[tuple[Kind, Iterable[str]], ...] = (
    (Kind.CUE, _CUES),
    (Kind.MONTH, MONTHS),
    (Kind.WEEKDAY, WEEKDAYS),
    (Kind.CURRENCY, {*CURRENCY_SIGNS, *CURRENCY_WORDS, *CURRENCY_CODES}),
    (Kind.SCALE, _SCALES),
    (Kind.AFTER, _FOLLOWERS | ERAS | {"%"} | _HOURS),
    (Kind.UNIT, _UNITS),
    (Kind.CLOCK, _CLOCKS),
    (Kind.SIGN, BETWEEN_NUMBERS | {"≈"}),
    (Kind.COUNTED, _COUNTED),
    (Kind.TITLE, _TITLES),
    (Kind.SHOUTED, SHOUTED),
    (Kind.TYPED_CUE, TYPED_CUES),
    (Kind.COPULA, _COPULAS),
    (Kind.ARROW, (">",)),
    (Kind.FEET, ("ft", "feet")),
    (Kind.ROMAN_CUE, _ROMAN_CUES),
)
_FIGURES = (
    (Kind.DAY, _DAY),
    (Kind.DATE, _DATE),
    (Kind.DIALLED, _DIALLED),
    (Kind.FRACTION, _FRACTION),
    (Kind.YEAR, _YEAR),
    (Kind.ZEROS, re.compile(r"0\d\d")),
    (Kind.HOURS, re.compile(r"\d{1,2}h(?:rs?)?")),
    (Kind.MINUTES, re.compile(r"\d{1,2}m")),
    (Kind.CLOCK, _CLOCK_TO_TIME),
)
_OF_DAY_COMMA = Kind.DAY | Kind.WEEKDAY
_ALWAYS_DOTTED = Kind.CURRENCY | Kind.COUNTED | Kind.TITLE | Kind.FEET
_DOTTED = _ALWAYS_DOTTED | Kind.MONTH | Kind.CLOCK | Kind.WEEKDAY | Kind.CUE | Kind.UNIT
_ENDS = SENTENCE_ENDS + CLAUSE_ENDS
_LAST_GREEK_OR_CYRILLIC = "\u0500"


def _table() -> dict[str, int]:
    table: dict[str, int] = {}
    for kind, words in _WORDS:
        for word in words:
            table[word] = table.get(word, 0) | int(kind)
    return table


_TABLE = _table()


def fused_after(kinds: int) -> int:
    """Return the kinds that are read together with a token of these, if they follow it."""
    return _all(kinds)[0]


def weak_after(kinds: int) -> int:
    """Return the kinds that better follow a token of these without a breath."""
    return _all(kinds)[1]


@lru_cache(maxsize=1024)
def _all(kinds: int) -> tuple[int, int]:
    fused = weak = 0
    for kind in Kind:
        if kind & kinds:
            fused |= int(_FUSED_AFTER.get(kind, 0))
            weak |= int(_WEAK_AFTER.get(kind, 0))
    return fused, weak


def left_kinds(core: str, closers: str, abbreviated: bool) -> int:
    """What a token is to the one after it: punctuation at its end leaves only what is written with it."""
    if closers:
        return Kind.DIALLED.value if closers == ")" and _DIALLED.fullmatch(core) else 0
    last = core[-1]
    if len(core) == 1 or last.isalnum():
        found = kinds_of(core)
        return found & ~Kind.LETTER.value if core in ("a", "I") else found
    if last == ",":
        found = kinds_of(core[:-1])
        return (found & _OF_DAY_COMMA.value) | (Kind.DAY.value if found & Kind.MONTH.value else 0)
    if last == ":":
        return kinds_of(core[:-1]) & Kind.TYPED_CUE.value
    if last == ".":
        found = kinds_of(core[:-1])
        return found & _DOTTED.value if abbreviated or found & _ALWAYS_DOTTED.value else 0
    return 0 if last in _ENDS else kinds_of(core)


def ends_in_month(core: str) -> bool:
    """Whether a token without its full stop is a day and the month after it, as in `Aug. 3–Sept. 5`."""
    match = _TO_MONTH.fullmatch(core)
    return match is not None and match[1].lower() in MONTHS


@lru_cache(maxsize=4096)
def kinds_of(core: str) -> int:
    """What a token without its punctuation may be."""
    lower = core.lower()
    kinds = _TABLE.get(core, 0)
    if lower != core:
        kinds |= _TABLE.get(lower, 0)
    if "/" in core and core.partition("/")[0] in _UNITS:
        kinds |= Kind.UNIT.value
    if not core.isalpha() and (any(char.isdigit() for char in core) or _FRACTION.fullmatch(core)):
        return kinds | _kinds_of_figures(core)
    return kinds if lower == core and len(core) > 1 else kinds | _kinds_of_capitals(core)


def _kinds_of_capitals(core: str) -> int:
    kinds = Kind.CAPITAL.value if core[:1].isupper() else 0
    if len(core) == 1 and core.isalpha() and core < _LAST_GREEK_OR_CYRILLIC:
        kinds |= Kind.LETTER.value
    if len(core) > 1 and core.isupper():
        kinds |= Kind.SHOUT.value
    if ROMAN.fullmatch(core.removesuffix("'s")):
        kinds |= Kind.ROMAN.value
    return kinds


def _kinds_of_figures(core: str) -> int:
    kinds = Kind.NUMBER.value
    for kind, pattern in _FIGURES:
        if pattern.fullmatch(core):
            kinds |= kind.value
    month = _TO_MONTH.fullmatch(core) or _MONTH_TO_DAY.fullmatch(core)
    return kinds | Kind.MONTH.value if month and month[1].lower() in MONTHS else kinds
