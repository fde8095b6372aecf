"""Sums written without spaces."""

from __future__ import annotations

import re

from engine.text.figures import NUMBER, parse
from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

_TERM = rf"(?:{NUMBER}|[a-z])"
_SUM = re.compile(rf"[-−]?{_TERM}(?:[-−+*/×÷x^]{_TERM})*(?:[=<>≤≥]=?[-−]?{_TERM}(?:[-−+*/×÷x]{_TERM})*)+")
_PIECE = re.compile(rf"{NUMBER}|[=<>]=|.")
_OPERATIONS = {"*": "×", "x": "×", "/": "÷", "-": "−"}


def total(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `2+2=4`, `5*3=15`, `x=5`: every sign by its name."""
    if not _SUM.fullmatch(chain.core(at)):
        return None
    words: list[str] = []
    for piece in _PIECE.findall(chain.core(at)):
        figures = parse(piece) if piece[-1].isdecimal() else None
        is_name = piece.isalpha() and (piece != "x" or not words or words[-1] in voice.words.signs.values())
        name = (figures and voice.figures(figures)) or (piece if is_name else "")
        words.append(name or voice.words.signs.get(_OPERATIONS.get(piece, piece), ""))
    return Reading(" ".join(words)) if all(words) else None
