"""Years, decades and eras: four figures where the words around them say so."""

from __future__ import annotations

import re

from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer
from engine.text.vocabulary import ERAS, LOOSE_YEAR_CUES, LOOSE_YEAR_FOLLOWERS, MONTHS, YEAR_CUES

_YEAR = re.compile(r"1[1-9]\d\d|20\d\d")
_LOOSE_YEAR = re.compile(r"19\d\d|20\d\d")
_OLDER_YEAR = re.compile(r"1[789]\d\d|20\d\d")
_ANY_YEAR = re.compile(r"[1-9]\d{0,3}")
_YEARS = re.compile(r"(1[1-9]\d\d|20\d\d)[-–](1[1-9]\d\d|20\d\d|\d\d)")
_MID_DECADE = re.compile(r"(mid|early|late|pre|post)-(\d{4}s|['’]?\d0s)", re.IGNORECASE)


def year(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `1984` after `in`, before an era or in brackets, and `2019-21`."""
    core, before, after = chain.core(at), chain.before(at), chain.after(at)
    token = chain.tokens[at]
    bracketed = token.open.endswith("(") and token.close.startswith(")")
    if match := _YEARS.fullmatch(core):
        return _span(int(match[1]), match[2], voice)
    is_year = (
        (_YEAR.fullmatch(core) and (bracketed or is_cue(before, voice) or after in voice.words.year_followers))
        or ((_OLDER_YEAR if voice.primary == "hi" else _LOOSE_YEAR).fullmatch(core) and _leans(before, after, voice))
        or (_ANY_YEAR.fullmatch(core) and (before in ERAS or after in ERAS or before.lower() == "year"))
    )
    spoken = voice.year(int(core)) if is_year else None
    return Reading(spoken) if spoken else None


def is_cue(word: str, voice: Verbalizer) -> bool:
    """Whether four figures after this word are a year."""
    word = word.lower().rstrip(".,")
    return word in MONTHS or word in YEAR_CUES.get(voice.primary, ())


def _leans(before: str, after: str, voice: Verbalizer) -> bool:
    cues, followers = LOOSE_YEAR_CUES.get(voice.primary, ()), LOOSE_YEAR_FOLLOWERS.get(voice.primary, ())
    return before in cues or before.lower() in cues or after in followers


def decade(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `1990s`, `'90s`, `mid-1990s`."""
    core = chain.core(at)
    apostrophe = "'" if chain.tokens[at].open[-1:] in ("'", "’", "‘") else ""
    match = _MID_DECADE.fullmatch(core)
    spoken = voice.decade(match[2] if match else apostrophe + core)
    if not spoken:
        return None
    return Reading(f"{match[1]}-{spoken}" if match else spoken)


def _span(first: int, last: str, voice: Verbalizer) -> Reading | None:
    if len(last) == 2:
        end = voice.cardinal(int(last)) if int(last) > first % 100 else None
    else:
        end = voice.year(int(last)) if int(last) > first else None
    begin = voice.year(first)
    return Reading(f"{begin} {voice.words.to} {end}") if begin and end else None
