"""Capitals: initialisms are spelled, acronyms and shouted words are read."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer

_CAPITALS = re.compile(r"([A-Z]{2,})((?:['’]?s)?)")
_V = "[AEIOUY]+"
_ONSET = (
    "(?:S[CPT]R|SPL|S[CKLMNPTW]|SHR?|TH[RW]?|CH|W[HR]|[KG]N|PH|[BCFGKPT]R|DR|[BCFGKP]L|[TD]W|S?QU|SCH"
    "|[B-DF-HJ-NP-TV-Z])"
)
_CODA = (
    "(?:[FLSZ]{2}|[CDGNPRT]{2}|CK|N[CDGKST]|NGTH|NGS|NCH|L[DFKMPT]|R[BCDGKLMNPSTV]|RST|RTH|RLD|GH|LFTH|S[KPT]|[FPX]T"
    "|CTS?|GHTS?|[TS]H|CHT?|TCH|PS|TS|KS|DS|MS|BS|WS|WN|WL|MP|MPS|MPT|NTS|NDS|NTH|LTH|RDS|RTS|RKS|STS|X|[B-DF-HJ-NP-TV-Z])"
)
_WORD_LIKE = re.compile(rf"{_ONSET}?{_V}(?:{_CODA}?{_ONSET}{_V})*{_CODA}?S?")
_SHORT_WORD = re.compile(rf"{_ONSET}[AEIOU]{_CODA}|{_ONSET}{{2}}Y|[B-DFGKPT][LR]Y")
SHOUTED = frozenset({"IT", "US"})
"""Initialisms that are words in the middle of shouting."""
_LONGEST = 20
_SHORT = 3


def capitals(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `FBI`, `ATMs`: letter by letter, unless it is read as a word."""
    match = _CAPITALS.fullmatch(chain.core(at))
    if chain.core(at) in SHOUTED and is_word(chain.before(at), voice):
        return None
    spoken = spell(match[1], voice) if match else ""
    return Reading(spoken + match[2]) if match and spoken != match[1] else None


def spell(word: str, voice: Verbalizer) -> str:
    """Return capitals letter by letter, or as they are where they are read as a word."""
    if not word.isascii() or not word.isupper() or len(word) < 2 or is_word(word, voice):
        return word
    return voice.letters(word)


def is_word(word: str, voice: Verbalizer) -> bool:
    """Whether capitals are read as a word: known ones, and those that sound like one of English."""
    words = voice.words
    if not word.isupper() or word in words.spelled_caps:
        return False
    return word in words.spoken_caps or word in words.short_caps or _sounds_like_a_word(word)


@lru_cache(maxsize=4096)
def _sounds_like_a_word(word: str) -> bool:
    if not _SHORT <= len(word) <= _LONGEST:
        return False
    return (_SHORT_WORD if len(word) == _SHORT else _WORD_LIKE).fullmatch(word) is not None
