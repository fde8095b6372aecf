"""Numbers with the tokens that belong to them: currency before, scale, percent, unit behind."""

from __future__ import annotations

import re

from engine.text.read.amount_words import amount_words
from engine.text.read.amounts import Quantity, attached, currency_of, unit_name
from engine.text.read.chain import Chain, Reading, stop_if
from engine.text.say.general import Verbalizer
from engine.text.symbols import ATTACHED_ONLY, CURRENCY_WORDS

_HOURS = re.compile(r"\d{1,2}h(?:rs?)?")
_OPERATIONS = frozenset("+-−=*/×÷")
_FEET = ("ft", "feet")
_DASH = re.compile(r"(?<=[\w%])[-–—]")
_MAX_SCALES = 3


def quantity(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `$5 million`, `10-15%`, `5 kg`, `₹500/kg`, `-3.2`, `Rs. 500 crore`."""
    code = currency_of(chain.core(at))
    first = at + 1 if code and chain.after(at, ".") else at
    found = attached(chain.core(first), voice)
    if found is None and first == at:
        return _between(chain.core(at), voice)
    if found is None or (first > at and found.code):
        return None
    if first > at:
        found.code, found.used = code, 2
    if found.unit and chain.core(first).endswith("x") and _in_sum(chain, first):
        return None
    if chain.core(first).endswith("m") and _HOURS.fullmatch(chain.before(first)):
        found.unit = voice.unit("duration-minute", found.last.is_one)
    if not chain.close(first):
        _append(found, chain, first, voice)
    spoken = amount_words(found, voice)
    return Reading(spoken, found.used, stop_if(found.stop)) if spoken else None


def _in_sum(chain: Chain, at: int) -> bool:
    return chain.after(at) in _OPERATIONS or chain.before(at) in _OPERATIONS


def _between(core: str, voice: Verbalizer) -> Reading | None:
    """Read `$1.5M–$2M`: two amounts that are each complete."""
    first, *rest = _DASH.split(core)
    low, high = attached(first, voice), attached(rest[0], voice) if len(rest) == 1 else None
    if not low or not high or not voice.words.to:
        return None
    begin, end = amount_words(low, voice), amount_words(high, voice)
    return Reading(f"{begin} {voice.words.to} {end}") if begin and end else None


def _append(found: Quantity, chain: Chain, at: int, voice: Verbalizer) -> None:
    """Take the tokens after a number that belong to it."""
    while (scale := voice.words.scales.get(chain.after(at).lower(), "")) and len(found.scales) < _MAX_SCALES:
        if found.unit or found.percent:
            return
        found.scales.append(scale)
        found.used += 1
        at += 1
    after = chain.after(at)
    if not after or found.unit or found.percent or found.per:
        return
    if after == "%" and not found.code:
        found.percent = True
    elif not found.code and (code := currency_of(after)):
        found.code = code
        found.stop = after.lower() in CURRENCY_WORDS and chain.close(at + 1).startswith(".")
    elif not found.code and after not in ATTACHED_ONLY and (name := _unit_after(found, chain, at, voice)):
        found.unit = name
        found.used += after in ("sq", "Sq")
    else:
        return
    found.used += 1


def _unit_after(found: Quantity, chain: Chain, at: int, voice: Verbalizer) -> str:
    after = chain.after(at)
    if after in ("sq", "Sq"):
        after = f"sq {chain.after(at + 1, '.')}"
    elif chain.close(at + 1).startswith("."):
        found.stop = True
    if after == "in":
        return voice.unit("length-inch", found.last.is_one) if found.stop or chain.core(at - 1) in _FEET else ""
    return unit_name(found, after, voice)
