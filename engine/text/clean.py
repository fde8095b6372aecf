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


_MUTE_JOINER = re.compile("(?<=[\u0900-\u0d7f])[\u200c\u200d]+")
"""A joiner of the scripts from Devanagari to Malayalam: it shapes letters, and is not heard."""
_FINALS = {  # Bengali khanda ta, and the Malayalam chillus, as they were written before they had characters
    "\u09a4\u09cd\u200d": "\u09ce",
    "\u0d23\u0d4d\u200d": "\u0d7a",
    "\u0d28\u0d4d\u200d": "\u0d7b",
    "\u0d30\u0d4d\u200d": "\u0d7c",
    "\u0d32\u0d4d\u200d": "\u0d7d",
    "\u0d33\u0d4d\u200d": "\u0d7e",
    "\u0d15\u0d4d\u200d": "\u0d7f",
}
_FINAL = re.compile("|".join(_FINALS))


def clean(token: str) -> str:
    """Return a token as it should be read: NFC, without controls, bidi marks, lone surrogates, emoji and the like.

    ZWJ and ZWNJ stay where they part sounds: after letters of Sinhala and of the Arabic scripts.
    """
    if token.isascii():
        return _ASCII_CONTROLS.sub("", token)
    token = _PICTURES.sub("", token)
    kept: list[str] = []
    for char in token:
        joins = char in _JOINERS and kept and _JOINED_SCRIPTS.match(kept[-1])
        if joins or char.isalpha() or unicodedata.category(char) not in _UNSPOKEN:
            kept.append(char)
    text = unicodedata.normalize("NFC", "".join(kept))
    if _JOINERS[0] not in text and _JOINERS[1] not in text:
        return text
    text = _MUTE_JOINER.sub("", _FINAL.sub(lambda match: _FINALS[match[0]], text))
    return unicodedata.normalize("NFC", text)
