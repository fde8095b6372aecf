"""Signs that stand alone."""

from __future__ import annotations

from engine.text.marks import SIGNS
from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

_DASHES = "-–—"
_ARITHMETIC = {"*": "×", "x": "×", "X": "×", "/": "÷"}


def sign(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read a lone sign; one between numbers as arithmetic."""
    core = chain.core(at)
    if any(char.isalnum() for char in core) and core not in ("x", "X"):
        return None
    joins = _has_figure(chain.before(at)) and _has_figure(chain.after(at))
    if joins and core in _DASHES:
        return _dash(chain, voice)
    if joins and core == ":":
        return Reading(voice.words.to)
    if joins:
        core = _ARITHMETIC.get(core, core)
    elif core in ("x", "X"):
        return None
    if core == "≈" and chain.after(at):
        return Reading(voice.words.fronts.get(core, ""))
    return Reading(voice.words.signs.get(core, core if len(core) == 1 and core in SIGNS else ""))


def _dash(chain: Chain, voice: Verbalizer) -> Reading:
    is_sum = any(token.core == "=" for token in chain.tokens)
    return Reading(voice.words.minus if is_sum else voice.words.to)


def _has_figure(word: str) -> bool:
    return any(char.isdecimal() for char in word)
