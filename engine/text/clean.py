"""Which characters are there to be spoken: NFC, without what is invisible, broken or a picture."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
_PICTURES = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\ufe00-\ufe0f\u20e3\U0001f000-\U0001faff\U000e0000-\U000e01ef]"
)
_JOINED_SCRIPTS = re.compile("[\u0600-\u08ff\u0900-\u0dff\ua840-\ua9df\ufb50-\ufefe]")
_ASCII_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_UNSPOKEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def clean(token: str) -> str:
    """Return a token as it should be read: NFC, without controls, bidi marks, lone surrogates, emoji and the like.

    ZWJ and ZWNJ stay where they shape letters: after Indic and Arabic ones.
    """
    if token.isascii():
        return _ASCII_CONTROLS.sub("", token)
    token = _PICTURES.sub("", token)
    kept: list[str] = []
    for char in token:
        joins = char in _JOINERS and kept and _JOINED_SCRIPTS.match(kept[-1])
        if joins or char.isalpha() or unicodedata.category(char) not in _UNSPOKEN:
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))
