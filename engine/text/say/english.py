"""The rules of English: ordinals, years, dates, times, fractions."""

from __future__ import annotations

import re

from engine.text import cldr, numbers
from engine.text.languages.english import HALVES, QUARTERS
from engine.text.marks import APOSTROPHES
from engine.text.say.general import Clock, Verbalizer

_ORDINAL = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)", re.IGNORECASE)
_LARGE_PART = 20
_DECADE = re.compile(rf"[{APOSTROPHES}]?((?:1\d|20)?\d0)[{APOSTROPHES}]?s")


class English(Verbalizer):
    """Says it in English; American where the region is not told."""

    full = True

    def ordinal(self, core: str) -> str | None:
        """Say 2nd, 1,000th."""
        match = _ORDINAL.fullmatch(core)
        return self.nth(int(match[1].replace(",", ""))) if match else None

    def nth(self, number: int) -> str | None:
        """Say second, twenty-first."""
        return numbers.ordinal(number, "en")

    def decade(self, core: str) -> str | None:
        """Say 1990s, '90s."""
        match = _DECADE.fullmatch(core)
        spoken = match and numbers.year(int(match[1]), "en")
        if not spoken:
            return None
        return spoken[:-1] + "ies" if spoken.endswith("y") else spoken + "s"

    def date(self, day: str, month: str, year: str, month_first: bool) -> str | None:
        """Say July fourth in America, July the fourth elsewhere; the fourth of July where the day is written first."""
        names = cldr.month_names(self.language)
        month = names[int(month) - 1] if month.isdecimal() else month
        spoken = self.nth(int(day))
        if not month_first:
            return " ".join(filter(None, (f"the {spoken} of {month}", year)))
        if not self.is_american:
            return " ".join(filter(None, (f"{month} the {spoken}", year)))
        return f"{month} {spoken}, {year}" if year else f"{month} {spoken}"

    def day(self, number: str) -> str | None:
        """Say the fourth."""
        return f"the {self.nth(int(number))}"

    def time(self, clock: Clock) -> str | None:
        """Say nine oh five, nine o'clock, seventeen hundred, nine P M."""
        hour, half = self.cardinal(clock.hour) or "", f"{clock.half} M" if clock.half else ""
        words = self.cardinal(clock.minute) or ""
        if clock.minute or clock.second:
            words = f"oh {words}" if clock.minute < 10 else words
        else:
            words = "" if half else "o'clock" if 1 <= clock.hour <= 12 else "hundred"
        seconds = clock.second and f"and {self.cardinal(clock.second)} second{'s' * (clock.second != 1)}"
        return " ".join(filter(None, (hour, words, seconds or "", half)))

    def fraction(self, whole: int, numerator: int, denominator: int) -> str | None:
        """Say one half, three quarters, two and a half; tenths are out of ten, as marks are given."""
        parts = self._parts(numerator, denominator)
        if not whole or not parts:
            return parts
        return f"{self.cardinal(whole)} and {'a half' if parts == 'one half' else parts}"

    def _parts(self, numerator: int, denominator: int) -> str | None:
        if numerator > denominator > _LARGE_PART:
            return f"{self.cardinal(numerator)} {self.words.over} {self.cardinal(denominator)}"
        count, many = self.cardinal(numerator), numerator != 1
        if denominator in (2, 4):
            return f"{count} {(HALVES if denominator == 2 else QUARTERS)[many]}"
        if denominator == 10 and many:
            return f"{count} {self.words.out_of} ten"
        if denominator < 2:
            return None
        return f"{count} {self.nth(denominator)}{'s' * many}"

    @property
    def is_american(self) -> bool:
        """Whether the month is named before the day by default."""
        return cldr.order(self.language) == "mdy"

    def _grouping(self, indian: bool) -> str:
        return "en-in" if indian else "en"
