"""How a language says what the readers understood: the rules all share, over the words of each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.text import cldr, numbers
from engine.text.figures import Figures
from engine.text.languages import DECIMAL_COMMA, NO_WORDS, WORDS
from engine.text.languages.words import Currency

_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it is written; `half` is A or P, or empty."""

    hour: int
    minute: int
    second: int | None = None
    half: str = ""


class Verbalizer:
    """Says numbers and what is made of them in one language, a lower-case tag.

    Every method returns words, or None where this language has none: then the text stays as it is written.
    """

    full = False
    """Whether all readers know this language; else only amounts are read."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.primary = language.partition("-")[0]
        self.words = WORDS.get(self.primary, NO_WORDS)
        self.decimal_comma = self.primary in DECIMAL_COMMA
        self.speaks = numbers.speaks_numbers(language)

    def cardinal(self, number: int, indian: bool = False) -> str | None:
        """Say a whole number, if need be in lakh and crore."""
        return numbers.cardinal(number, self._grouping(indian))

    def figures(self, figures: Figures) -> str | None:
        """Say a number as it is written: digit by digit where it is no quantity."""
        if figures.fraction:
            return numbers.decimal(figures.whole, figures.fraction, self.language, self.words.point)
        if figures.is_spelled:
            return self.digits(figures.whole)
        return self.cardinal(int(figures.whole), figures.indian or (not figures.grouped and self._counts_in_lakh))

    def digits(self, figures: str) -> str | None:
        """Say digits one by one."""
        return numbers.digits(figures, self.language)

    def signed(self, spoken: str | None, sign: str) -> str | None:
        """Say a number with its sign, if it has one."""
        if not spoken or not sign:
            return spoken
        word = {"+": self.words.plus, "±": self.words.signs.get("±", "")}.get(sign, self.words.minus)
        return f"{word} {spoken}" if word else None

    def money(self, figures: Figures, spoken: str, code: str, scale: str = "") -> str | None:
        """Say an amount of money; `spoken` is the number, `code` the ISO code of its currency."""
        currency = self.currency(code)
        if currency is None:
            return None
        if not scale and currency.cents and len(figures.fraction) == 2:
            return self._coins(figures, currency)
        name = currency.one if figures.is_one and not scale else currency.many
        return " ".join(filter(None, (spoken, scale, name)))

    def currency(self, code: str) -> Currency | None:
        """Return the words for a currency by its ISO code: the everyday ones, else CLDR's."""
        return self.words.currencies.get(code) or self.full_currency(code)

    def full_currency(self, code: str) -> Currency | None:
        """Return CLDR's words for a currency, like U S dollars."""
        one, many = (_spaced(cldr.currency(code, is_one, self.language)) for is_one in (True, False))
        return Currency(one, many) if one and many else None

    def unit(self, key: str, one: bool) -> str:
        """Return the name of a unit by its CLDR key, for one or for many, or nothing."""
        if everyday := self.words.units.get(key):
            return everyday[not one]
        return cldr.unit(key, one, self.language)

    def measure(self, figures: Figures, key: str, scale: str = "") -> str:
        """Return the name of a unit as it stands after a number, or nothing."""
        return self.unit(key, figures.is_one and not scale)

    def ordinal(self, core: str) -> str | None:
        """Say an ordinal as it is written, like 2nd."""
        return None

    def nth(self, number: int) -> str | None:
        """Say an ordinal."""
        return None

    def decade(self, core: str) -> str | None:
        """Say a decade as it is written, like 1990s."""
        return None

    def year(self, number: int) -> str | None:
        """Say a year."""
        return numbers.year(number, self.language) or self.cardinal(number)

    def date(self, day: str, month: str, year: str, month_first: bool) -> str | None:
        """Say a date; `day` and `month` are figures or a name, `year` is said already or empty."""
        return None

    def day(self, number: str) -> str | None:
        """Say the day at the beginning of a range of days."""
        return self.cardinal(int(number))

    def time(self, clock: Clock) -> str | None:
        """Say a time of day."""
        return None

    def oclock(self, clock: Clock) -> str | None:
        """Say a time of day that has the word for o'clock after it."""
        return self.time(clock)

    def fraction(self, whole: int, numerator: int, denominator: int) -> str | None:
        """Say a fraction, with the whole number before it if that is not 0."""
        return None

    def letters(self, word: str) -> str:
        """Spell Latin letters by their names."""
        table = self.words.letters
        return " ".join(table.get(letter, letter) for letter in word.upper())

    @property
    def _counts_in_lakh(self) -> bool:
        return self.language == "en-in"

    def _grouping(self, indian: bool) -> str:
        return self.language

    def _coins(self, figures: Figures, currency: Currency) -> str | None:
        whole, cents = int(figures.whole or "0"), int(figures.fraction)
        parts: list[str | None] = []
        if whole or not cents:
            notes = self.figures(Figures(figures.whole or "0", "", figures.grouped, figures.indian))
            parts.append(notes and f"{notes} {currency.one if whole == 1 else currency.many}")
        if cents:
            coins = self.cardinal(cents)
            parts.append(coins and f"{coins} {currency.cent if cents == 1 else currency.cents}")
        joint = f" {self.words.joined_by} " if self.words.joined_by else " "
        return joint.join(part for part in parts if part) if all(parts) else None


def _spaced(name: str) -> str:
    return _CAPITALS.sub(lambda match: " ".join(match.group()), name)
