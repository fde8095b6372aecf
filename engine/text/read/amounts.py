"""A number with what is written to it: sign, range, currency, magnitude, percent, unit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.text.figures import NUMBER, Figures, parse
from engine.text.marks import MINUSES, WORD
from engine.text.say.general import Verbalizer
from engine.text.symbols import CURRENCY_CODES, CURRENCY_SIGNS, CURRENCY_WORDS, UNITS

_MONEY = "|".join(re.escape(sign) for sign in sorted(CURRENCY_SIGNS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?P<sign>[{MINUSES}+±])?(?P<before>{_MONEY})?(?P<sign2>[{MINUSES}])?(?P<low>{NUMBER})"
    rf"(?:(?P<dash>[-–—−])(?P<before2>{_MONEY})?(?P<high>{NUMBER}))?(?P<rest>\D*)"
)
_WORD_BEFORE = re.compile(r"(Rs\.?|रु\.?|रू\.?|[A-Z]{3})(?=\d)", re.IGNORECASE)
_LETTERS = re.compile(WORD)
_ADJECTIVE = re.compile(r"-([a-z]+(?:-[a-z]+)*)")
_PLAIN_MAGNITUDES = frozenset({"k", "K", "M", "bn", "mn", "cr"})


@dataclass(slots=True)
class Quantity:
    """What is found of a number: its figures, and what is to be said around them."""

    low: Figures
    high: Figures | None = None
    sign: str = ""
    code: str = ""
    ranged_money: bool = False
    scales: list[str] = field(default_factory=list)
    unit: str = ""
    percent: bool = False
    per: str = ""
    used: int = 1
    stop: bool = False

    @property
    def last(self) -> Figures:
        """The number that stands last: it decides between one and many."""
        return self.high or self.low


def currency_of(word: str) -> str:
    """Return the ISO code of a currency written as a sign or word of its own; `:` before it has it named in full."""
    if word in CURRENCY_CODES:
        return f"{word}:"
    return CURRENCY_SIGNS.get(word) or CURRENCY_WORDS.get(word.lower(), "")


def attached(core: str, voice: Verbalizer) -> Quantity | None:
    """Take a token apart as a number with what is written to it; None if anything is left."""
    word = _WORD_BEFORE.match(core)
    code = currency_of(word[1]) if word else ""
    match = _QUANTITY.fullmatch(core[word.end() :] if word and code else core)
    low = parse(match["low"], voice.decimal_comma) if match else None
    if match is None or low is None:
        return None
    found = Quantity(low, sign=match["sign"] or match["sign2"] or "")
    if match["high"]:
        found.high = parse(match["high"], voice.decimal_comma)
        if found.high is None:
            return None
    found.code = CURRENCY_SIGNS.get(match["before"] or match["before2"] or "", code)
    found.ranged_money = bool(match["before"] and match["before2"])
    return found if _take_rest(found, match["rest"], voice) else None


def _take_rest(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    """Take what is written to the number; return whether all of it is understood."""
    rest = rest.removesuffix("/-")
    if not rest or _take_unit(found, rest, voice):
        return True
    rest, _, per = rest.partition("/")
    found.per = per_unit(per, voice) if per else ""
    if per and not found.per:
        return False
    return not rest or any(take(found, rest, voice) for take in _TAKERS)


def _take_unit(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    found.unit = "" if found.code else unit_name(found, rest, voice)
    return bool(found.unit)


def _take_magnitude(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    scale = voice.words.magnitudes.get(rest.lower(), "")
    is_screen = rest == "K" and len(found.low.whole) < 2  # 4K
    if not scale or is_screen:
        return False
    if not found.code and rest not in _PLAIN_MAGNITUDES and not (rest == "B" and found.low.fraction):
        return False
    found.scales.append(scale)
    return True


def _take_sign(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    if rest == "+" and voice.words.plus:
        found.unit = voice.words.plus
    elif rest == "%" and not found.code:
        found.percent = True
    elif rest in CURRENCY_SIGNS and not found.code:
        found.code = CURRENCY_SIGNS[rest]
    else:
        return False
    return True


def _take_coins(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    is_pence = rest == "p" and voice.language == "en-gb"
    currency = voice.words.currencies.get("GBP" if is_pence else "USD")
    if found.code or currency is None or not (is_pence or rest == "¢"):
        return False
    found.unit = currency.cent if found.last.is_one else currency.cents
    return True


def _take_word(found: Quantity, rest: str, voice: Verbalizer) -> bool:
    match = _ADJECTIVE.fullmatch(rest)
    if not match or not voice.full or found.code:
        return False
    word, _, more = match[1].partition("-")
    name = voice.unit(UNITS[word], True) if word in UNITS and len(word) > 1 else word
    found.unit = f"-{name}-{more}" if more else f"-{name}"
    return True


_TAKERS = (_take_unit, _take_magnitude, _take_sign, _take_coins, _take_word)


def unit_name(found: Quantity, symbol: str, voice: Verbalizer) -> str:
    """Return the name of a unit by its symbol, as it stands after a number, or nothing."""
    if symbol in UNITS:
        scale = " ".join(found.scales)
        return voice.measure(found.last, UNITS[symbol], scale)
    head, _, per = symbol.partition("/")
    if head in UNITS and per and (divisor := per_unit(per, voice)):
        return f"{voice.measure(found.last, UNITS[head])} {divisor}"
    return ""


def per_unit(word: str, voice: Verbalizer) -> str:
    """Return `per hour` for `h`, `hour` and the like, or nothing."""
    name = voice.unit(UNITS[word], True) if word in UNITS else word if _LETTERS.fullmatch(word) else ""
    return f"{voice.words.per} {name}" if name and voice.words.per else ""
