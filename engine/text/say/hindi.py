"""The rules of Hindi: ordinals, dates, times, fractions."""

from __future__ import annotations

import re

from engine.text import cldr
from engine.text.languages.hindi import HALVES, ORDINAL_ENDINGS, ORDINALS, REGULAR_ENDINGS
from engine.text.say.general import Clock, Verbalizer

_ENGLISH = re.compile(r"(\d+)(?:st|nd|rd|th)", re.IGNORECASE)
_HUNDRED = 100
_PAST = {15: "सवा", 30: "साढ़े", 45: "पौने"}


class Hindi(Verbalizer):
    """Says it in Hindi."""

    full = True

    def ordinal(self, core: str) -> str | None:
        """Say an ordinal with the ending that is written: 5वीं, 1ला."""
        if match := _ENGLISH.fullmatch(core):
            core = match[1] + "वाँ"
        figures = core.rstrip("ािीेंँवलरथठ")
        ending = ORDINAL_ENDINGS.get(core[len(figures) :])
        if ending is None or not figures.isascii() or not figures.isdecimal():
            return None
        number = int(figures)
        if number == _HUNDRED:
            return "सौ" + REGULAR_ENDINGS[ending]
        if number in ORDINALS:
            return ORDINALS[number] + ending
        spoken = self.cardinal(number)
        return spoken and spoken + REGULAR_ENDINGS[ending]

    def date(self, day: str, month: str, year: str, month_first: bool) -> str | None:
        """Say the day as a plain number, before the month."""
        names = cldr.month_names("hi")
        month = names[int(month) - 1] if month.isdecimal() else month
        spoken = self.cardinal(int(day)) or ""
        return " ".join(filter(None, (month, spoken, year) if month_first else (spoken, month, year)))

    def time(self, clock: Clock) -> str | None:
        """Say hours and minutes."""
        hour, minute = self.cardinal(clock.hour), self.cardinal(clock.minute)
        half = f"{self.letters(clock.half + 'M')} " if clock.half else ""
        if not clock.minute and not clock.second:
            return f"{half}{hour} बजे"
        second = f" {self.cardinal(clock.second)} सेकंड" if clock.second else ""
        return f"{half}{hour} बजकर {minute} मिनट{second}"

    def oclock(self, clock: Clock) -> str | None:
        """Say a time before the word for o'clock: quarters have words of their own."""
        spoken = self.fraction(clock.hour, 1, 2) if clock.minute == 30 and clock.hour else None
        if clock.minute in (15, 45) and clock.hour:
            hour = self.cardinal(clock.hour % 12 + 1 if clock.minute == 45 else clock.hour)
            spoken = f"{_PAST[clock.minute]} {hour}"
        return f"{spoken} बजे" if spoken and not clock.second else self.time(clock)

    def fraction(self, whole: int, numerator: int, denominator: int) -> str | None:
        """Say the half and the quarters by their own words, other fractions as one number over another."""
        count = self.cardinal(whole) if whole else ""
        thirds = {(1, 3): "एक तिहाई", (2, 3): "दो तिहाई"}
        named = {(1, 2): "आधा", (1, 4): "एक चौथाई", (3, 4): "तीन चौथाई", **thirds}
        if whole:
            named = {(1, 2): HALVES.get(whole, f"साढ़े {count}"), (1, 4): f"सवा {count}" if whole > 1 else "सवा"}
            named[3, 4] = f"पौने {self.cardinal(whole + 1)}"
        if (numerator, denominator) in named:
            return named[numerator, denominator]
        if not denominator:
            return None
        parts = f"{self.cardinal(numerator)} बटा {self.cardinal(denominator)}"
        return f"{count} सही {parts}" if whole else parts
