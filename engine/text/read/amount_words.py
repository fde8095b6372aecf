"""What a quantity is in words."""

from __future__ import annotations

from dataclasses import replace

from engine.text.read.amounts import Quantity
from engine.text.say.general import Verbalizer


def amount_words(found: Quantity, voice: Verbalizer) -> str | None:
    """Return the words for a quantity, or None where the language lacks one of them."""
    if found.percent and not voice.words.percent:
        return None
    low = voice.signed(voice.figures(found.low), found.sign)
    if found.high is None:
        spoken = low
    elif found.ranged_money and low:
        alone = voice.money(found.low, low, found.code)
        high = amount_words(replace(found, low=found.high, high=None, sign="", ranged_money=False), voice)
        return f"{alone} {voice.words.to} {high}" if alone and high and voice.words.to else None
    else:
        high = voice.figures(found.high)
        spoken = f"{low} {voice.words.to} {high}" if low and high and voice.words.to else None
    return _with_names(found, spoken, voice) if spoken else None


def _with_names(found: Quantity, spoken: str, voice: Verbalizer) -> str | None:
    scale = " ".join(found.scales)
    if found.code:
        return _money(found, spoken, scale, voice)
    if found.unit.startswith("-"):
        return spoken + found.unit
    percent = voice.words.percent if found.percent else ""
    return " ".join(filter(None, (spoken, scale, percent, found.unit, found.per)))


def _money(found: Quantity, spoken: str, scale: str, voice: Verbalizer) -> str | None:
    code = found.code
    if code.endswith(":"):
        currency = voice.full_currency(code[:-1])
        name = currency and (currency.one if found.last.is_one and not scale else currency.many)
        amount = name and " ".join(filter(None, (spoken, scale, name)))
    elif found.high is None and not found.sign:
        amount = voice.money(found.low, spoken, code, scale)
    elif found.high is None:
        amount = voice.signed(voice.money(found.low, voice.figures(found.low) or "", code, scale), found.sign)
    else:
        amount = voice.money(
            replace(found.high, fraction="") if found.high.fraction else found.high, spoken, code, scale
        )
    return f"{amount} {found.per}".strip() if amount else None
