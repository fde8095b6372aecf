"""Numbers with what belongs to them: sign, range, currency, scale, percent, unit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from engine.text.figures import NUMBER, Figures, parse
from engine.text.marks import MINUSES, WORD
from engine.text.read.chain import Chain, Reading, stop_if
from engine.text.say.general import Verbalizer
from engine.text.symbols import ATTACHED_ONLY, CURRENCY_CODES, CURRENCY_SIGNS, CURRENCY_WORDS, UNITS

_MONEY = "|".join(re.escape(sign) for sign in sorted(CURRENCY_SIGNS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?P<sign>[{MINUSES}+±])?(?P<before>{_MONEY})?(?P<sign2>[{MINUSES}])?(?P<low>{NUMBER})"
    rf"(?:(?P<dash>[-–—−])(?P<before2>{_MONEY})?(?P<high>{NUMBER}))?(?P<rest>\D*)"
)
_HOURS = re.compile(r"\d{1,2}h(?:rs?)?")
_OPERATIONS = frozenset("+-−=*/×÷")
_FEET = ("ft", "feet")
_DASH = re.compile(r"(?<=[\w%])[-–—]")
_WORD_BEFORE = re.compile(r"(Rs\.?|रु\.?|रू\.?|[A-Z]{3})(?=\d)", re.IGNORECASE)
_LETTERS = re.compile(WORD)
_ADJECTIVE = re.compile(r"-([a-z]+(?:-[a-z]+)*)")
_PLAIN_MAGNITUDES = frozenset({"k", "K", "M", "bn", "mn", "cr"})


@dataclass(slots=True)
class _Quantity:
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
        return self.high or self.low


def quantity(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `$5 million`, `10-15%`, `5 kg`, `₹500/kg`, `-3.2`, `Rs. 500 crore`."""
    code = currency_of(chain.core(at))
    first = at + 1 if code and chain.after(at, ".") else at
    found = _attached(chain.core(first), voice)
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
    spoken = _say(found, voice)
    return Reading(spoken, found.used, stop_if(found.stop)) if spoken else None


def _in_sum(chain: Chain, at: int) -> bool:
    return chain.after(at) in _OPERATIONS or chain.before(at) in _OPERATIONS


def _between(core: str, voice: Verbalizer) -> Reading | None:
    """Read `$1.5M–$2M`: two amounts that are each complete."""
    first, *rest = _DASH.split(core)
    low, high = _attached(first, voice), _attached(rest[0], voice) if len(rest) == 1 else None
    if not low or not high or not voice.words.to:
        return None
    begin, end = _say(low, voice), _say(high, voice)
    return Reading(f"{begin} {voice.words.to} {end}") if begin and end else None


def currency_of(word: str) -> str:
    """Return the ISO code of a currency written as a sign or word of its own; `:` before it has it named in full."""
    if word in CURRENCY_CODES:
        return f"{word}:"
    return CURRENCY_SIGNS.get(word) or CURRENCY_WORDS.get(word.lower(), "")


def _attached(core: str, voice: Verbalizer) -> _Quantity | None:
    word = _WORD_BEFORE.match(core)
    code = currency_of(word[1]) if word else ""
    match = _QUANTITY.fullmatch(core[word.end() :] if word and code else core)
    low = parse(match["low"], voice.decimal_comma) if match else None
    if match is None or low is None:
        return None
    found = _Quantity(low, sign=match["sign"] or match["sign2"] or "")
    if match["high"]:
        found.high = parse(match["high"], voice.decimal_comma)
        if found.high is None:
            return None
    found.code = CURRENCY_SIGNS.get(match["before"] or match["before2"] or "", code)
    found.ranged_money = bool(match["before"] and match["before2"])
    return found if _take_rest(found, match["rest"], voice) else None


def _take_rest(found: _Quantity, rest: str, voice: Verbalizer) -> bool:
    """Take what is written to the number; return whether all of it is understood."""
    if rest in UNITS and not found.code and (name := _unit(found, rest, voice)):
        found.unit = name
        return True
    head, _, per = rest.removesuffix("/-").partition("/")
    if head in UNITS and not found.code and (name := _unit(found, rest, voice)):
        found.unit = name
        return True
    rest = head
    if per:
        found.per = _per(per, voice)
        if not found.per:
            return False
    scale = voice.words.magnitudes.get(rest.lower(), "")
    if rest == "K" and len(found.low.whole) < 2:
        return False  # a 4K screen
    if rest == "p" and voice.language == "en-gb" and (pound := voice.words.currencies.get("GBP")):
        found.unit = pound.cent if found.last.is_one else pound.cents
        return True
    if rest == "+" and voice.words.plus:
        found.unit = voice.words.plus
        return True
    if not rest:
        return True
    if scale and (found.code or rest in _PLAIN_MAGNITUDES or (rest == "B" and found.low.fraction)):
        found.scales.append(scale)
    elif rest == "%" and not found.code:
        found.percent = True
    elif rest in CURRENCY_SIGNS and not found.code:
        found.code = CURRENCY_SIGNS[rest]
    elif rest == "¢" and not found.code and (dollar := voice.words.currencies.get("USD")):
        found.unit = dollar.cent if found.last.is_one else dollar.cents
    elif rest in UNITS and not found.code:
        found.unit = _unit(found, rest, voice)
        return bool(found.unit)
    else:
        return _take_word(found, rest, voice)
    return True


def _take_word(found: _Quantity, rest: str, voice: Verbalizer) -> bool:
    match = _ADJECTIVE.fullmatch(rest)
    if match and voice.full and not found.code:
        word, _, more = match[1].partition("-")
        name = voice.unit(UNITS[word], True) if word in UNITS and len(word) > 1 else word
        found.unit = "-" + name + (f"-{more}" if more else "")
        return True
    return False


def _append(found: _Quantity, chain: Chain, at: int, voice: Verbalizer) -> None:
    """Take the tokens after a number that belong to it."""
    while (scale := voice.words.scales.get(chain.after(at).lower(), "")) and len(found.scales) < 3:
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


def _unit_after(found: _Quantity, chain: Chain, at: int, voice: Verbalizer) -> str:
    after = chain.after(at)
    if after in ("sq", "Sq"):
        after = f"sq {chain.after(at + 1, '.')}"
    elif chain.close(at + 1).startswith("."):
        found.stop = True
    if after == "in":
        return voice.unit("length-inch", found.last.is_one) if found.stop or chain.core(at - 1) in _FEET else ""
    return _unit(found, after, voice)


def _unit(found: _Quantity, symbol: str, voice: Verbalizer) -> str:
    if symbol in UNITS:
        scale = " ".join(found.scales)
        return voice.measure(found.last, UNITS[symbol], scale)
    head, _, per = symbol.partition("/")
    if head in UNITS and per and (divisor := _per(per, voice)):
        return f"{voice.measure(found.last, UNITS[head])} {divisor}"
    return ""


def _per(word: str, voice: Verbalizer) -> str:
    name = voice.unit(UNITS[word], True) if word in UNITS else word if _LETTERS.fullmatch(word) else ""
    return f"{voice.words.per} {name}" if name and voice.words.per else ""


def _say(found: _Quantity, voice: Verbalizer) -> str | None:
    if found.percent and not voice.words.percent:
        return None
    low = voice.signed(voice.figures(found.low), found.sign)
    if found.high is None:
        spoken = low
    elif found.ranged_money and low:
        alone = voice.money(found.low, low, found.code)
        high = _say(replace(found, low=found.high, high=None, sign="", ranged_money=False), voice)
        return f"{alone} {voice.words.to} {high}" if alone and high and voice.words.to else None
    else:
        high = voice.figures(found.high)
        spoken = f"{low} {voice.words.to} {high}" if low and high and voice.words.to else None
    return _with_names(found, spoken, voice) if spoken else None


def _with_names(found: _Quantity, spoken: str, voice: Verbalizer) -> str | None:
    scale = " ".join(found.scales)
    if found.code:
        return _money(found, spoken, scale, voice)
    if found.unit.startswith("-"):
        return spoken + found.unit
    percent = voice.words.percent if found.percent else ""
    return " ".join(filter(None, (spoken, scale, percent, found.unit, found.per)))


def _money(found: _Quantity, spoken: str, scale: str, voice: Verbalizer) -> str | None:
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
