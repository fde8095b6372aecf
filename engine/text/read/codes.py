"""Letters and figures mixed, capitals that are spelled, signs inside words: read part by part."""

from __future__ import annotations

import re
import unicodedata

from engine.text.marks import WORD
from engine.text.read.capitals import is_word, spell
from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

_PART = re.compile(rf"\d+|[A-Z]{{2,}}(?=s(?![A-Za-z]))|[A-Z]+(?=[&/+])|{WORD}|.", re.DOTALL)
_MIXED = re.compile(r"[\d&+/=<>@#_%|\\~²³₀-₉°^$€£¥₹×*·•π‰]")
_COUNTED_WORDS = re.compile(r"\d{1,4}(?:st|nd|rd|th)?(?:-[a-z]+)+(?:-\d{1,4})?")
_WITH_PLACE = re.compile(r"((?:[A-Z]\.)+)-(\w+)")
_NUMBERED = re.compile(r"([A-Za-z]{1,4})\.(\d+)")
_PER = re.compile(rf"({WORD})/(day|week|month|year|hour|minute|second|night|person|head)")
_LATE_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_NUMBER = 4
_SILENT = frozenset("-‐‑–'’`\"\u00ad")
_PAUSES = frozenset(",;")


def code(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `COVID-19`, `B2B`, `C++`, `R&D`, `and/or`: what no other reader understood, part by part."""
    core = chain.core(at)
    if known := voice.words.words.get(core.lower()):
        return Reading(known)
    if _COUNTED_WORDS.fullmatch(core):
        return Reading("-".join(voice.ordinal(piece) or number(piece, voice) for piece in core.split("-")))
    if spoken := _compound(core, voice):
        return Reading(spoken)
    if not _MIXED.search(core) and not _is_spelled_compound(core, voice):
        return None
    return Reading(parts(core, voice))


def _compound(core: str, voice: Verbalizer) -> str:
    """Read `U.S.-based`, `No.1`, `tablets/day`."""
    words = voice.words
    if match := _WITH_PLACE.fullmatch(core):
        return f"{voice.letters(match[1].replace('.', ''))} {match[2]}"
    if (match := _NUMBERED.fullmatch(core)) and (name := words.counted.get(match[1].lower())):
        return f"{name} {number(match[2], voice)}"
    if (match := _PER.fullmatch(core)) and words.per:
        return f"{match[1]} {words.per} {match[2]}"
    return ""


def parts(text: str, voice: Verbalizer) -> str:
    """Read a token part by part: words, spelled capitals, numbers, and signs by name."""
    spoken: list[str] = []
    before = ""
    for found in _PART.findall(text):
        if found.isdecimal():
            is_year = before.isalpha() and _LATE_YEAR.fullmatch(found)
            spoken.append((voice.year(int(found)) if is_year else None) or number(found, voice))
        elif found == "s" and spoken and before in ("'", "’"):
            spoken[-1] += "'s"
        elif found[0].isalpha():
            spoken.append(_letters(found, text, voice))
        elif found in _PAUSES and spoken:
            spoken[-1] += found
        elif found == "." and before.isdecimal():
            spoken.append(voice.words.point)
        elif name := _sign(found, voice):
            spoken.append(name)
        before = found
    return " ".join(filter(None, spoken))


def number(figures: str, voice: Verbalizer) -> str:
    """Read the figures of a code: short ones as a number, others digit by digit."""
    if not figures.isdecimal():
        return figures
    if (figures[0] == "0" and len(figures) > 1) or len(figures) > _LONGEST_NUMBER:
        return voice.digits(figures) or figures
    return voice.cardinal(int(figures)) or figures


def _letters(word: str, text: str, voice: Verbalizer) -> str:
    if "&" in text and word.isupper() and word.isascii():
        return voice.letters(word)
    if len(word) == 1 and word.isascii() and text != word:
        return voice.letters(word) if word.isupper() or voice.words.letters else word
    return spell(word, voice)


def _sign(char: str, voice: Verbalizer) -> str:
    if char == "/":
        return ""
    if char in _SILENT:
        return ""
    if name := voice.words.inside.get(char) or voice.words.signs.get(char):
        return name
    return numeral(char, voice) or (char if any(one.isalnum() for one in char) else "")


def numeral(char: str, voice: Verbalizer) -> str:
    """Read a superscript, a fraction or another number that is one character, or answer nothing."""
    whole, _, denominator = unicodedata.normalize("NFKC", char).partition("⁄")
    if not (whole.isdecimal() and whole.isascii()):
        return ""
    if denominator.isdecimal():
        return voice.fraction(0, int(whole), int(denominator)) or ""
    return voice.words.powers.get(whole if char in "²³" else "") or voice.cardinal(int(whole)) or ""


def _is_spelled_compound(core: str, voice: Verbalizer) -> bool:
    pieces = [piece for piece in re.split("[-‑]", core) if len(piece) > 1]
    return "-" in core and any(
        piece.isalpha() and piece.isupper() and piece.isascii() and not is_word(piece, voice) for piece in pieces
    )
