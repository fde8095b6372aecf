"""What a reader sees: tokens that belong together, each taken apart, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from engine.text.figures import fold_digits
from engine.text.marks import CLAUSE_ENDS, CLOSERS, OPENERS, SENTENCE_ENDS
from engine.text.say.general import Verbalizer

_LEAD, _TAIL = re.escape(OPENERS), re.escape(CLOSERS + SENTENCE_ENDS + CLAUSE_ENDS)
_EDGES = re.compile(rf"([{_LEAD}]*)(.+?)([{_TAIL}]*)", re.DOTALL)

_BELONGS_TO_NUMBER = re.compile(r"\W?\d")
_FEET = re.compile(r"\d{1,2}['’′]\d{1,2}")
_DECADE = re.compile(r"\d0s$")


class Token(NamedTuple):
    """A token as its opening punctuation, its core and its closing punctuation."""

    open: str
    core: str
    close: str


class Stop(IntEnum):
    """Whether the full stop after an abbreviation ends a sentence too; only then it stays.

    NO: it is a full stop like any other. NEVER: `Dr.`. SELDOM: if a word like `The` follows, `U.S.`. LIKELY: if any
    capital does, `p.m.`. INITIAL: unless a name follows, `J.`.
    """

    NO = 0
    NEVER = 1
    SELDOM = 2
    LIKELY = 3
    INITIAL = 4


class Reading(NamedTuple):
    """The words for `used` tokens, what the full stop after the last one is, and whether its opening bracket goes."""

    text: str
    used: int = 1
    stop: Stop = Stop.NO
    bare: bool = False


class Chain:
    """Neighbouring tokens that may be read together, their digits folded to ASCII.

    Nothing outside a chain changes how it is read: that is why text may be cut between chains.
    """

    def __init__(self, words: tuple[str, ...]) -> None:
        self.tokens = tuple(_token(fold_digits(word)) for word in words)

    def replaced(self, at: int, token: Token) -> Chain:
        """Return this chain with another token at an index."""
        other = Chain(())
        other.tokens = (*self.tokens[:at], token, *self.tokens[at + 1 :])
        return other

    def core(self, at: int) -> str:
        """Return the core of a token, or an empty string beyond the chain."""
        return self.tokens[at].core if 0 <= at < len(self.tokens) else ""

    def after(self, at: int, allowed: str = "") -> str:
        """Return the core of the token after one, if no punctuation but the `allowed` stands between them."""
        if at + 1 >= len(self.tokens) or self.tokens[at + 1].open or self.tokens[at].close not in ("", allowed):
            return ""
        return self.tokens[at + 1].core

    def before(self, at: int) -> str:
        """Return the core of the token before one, or an empty string."""
        return self.tokens[at - 1].core if at else ""

    def close(self, at: int) -> str:
        """Return the closing punctuation of a token."""
        return self.tokens[at].close


Reader = Callable[[Chain, int, Verbalizer], Reading | None]
"""Reads the token at an index, perhaps with some after it, or leaves it to the next reader."""


def _token(word: str) -> Token:
    match = _EDGES.fullmatch(word)
    if not match:
        return Token("", word, "")
    lead, core, tail = match.groups()
    if lead and (_BELONGS_TO_NUMBER.match(core) if lead[-1] == "~" else _DECADE.match(core) and lead[-1] in "'‘’"):
        lead, core = lead[:-1], ("~" if lead[-1] == "~" else "'") + core
    if tail and tail[0] in '"”″' and _FEET.fullmatch(core):
        core, tail = core + tail[0], tail[1:]
    return Token(lead, core, tail)


def stop_if(is_abbreviation: bool) -> Stop:
    """Return what the full stop after an abbreviation is that may well end a sentence."""
    return Stop.LIKELY if is_abbreviation else Stop.NO
