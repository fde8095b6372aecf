"""Dates, in figures and with the names of months."""

from __future__ import annotations

import re

from engine.text import cldr
from engine.text.languages.english import MONTHS_THAT_ARE_WORDS
from engine.text.marks import APOSTROPHES
from engine.text.read.chain import Chain, Reading, stop_if
from engine.text.read.times import clock
from engine.text.say.general import Verbalizer
from engine.text.vocabulary import MONTHS, WEEKDAYS

_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)(?:[T_](?P<time>\d\d:\d\d(?::\d\d)?)Z?)?")
_FIGURES = re.compile(r"(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d\d)")
_NAMED = re.compile(r"(?P<d>\d{1,2})-(?P<m>[^\W\d_]{3,9})(?:-(?P<y>\d{4}|\d\d))?")
_DAY = re.compile(r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?", re.IGNORECASE)
_DAYS = re.compile(r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[-–](0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?")
_DAY_TO = re.compile(r"(\d{1,2}(?:st|nd|rd|th)?)[-–]([^\W\d_]{3,9})", re.IGNORECASE)
_TO_DAY = re.compile(r"([^\W\d_]{3,9})\.?[-–](\d{1,2}(?:st|nd|rd|th)?)", re.IGNORECASE)
_YEAR = re.compile(rf"1\d{{3}}|20\d\d|[{APOSTROPHES}]\d\d")
_LONGEST_MONTH = 31
_DAYS_IN = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def figures(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `2025-07-04` and `10/11/2025`, the latter in the order of the language's region."""
    core = chain.core(at)
    if match := _ISO.fullmatch(core):
        spoken = _said(match["d"], match["m"], match["y"], voice)
        time = clock(match["time"], voice) if match["time"] else ""
        return Reading(f"{spoken} {time}".strip()) if spoken else None
    match = _FIGURES.fullmatch(core)
    if not match or (len(match["y"]) == 2 and match["mark"] != "/"):
        return None
    first_is_month = cldr.order(voice.language) == "mdy"
    month, day = (match["a"], match["b"]) if first_is_month else (match["b"], match["a"])
    year = match["y"] if len(match["y"]) == 4 else ("20" if int(match["y"]) < 70 else "19") + match["y"]
    spoken = _said(day, month, year, voice) or _said(month, day, year, voice)
    return Reading(spoken) if spoken else None


def named(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `July 4, 2025`, `4 July 2025`, `4-Jul-2025`, `July 4-6`, `Aug. 3–Sept. 5`."""
    core = chain.core(at)
    if match := _NAMED.fullmatch(core):
        month = month_name(match["m"], voice)
        year = _year(match["y"] or "", voice)
        spoken = voice.date(match["d"], month, year, False) if month and int(match["d"]) <= _LONGEST_MONTH else None
        return Reading(spoken) if spoken else None
    if month := month_name(core, voice):
        return _month_first(chain, at, month, voice)
    return _day_first(chain, at, voice)


def names(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `Mon-Fri`, `June-August`, and `Mon` before a date."""
    first, dash, last = chain.core(at).replace("–", "-").partition("-")
    found = [WEEKDAYS.get(part.rstrip("."), "") or month_name(part, voice) for part in (first, last) if part]
    is_short = first in WEEKDAYS and first != WEEKDAYS[first]
    if voice.primary != "en" or not all(found) or not (len(found) > 1 if dash else is_short and chain.after(at, ",")):
        return None
    if not first[:1].isupper():
        return None
    return Reading(f" {voice.words.to} ".join(found), 1, stop_if(last not in found and chain.close(at)[:1] == "."))


def month_name(word: str, voice: Verbalizer) -> str:
    """Return the full name of a month that is written in full or short, or nothing."""
    number = MONTHS.get(word.lower().rstrip("."))
    if number is None or (word.islower() and word in MONTHS_THAT_ARE_WORDS):
        return ""
    if not word.isascii() or voice.primary == "en":
        names = cldr.month_names(voice.language)
        return names[number - 1] if voice.primary == "en" or len(word) < 4 else word
    return word


def _month_first(chain: Chain, at: int, month: str, voice: Verbalizer) -> Reading | None:
    after = chain.after(at, ".")
    if match := _DAY.fullmatch(after):
        after_that = chain.after(at + 1, ",")
        year = _year(after_that, voice) if _YEAR.fullmatch(after_that) else ""
        spoken = voice.date(match[1], month, year, True)
        return Reading(spoken, 3 if year else 2) if spoken else None
    if (match := _DAYS.fullmatch(after)) and (days := _days(match, voice)):
        return Reading(f"{month} {days[0]} {voice.words.to} {days[1]}", 2)
    if match := _DAY_TO.fullmatch(after):
        return _month_to_month(month, match, chain, at, voice)
    after = after or chain.after(at, ",")
    if _YEAR.fullmatch(after):
        return Reading(f"{month} {_year(after, voice)}", 2)
    return (
        Reading(month, 1, stop_if(chain.close(at)[:1] == ".")) if month != chain.core(at) and chain.close(at) else None
    )


def _month_to_month(month: str, match: re.Match[str], chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `Aug. 3–Sept. 5, 2025`, whose middle is one token."""
    first, day, last = _DAY.fullmatch(match[1]), _DAY.fullmatch(chain.after(at + 1, ".")), month_name(match[2], voice)
    if not first or not day or not last:
        return None
    after = chain.after(at + 2, ",")
    year = _year(after, voice) if _YEAR.fullmatch(after) else ""
    begin, end = voice.date(first[1], month, "", True), voice.date(day[1], last, year, True)
    return Reading(f"{begin} {voice.words.to} {end}", 4 if year else 3) if begin and end else None


def _day_to_day(match: re.Match[str], chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `3 August–5 September 2025`, whose middle is one token."""
    first, day, month = _DAY.fullmatch(chain.core(at)), _DAY.fullmatch(match[2]), month_name(match[1], voice)
    last = month_name(chain.after(at + 1), voice)
    if not first or not day or not month or not last:
        return None
    after = chain.after(at + 2, ".") or chain.after(at + 2, ",")
    year = _year(after, voice) if _YEAR.fullmatch(after) else ""
    begin, end = voice.date(first[1], month, "", False), voice.date(day[1], last, year, False)
    stop = not year and chain.after(at + 1) != last and chain.close(at + 2)[:1] == "."
    return Reading(f"{begin} {voice.words.to} {end}", 4 if year else 3, stop_if(stop)) if begin and end else None


def _day_first(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    if match := _TO_DAY.fullmatch(chain.after(at)):
        return _day_to_day(match, chain, at, voice)
    month = month_name(chain.after(at), voice)
    days = (_DAY.fullmatch(chain.core(at)) or _DAYS.fullmatch(chain.core(at))) if month else None
    if days is None:
        return None
    after = chain.after(at + 1, ".") or chain.after(at + 1, ",")
    year = _year(after, voice) if _YEAR.fullmatch(after) else ""
    spoken = voice.date(days[days.lastindex or 1], month, year, False)
    if days.lastindex == 2 and spoken:
        begin = voice.day(days[1])
        spoken = f"{begin} {voice.words.to} {spoken}"
    if spoken and chain.before(at).lower() == "the":
        spoken = spoken.removeprefix("the ")
    stop = not year and chain.after(at) != month and chain.close(at + 1)[:1] == "."
    return Reading(spoken, 3 if year else 2, stop_if(stop)) if spoken else None


def _days(match: re.Match[str], voice: Verbalizer) -> tuple[str, str] | None:
    first, last = (voice.nth(int(day)) or voice.cardinal(int(day)) for day in match.groups())
    return (first, last) if first and last else None


def _said(day: str, month: str, year: str, voice: Verbalizer) -> str | None:
    if not (1 <= int(month) <= len(_DAYS_IN) and 1 <= int(day) <= _DAYS_IN[int(month) - 1]):
        return None
    return voice.date(day, month, _year(year, voice), cldr.order(voice.language) == "mdy")


def _year(text: str, voice: Verbalizer) -> str:
    digits = text.lstrip(APOSTROPHES)
    if not digits:
        return ""
    return voice.year(int(digits)) or ""
