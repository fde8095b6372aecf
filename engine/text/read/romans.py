"""Roman numerals, only after words that leave no doubt."""

from __future__ import annotations

import re

from engine.text.languages.english import REGNAL, ROMAN_CUES
from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

ROMAN = re.compile(r"(?=[XVIL]{1,8}$)(?!I$)(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
"""2 to 89 in Roman numerals, and never I, which is a word."""
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def roman(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `Henry VIII`, `Chapter IV`, `World War II`."""
    core, apostrophe, _ = chain.core(at).replace("’", "'").partition("'s")
    before = chain.before(at)
    if not voice.full or before.islower() or not ROMAN.fullmatch(core):
        return None
    number = value(core)
    if before.lower() in REGNAL and voice.nth(number):
        return Reading(f"the {voice.nth(number)}{apostrophe}")
    spoken = voice.cardinal(number) if before.lower() in ROMAN_CUES else None
    return Reading(spoken + apostrophe) if spoken else None


def value(numeral: str) -> int:
    """Return the value of a Roman numeral."""
    values = [_VALUES[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))
