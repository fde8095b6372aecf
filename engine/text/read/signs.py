"""Signs that stand alone."""

from __future__ import annotations

from engine.text.marks import SIGNS
from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

_DASHES = "-–"
_CLOCKS = frozenset({"am", "pm", "a.m", "p.m"})
_COPULAS = frozenset({"is", "was"})
_SUMS = frozenset("=+×÷")
_ARITHMETIC = {"*": "×", "x": "×", "X": "×", "/": "÷"}


def sign(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read a lone sign; one between numbers as arithmetic."""
    core = chain.core(at)
    if any(char.isalnum() for char in core) and core not in ("x", "X"):
        return None
    before, after = chain.before(at), chain.after(at)
    joins = (_is_term(before) or before.lower() in _CLOCKS) and _is_term(after)
    if core == ">" and after[:1].isupper() and len(after) > 1:
        return Reading("")
    if core in _DASHES and (joins or _is_variable(after)):
        return _dash(chain, voice)
    if joins and core == ":":
        return Reading(voice.words.to)
    if joins and (core not in ("x", "X") or _has_figure(before)):
        core = _ARITHMETIC.get(core, core)
    elif core in ("x", "X"):
        return None
    if before.lower() in _COPULAS:
        return Reading(voice.words.signs.get(core, "").removeprefix("is "))
    if core == "≈" and not before and chain.after(at):
        return Reading(voice.words.fronts.get(core, ""))
    return Reading(voice.words.signs.get(core, core if len(core) == 1 and core in SIGNS else ""))


def _dash(chain: Chain, voice: Verbalizer) -> Reading:
    is_sum = any(token.core in _SUMS or (token.core.isalpha() and len(token.core) == 1) for token in chain.tokens)
    return Reading(voice.words.minus if is_sum else voice.words.to)


def _has_figure(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _is_variable(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _is_term(word: str) -> bool:
    return _is_variable(word) or _has_figure(word)
