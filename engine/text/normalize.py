"""A piece of raw text as spoken tokens, each with its range in the client's text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from engine.text.bonds import FUSED, Shape, bond, can_bond, shape
from engine.text.clean import clean
from engine.text.languages.english import NOT_NAMES
from engine.text.read import read
from engine.text.read.chain import Stop
from engine.text.say import support, verbalizer
from engine.text.tokens import tokenize
from engine.types import Segment, Span

__all__ = ["align", "normalize", "spans", "support"]

_NEXT_WORD = re.compile(r"\W*(\w+)")


class _Token(NamedTuple):
    """A token that may be spoken: its range in the piece, and how it is read."""

    start: int
    end: int
    word: str


def spans(piece_text: str, offset: int, language: str) -> tuple[Span, ...]:
    """Return the spoken tokens of a piece that begins at `offset` of the utterance's raw text.

    `language` is a BCP 47 tag; where it has no number words here, digits stay digits. Tokens that cannot be spoken
    give no span. Never raises.
    """
    language = verbalizer(language).language
    found: list[Span] = []
    for chain in _chains(piece_text):
        at = 0
        for spoken in read(tuple([token.word for token in chain]), language):
            if spoken.text:
                start, end = chain[at].start, chain[at + spoken.used - 1].end
                text = (
                    f"{spoken.text}." if spoken.stop and _ends_sentence(piece_text, end, spoken.stop) else spoken.text
                )
                found.append(Span(text, offset + start, offset + end))
            at += spoken.used
    return tuple(found)


def normalize(text: str, language: str) -> str:
    """Return a text as it is spoken, in one string. What is normalized already stays as it is."""
    return Segment(0, 0, "", language, align(text, language)).text


def align(text: str, language: str) -> tuple[Span, ...]:
    """Return a text as it is spoken, token by token, each with its range in the text: disjoint and in order."""
    return spans(text, 0, language)


@lru_cache(maxsize=16384)
def _glance(raw: str) -> tuple[str, Shape]:
    return clean(raw), shape(raw)


def _chains(text: str) -> Iterator[list[_Token]]:
    """Yield runs of tokens that are read together; most are of one token."""
    chain: list[_Token] = []
    before: Shape | None = None
    last_end = 0
    for start, end in tokenize(text):
        word, form = _glance(text[start:end])
        bound = before and before.fuses and can_bond(text[last_end:start]) and bond(before, form) == FUSED
        if chain and not bound:
            yield chain
            chain = []
        chain.append(_Token(start, end, word))
        before, last_end = form, end
    if chain:
        yield chain


def _ends_sentence(text: str, end: int, stop: Stop) -> bool:
    """Whether a sentence ends with an abbreviation whose full stop is at its end."""
    word = _NEXT_WORD.match(text, end)
    if word is None or not word[1][:1].isupper():
        return word is None
    return stop == Stop.LIKELY or word[1].lower() in NOT_NAMES
