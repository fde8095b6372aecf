"""Times of day."""

from __future__ import annotations

import re

from engine.text.read.chain import Chain, Reading, stop_if
from engine.text.say.general import Clock, Verbalizer

_TIME = re.compile(
    r"(?P<hour>[01]?\d|2[0-4])(?:(?P<mark>[:.])(?P<minute>[0-5]\d))?(?::(?P<second>[0-5]\d))?(?P<half>[ap]\.?m)?",
    re.IGNORECASE,
)
_HALVES = {"am": "A", "pm": "P", "a.m": "A", "p.m": "P"}
_DASHES = re.compile("[-–—]")
_HALF_TO = re.compile(r"([ap]\.?m)\.?[-–—](\d.*)", re.IGNORECASE)
_HOURS = ("बजे", "बजकर")


def time(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `9:05`, `17:30:15`, `9 a.m.`, `9am-5pm`, `3 a.m.–5 a.m.`, and in Hindi `9:00 बजे`."""
    first, *rest = _DASHES.split(chain.core(at))
    if len(rest) > 1:
        return None
    used, half = 1, _HALVES.get(chain.after(at).lower(), "")
    if rest:
        return _period(first, rest[0], half, chain, at, voice)
    if match := _HALF_TO.fullmatch(chain.after(at)):
        return _halves(first, match, chain, at, voice)
    dotted = "." in (chain.after(at) if half else chain.core(at).lstrip("0123456789:")) and not first[-1:].isdecimal()
    at_hour = chain.after(at) in _HOURS and voice.primary == "hi"
    spoken = clock(first, voice, half, at_hour)
    if not spoken:
        return None
    if half:
        used, dotted = 2, "." in chain.after(at)
    elif at_hour:
        used = 2
    return Reading(spoken, used, stop_if(dotted and chain.close(at + used - 1)[:1] == "."))


def clock(text: str, voice: Verbalizer, half: str = "", at_hour: bool = False) -> str | None:
    """Say a time of day, or answer None if it is none. An hour alone needs its half of the day."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    half = half or (match["half"] or "").upper()[:1]
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if not half and (match["minute"] is None or match["mark"] == "."):
        return None
    if half and not 1 <= hour <= 12 and match["minute"] is None:
        return None
    found = Clock(hour, minute, int(match["second"]) if match["second"] else None, half)
    return voice.oclock(found) if at_hour else voice.time(found)


def _halves(first: str, match: re.Match[str], chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `3 a.m.–5 p.m.`, whose middle is one token."""
    half = _HALVES.get(chain.after(at + 1).lower(), "")
    begin, end = clock(first, voice, _HALVES[match[1].lower()]), clock(match[2], voice, half)
    if not begin or not end:
        return None
    used = 3 if half else 2
    stop = "." in (chain.after(at + 1) if half else match[2]) and chain.close(at + used - 1)[:1] == "."
    return Reading(f"{begin} {voice.words.to} {end}", used, stop_if(stop))


def _period(first: str, last: str, half: str, chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    end = clock(last, voice, half)
    begin = clock(first, voice) or (voice.cardinal(int(first)) if first.isdecimal() and len(first) < 3 else None)
    if not end or not begin:
        return None
    dotted = "." in (chain.after(at) if half else last)
    used = 2 if half else 1
    stop = dotted and chain.close(at + used - 1)[:1] == "."
    return Reading(f"{begin} {voice.words.to} {end}", used, stop_if(stop))
