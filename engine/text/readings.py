"""How one token with digits is read in one language: amounts, times, ordinals, years, digit strings."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from engine.text import numbers
from engine.text.languages import (
    DECIMAL_COMMA,
    HINDI_ORDINAL_ENDINGS,
    HINDI_ORDINALS,
    HINDI_REGULAR_ENDINGS,
    MAGNITUDES,
    WORDS,
    Currency,
    Words,
)
from engine.text.marks import APOSTROPHES, CLAUSE_ENDS, CLOSERS, CURRENCIES, MINUSES, OPENERS, SENTENCE_ENDS, SIGNS
from engine.text.vocabulary import CURRENCY_WORDS, SCALES, YEAR_CUES, YEAR_FOLLOWERS

MAX_FIGURES = 24
"""Tokens with more digits stay as they are: their words would be longer than a segment."""
_LONGEST_CARDINAL = 9  # more digits without grouping are a number to dial or to type

_NO_WORDS = Words("", "", "", "")
_LEAD, _TAIL = re.escape(OPENERS), re.escape(CLOSERS + SENTENCE_ENDS + CLAUSE_ENDS)
_EDGES = re.compile(rf"([{_LEAD}]*)(.+?)([{_TAIL}]*)", re.DOTALL)
_AMOUNT = re.compile(
    rf"(?P<sign>[{MINUSES}+])?(?P<before>(?:US)?\$|[{CURRENCIES}])?(?P<sign2>[{MINUSES}])?"
    rf"(?P<number>\d[\d.,]*|\.\d+)(?P<times>k|mn?|bn?|tn|cr)?(?P<after>[%{CURRENCIES}])?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"(?P<whole>\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})?(?:\.(?P<fraction>\d+))?")
_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?P<half>[ap]m)?", re.IGNORECASE)
_ENGLISH_ORDINAL = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(st|nd|rd|th)", re.IGNORECASE)
_DECADE = re.compile(rf"[{APOSTROPHES}]?((?:1[1-9]|20)?\d0)[{APOSTROPHES}]?s")
_YEAR = re.compile(r"1[1-9]\d\d|20\d\d")
_SWAPPED = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it is written: digits before and after the mark. `grouped` by Western or Indian commas, or not."""

    whole: str
    fraction: str
    grouped: bool
    indian: bool


def edges(word: str) -> tuple[str, str, str]:
    """Return a token's opening punctuation, its core and its closing punctuation."""
    match = _EDGES.fullmatch(word)
    return (match[1], match[2], match[3]) if match else ("", word, "")


def fold_digits(word: str) -> str:
    """Return a token with the decimal digits of all scripts as ASCII ones."""
    if word.isascii():
        return word
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in word)


class Reader:
    """Reads tokens of one language, a lower-case tag."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.primary = language.partition("-")[0]
        self._words = WORDS.get(self.primary, _NO_WORDS)
        self._scales = SCALES.get(self.primary, {})
        self._magnitudes = MAGNITUDES.get(self.primary, {})
        self._cues = YEAR_CUES.get(self.primary, frozenset())
        self._followers = YEAR_FOLLOWERS.get(self.primary, frozenset())

    def sign(self, word: str) -> str:
        """Return what a lone sign is called, or an empty string."""
        return self._words.signs.get(word, word if len(word) == 1 and word in SIGNS else "")

    def is_scale(self, word: str) -> bool:
        """Whether a word multiplies the amount before it."""
        return word.lower() in self._scales

    def currency_of(self, word: str) -> str:
        """Return the sign of a currency written as a word or sign of its own, or an empty string."""
        sign = CURRENCY_WORDS.get(word.lower(), word)
        return sign if sign in self._words.currencies else ""

    def is_year_cue(self, word: str) -> bool:
        """Whether four digits after this word are a year."""
        return word.lower().rstrip(".") in self._cues or (
            self.primary == "en" and word.endswith(",") and word[0].isdigit()
        )

    def is_year_follower(self, word: str) -> bool:
        """Whether four digits before this word are a year."""
        return word in self._followers

    def year(self, core: str) -> str | None:
        """Read four digits as a year, or answer None."""
        return numbers.year(int(core), self.language) if _YEAR.fullmatch(core) else None

    def number(self, core: str) -> str | None:
        """Read a token's core by itself, or answer None: it stays as it is written."""
        if sum(char.isdigit() for char in core) > MAX_FIGURES or not numbers.speaks_numbers(self.language):
            return None
        return self._time(core) or self._ordinal(core) or self._decade(core) or self.amount(core)

    def amount(self, core: str, currency: str = "", scale: str = "") -> str | None:
        """Read a number with its signs; `currency` and `scale` come from the tokens around it."""
        match = _AMOUNT.fullmatch(core)
        figures = match and self._figures(match["number"])
        if not match or not figures or (match["before"] and match["after"] not in (None, match["before"])):
            return None
        percent = match["after"] == "%" or scale == "%"
        sign = currency or (match["before"] or "").upper().removeprefix("US") or (match["after"] or "").replace("%", "")
        scale = self._scales.get(scale.lower(), "") or self._magnitudes.get((match["times"] or "").lower(), "")
        if match["times"] and not (sign and scale):
            return None
        spoken = self._money(figures, sign, scale) if sign else self._plain(figures, scale, percent)
        return self._signed(spoken, match["sign"] or match["sign2"] or "")

    def _signed(self, spoken: str | None, sign: str) -> str | None:
        if not spoken or not sign:
            return spoken
        word = self._words.plus if sign == "+" else self._words.minus
        return f"{word} {spoken}" if word else None

    def _plain(self, figures: Amount, scale: str, percent: bool) -> str | None:
        spoken = self._figure_words(figures)
        if not spoken or (percent and not self._words.percent):
            return None
        return " ".join(filter(None, (spoken, scale, self._words.percent if percent else "")))

    def _money(self, figures: Amount, sign: str, scale: str) -> str | None:
        currency = self._words.currencies.get(sign)
        if currency is None:
            return None
        if not scale and currency.cents and len(figures.fraction) == 2:
            return self._coins(figures, currency)
        spoken = self._figure_words(figures)
        if not spoken:
            return None
        is_one = figures.whole == "1" and not figures.fraction and not scale
        return " ".join(filter(None, (spoken, scale, currency.one if is_one else currency.many)))

    def _coins(self, figures: Amount, currency: Currency) -> str | None:
        whole, cents = int(figures.whole or "0"), int(figures.fraction)
        parts = []
        if whole or not cents:
            notes = self._figure_words(Amount(figures.whole or "0", "", figures.grouped, figures.indian))
            parts.append(notes and f"{notes} {currency.one if whole == 1 else currency.many}")
        if cents:
            coins = numbers.cardinal(cents, self.language)
            parts.append(coins and f"{coins} {currency.cent if cents == 1 else currency.cents}")
        joint = f" {self._words.joined_by} " if self._words.joined_by else " "
        return joint.join(part for part in parts if part) if all(parts) else None

    def _figures(self, number: str) -> Amount | None:
        if self.primary in DECIMAL_COMMA:
            number = number.translate(_SWAPPED)
        match = _GROUPED.fullmatch(number)
        if not match:
            return None
        whole = match["whole"] or ""
        groups = whole.split(",")
        indian = any(len(group) == 2 for group in groups[1:]) or (self.language == "en-in" and len(groups) < 3)
        return Amount("".join(groups), match["fraction"] or "", len(groups) > 1, indian)

    def _figure_words(self, figures: Amount) -> str | None:
        whole, fraction = figures.whole, figures.fraction
        if fraction:
            return numbers.decimal(whole, fraction, self.language, self._words.point)
        if (whole[0] == "0" and len(whole) > 1) or (len(whole) > _LONGEST_CARDINAL and not figures.grouped):
            return numbers.digits(whole, self.language)
        return numbers.cardinal(int(whole), self._grouping(figures))

    def _grouping(self, figures: Amount) -> str:
        if self.primary != "en":
            return self.language
        return "en-in" if figures.indian else "en"

    def _time(self, core: str) -> str | None:
        match = _TIME.fullmatch(core)
        if not match or self.primary not in ("en", "hi"):
            return None
        hour = numbers.cardinal(int(match["hour"]), self.language) or ""
        minute, half = int(match["minute"]), (match["half"] or "").upper()
        words = numbers.cardinal(minute, self.language) or ""
        if self.primary == "hi":
            return f"{hour} बजकर {words} मिनट" if minute else f"{hour} बजे"
        if minute:
            words = f"oh {words}" if minute < 10 else words
        else:
            words = "" if half else "o'clock" if 1 <= int(match["hour"]) <= 12 else "hundred"
        return " ".join(filter(None, (hour, words, " ".join(half))))

    def _ordinal(self, core: str) -> str | None:
        if self.primary == "en":
            match = _ENGLISH_ORDINAL.fullmatch(core)
            return numbers.ordinal(int(match[1].replace(",", "")), self.language) if match else None
        return self._hindi_ordinal(core) if self.primary == "hi" else None

    def _hindi_ordinal(self, core: str) -> str | None:
        figures = core.rstrip("ािीेंँवलरथठ")
        ending = HINDI_ORDINAL_ENDINGS.get(core[len(figures) :])
        if ending is None or not figures.isascii() or not figures.isdigit():
            return None
        number = int(figures)
        if number in HINDI_ORDINALS:
            return HINDI_ORDINALS[number] + ending
        spoken = numbers.cardinal(number, "hi")
        return spoken and spoken + HINDI_REGULAR_ENDINGS[ending]

    def _decade(self, core: str) -> str | None:
        match = _DECADE.fullmatch(core) if self.primary == "en" else None
        spoken = match and numbers.year(int(match[1]), "en")
        if not spoken:
            return None
        return spoken[:-1] + "ies" if spoken.endswith("y") else spoken + "s"


@lru_cache(maxsize=128)
def reader(language: str) -> Reader:
    """Return the reader of a BCP 47 tag, whatever its case."""
    return Reader(language.lower().replace("_", "-"))
