"""Abbreviations with a full stop, and initials."""

from __future__ import annotations

import re

from engine.text.languages.english import NOT_NAMES
from engine.text.read.chain import Chain, Reading, Stop
from engine.text.read.romans import ROMAN
from engine.text.say.general import Verbalizer

_INITIALS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")
_SYLLABLES = re.compile(r"(?:[\u0900-\u0963\u0970-\u097f]{1,4}\.)+[\u0900-\u0963\u0970-\u097f]{1,4}")


def abbreviation(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `Dr.`, `etc.`, `e.g.`, `No. 5`, `St. Paul`, `U.S.A.`."""
    core, close = chain.core(at), chain.close(at)
    key, words, dotted = core.lower(), voice.words, close[:1] == "."
    if (
        key in words.counted
        and (dotted or key in words.undotted)
        and chain.after(at, ".")
        and _is_number(chain.after(at, "."))
    ):
        return Reading(_cased(words.counted[key], core, key in words.lower_counted), 1, Stop.NEVER)
    if dotted and key in words.titles and _is_name(chain.after(at, ".")):
        return Reading(words.titles[key], 1, Stop.NEVER)
    if dotted and key in words.places and core[0].isupper() and not _is_name(chain.after(at, ".")):
        return Reading(words.places[key], 1, Stop.SELDOM)
    if key in words.abbreviations and (dotted or key in words.undotted or "." in key):
        return _known(core, dotted, voice) if dotted or core.islower() else None
    stop = Stop.SELDOM if dotted else Stop.NO
    if len(core) == 1 and dotted and core.isupper() and core.isascii() and len(chain.before(at)) != 1:
        return Reading(core, 1, Stop.INITIAL)
    if _INITIALS.fullmatch(core):
        return Reading(" ".join(voice.letters(letter) for letter in core.split(".")), 1, stop)
    if _SYLLABLES.fullmatch(core):
        return Reading(core.replace(".", " "), 1, stop)
    return None


def _is_number(word: str) -> bool:
    return word[:1].isdecimal() or ROMAN.fullmatch(word) is not None


def _known(core: str, dotted: bool, voice: Verbalizer) -> Reading | None:
    key = core.lower()
    if core.islower() and key in voice.words.capital_only:
        return None
    return Reading(_cased(voice.words.abbreviations[key], core, False), 1, _stop(key, voice) if dotted else Stop.NO)


def _cased(words: str, core: str, lower: bool) -> str:
    if core.islower() and len(core) > 1:
        return words.lower()
    return words if lower or not core[:1].isupper() else words[:1].upper() + words[1:]


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.lower() not in NOT_NAMES


def _stop(key: str, voice: Verbalizer) -> Stop:
    if key in voice.words.before_names:
        return Stop.NEVER
    return Stop.SELDOM if key in voice.words.capital_only else Stop.LIKELY
