"""A number as it is written: its figures, how they are grouped, and the same figures in any script."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_FIGURES: Final = 24
"""Tokens with more digits stay as they are: their words would be longer than a segment."""
LONGEST_CARDINAL: Final = 9
"""More digits without grouping are a number to dial or to type."""

NUMBER: Final = r"\d+(?:[.,]\d+)*|\.\d+"
"""Pattern of what may be a number."""
_GROUPED = re.compile(r"(?P<whole>\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})?(?:\.(?P<fraction>\d+))?")
_SWAPPED = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class Figures:
    """Digits before and after the mark. `grouped` by commas, Western or `indian`, or not."""

    whole: str
    fraction: str = ""
    grouped: bool = False
    indian: bool = False

    @property
    def is_one(self) -> bool:
        """Whether it takes the singular."""
        return self.whole == "1" and not self.fraction

    @property
    def is_spelled(self) -> bool:
        """Whether its digits are read one by one: a leading zero, or too long for a quantity."""
        whole = self.whole
        return (whole[:1] == "0" and len(whole) > 1) or (len(whole) > LONGEST_CARDINAL and not self.grouped)


def parse(text: str, decimal_comma: bool = False) -> Figures | None:
    """Return the figures of a number like 1,234.5 or 12,34,567, or None. With `decimal_comma`: 1.234,5."""
    match = _GROUPED.fullmatch(text.translate(_SWAPPED) if decimal_comma else text)
    if not match or not text:
        return None
    groups = (match["whole"] or "0").split(",")
    indian = any(len(group) == 2 for group in groups[1:])
    return Figures("".join(groups), match["fraction"] or "", len(groups) > 1, indian)


def fold_digits(word: str) -> str:
    """Return a token with the decimal digits of all scripts as ASCII ones."""
    if word.isascii():
        return word
    if word.endswith("\u0970"):  # the Devanagari sign of abbreviation
        word = word[:-1] + "."
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in word)
