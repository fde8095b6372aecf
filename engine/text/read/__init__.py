"""How tokens are read: one ordered list of readers, asked in turn for each token of a chain."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from engine.text.figures import MAX_FIGURES
from engine.text.read import codes, dates, phones, quantities, ratios, romans, signs, sums, times, years
from engine.text.read.abbreviations import abbreviation
from engine.text.read.addresses import address
from engine.text.read.amounts import currency_of
from engine.text.read.capitals import capitals
from engine.text.read.chain import Chain, Reader, Reading, Stop, Token
from engine.text.read.ordinals import ordinal
from engine.text.say import verbalizer
from engine.text.say.general import Verbalizer

_WITH_FIGURES: Final[tuple[Reader, ...]] = (
    sums.total,
    phones.typed,
    phones.grouped,
    phones.phone,
    dates.figures,
    dates.named,
    times.time,
    years.year,
    years.decade,
    ordinal,
    ratios.fraction,
    ratios.ratio,
    ratios.size,
    ratios.version,
    ratios.feet,
    quantities.quantity,
    ratios.power,
    address,
    codes.code,
)
_WITHOUT_FIGURES: Final[tuple[Reader, ...]] = (
    quantities.quantity,
    dates.named,
    dates.names,
    romans.roman,
    abbreviation,
    ratios.fraction,
    ratios.power,
    address,
    capitals,
    codes.code,
)
_PLAIN = re.compile(r"[a-z]{2,}[,;:!?]?|[\u0904-\u0939\u093c-\u094d\u0958-\u0963]+[,;!?।]?")
"""A word that no reader changes: most are, and need no asking."""
_GENERAL: Final[tuple[Reader, ...]] = (quantities.quantity,)


class Spoken(NamedTuple):
    """The words for the next `used` tokens; none if there is nothing to say. `stop`: they lost a full stop."""

    text: str
    used: int
    stop: Stop = Stop.NO


@lru_cache(maxsize=16384)
def read(words: tuple[str, ...], language: str) -> tuple[Spoken, ...]:
    """Read a chain of clean tokens in a language."""
    voice = verbalizer(language)
    if len(words) == 1 and _PLAIN.fullmatch(words[0]) and words[0] not in voice.words.undotted:
        return (Spoken(unicodedata.normalize("NFC", words[0]), 1),)
    chain, at = Chain(words), 0
    found: list[Spoken] = []
    while at < len(words):
        spoken = _read_at(chain, at, voice)
        found.append(spoken._replace(text=unicodedata.normalize("NFC", spoken.text)))
        at += spoken.used
    return tuple(found)


def _read_at(chain: Chain, at: int, voice: Verbalizer) -> Spoken:
    token = chain.tokens[at]
    reading = _reading(chain, at, voice)
    if reading is None:
        whole = "".join(token)
        return Spoken(whole if any(char.isalnum() for char in whole) else "", 1)
    if not reading.text:
        return Spoken("", reading.used)
    close = chain.close(at + reading.used - 1)
    lead = token.open.rstrip("(") if reading.bare and ")" not in close else token.open
    stop = reading.stop if close == "." and reading.stop > Stop.NEVER else Stop.NO
    if reading.stop and close.startswith("."):
        return Spoken(lead + reading.text + close[1:], reading.used, stop)
    return Spoken(lead + reading.text + close, reading.used)


def _reading(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    core = chain.core(at)
    num_figures = sum(char.isdecimal() for char in core)
    if num_figures > MAX_FIGURES or (num_figures and not voice.speaks):
        return None
    if currency_of(core) and (reading := quantities.quantity(chain, at, voice)):
        return reading
    is_sign = core in ("x", "X") or not any(char.isalnum() for char in core)
    if is_sign and (reading := signs.sign(chain, at, voice)):
        return reading
    if not voice.full:
        return _first(_GENERAL, chain, at, voice)
    if core[0] in voice.words.fronts and len(core) > 1 and (reading := _fronted(chain, at, voice)):
        return reading
    return _first(_WITH_FIGURES if num_figures else _WITHOUT_FIGURES, chain, at, voice)


def _fronted(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `<5`, `>90%`, `≈3`, `√16`, `#1`, `~5`: the sign, and then the number as it stands without it."""
    token = chain.tokens[at]
    front, figures = token.core[0], token.core[1:]
    if not any(char.isdecimal() for char in figures[:2]) or (front == "#" and not figures.isdecimal()):
        return None
    rest = chain.replaced(at, Token(token.open, figures, token.close))
    reading = _reading(rest, at, voice)
    words = voice.words.fronts[front]
    return reading and reading._replace(text=words.format(reading.text) if "{" in words else f"{words} {reading.text}")


def _first(readers: tuple[Reader, ...], chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    for reader in readers:
        if reading := reader(chain, at, voice):
            return reading
    return None
