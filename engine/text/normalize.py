"""A piece of raw text as spoken tokens, each with its range in the client's text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from engine.text.bonds import FUSED, Shape, bond, can_bond, is_near, shape
from engine.text.clean import clean
from engine.text.languages.english import NOT_NAMES
from engine.text.lexicon import MAX_WORDS, NO_LEXICON, Lexicon, Match
from engine.text.read import Spoken, read
from engine.text.read.chain import Stop
from engine.text.say import support, verbalizer
from engine.text.tokens import tokenize
from engine.types import Segment, Span

__all__ = ["NO_LEXICON", "align", "normalize", "spans", "support"]

_MAX_ROUNDS = 3
_DASHES = frozenset("-–—―")
_NEXT_WORD = re.compile(r"\W*(\w+)")


class _Token(NamedTuple):
    """A token that may be spoken: its range in the piece, and how it is read.

    `near` says that little white space stands before it, `bound` that it is read together with the token there.
    """

    start: int
    end: int
    word: str
    near: bool
    bound: bool


def spans(piece_text: str, offset: int, language: str, lexicon: Lexicon = NO_LEXICON) -> tuple[Span, ...]:
    """Return the spoken tokens of a piece that begins at `offset` of the utterance's raw text.

    `language` is a BCP 47 tag; where it has no number words here, digits stay digits. What is in the `lexicon` is said
    as it is written there, whatever else it could be. Tokens that cannot be spoken give no span. Never raises.
    """
    language = verbalizer(language).language
    found: list[Span] = []
    for chain, match in _chains(_tokens(piece_text), language, lexicon):
        if match:
            found.append(Span(match.text, offset + chain[0].start, offset + chain[-1].end, ipa=match.ipa))
            continue
        at = 0
        for spoken in _said(tuple([token.word for token in chain]), language):
            if spoken.text:
                start, end = chain[at].start, chain[at + spoken.used - 1].end
                text = (
                    f"{spoken.text}." if spoken.stop and _ends_sentence(piece_text, end, spoken.stop) else spoken.text
                )
                found.append(Span(text, offset + start, offset + end))
            elif found and chain[at].word in _DASHES and found[-1].text[-1].isalnum():
                found[-1] = replace(found[-1], text=_with_comma(found[-1].text, language))
            at += spoken.used
    return tuple(found)


def normalize(text: str, language: str) -> str:
    """Return a text as it is spoken, in one string. What is normalized already stays as it is."""
    return Segment(0, 0, "", language, align(text, language)).text


def align(text: str, language: str) -> tuple[Span, ...]:
    """Return a text as it is spoken, token by token, each with its range in the text: disjoint and in order."""
    return spans(text, 0, language)


def _with_comma(text: str, language: str) -> str:
    """Return spoken words with a comma behind them, which makes a month of `Aug`."""
    text = f"{text},"
    return text if " " in text else _said((text,), language)[0].text


@lru_cache(maxsize=16384)
def _said(words: tuple[str, ...], language: str) -> tuple[Spoken, ...]:
    """Read a chain, and what came of it once more: the parts of a code may be abbreviations themselves."""
    found: list[Spoken] = []
    at = 0
    for spoken in read(words, language):
        as_written = spoken.text == words[at]
        found.append(spoken if as_written else spoken._replace(text=_settled(spoken.text, language)))
        at += spoken.used
    return tuple(found)


def _settled(text: str, language: str) -> str:
    for _ in range(_MAX_ROUNDS):
        chains = (chain for chain, _ in _chains(_tokens(text), language, NO_LEXICON))
        said = (spoken.text for chain in chains for spoken in read(tuple([token.word for token in chain]), language))
        again = " ".join(filter(None, said))
        if again == text:
            break
        text = again
    return text


@lru_cache(maxsize=16384)
def _glance(raw: str) -> tuple[str, Shape]:
    return clean(raw), shape(raw)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    before: Shape | None = None
    last_end = 0
    for start, end in tokenize(text):
        word, form = _glance(text[start:end])
        gap = text[last_end:start]
        bound = before is not None and before.fuses != 0 and can_bond(gap) and bond(before, form) == FUSED
        found.append(_Token(start, end, word, before is not None and is_near(gap), bound))
        before, last_end = form, end
    return found


def _chains(tokens: list[_Token], language: str, lexicon: Lexicon) -> Iterator[tuple[list[_Token], Match | None]]:
    """Yield runs of tokens that are read together, most of one token; with what the lexicon has for them."""
    begin = at = 0
    while at < len(tokens):
        if at > begin and not tokens[at].bound:
            yield tokens[begin:at], None
            begin = at
        match = _look_up(tokens, at, language, lexicon) if len(lexicon) else None
        if match:
            if at > begin:
                yield tokens[begin:at], None
            yield tokens[at : at + match.num_tokens], match
            begin = at = at + match.num_tokens
        else:
            at += 1
    if begin < len(tokens):
        yield tokens[begin:], None


def _look_up(tokens: list[_Token], at: int, language: str, lexicon: Lexicon) -> Match | None:
    """Return what the lexicon has for the tokens from an index on, as far as they are near each other."""
    stop = at + 1
    if lexicon.continues(tokens[at].word):
        while stop < min(len(tokens), at + MAX_WORDS) and tokens[stop].near:
            stop += 1
    return lexicon.match([token.word for token in tokens[at:stop]], 0, language)


def _ends_sentence(text: str, end: int, stop: Stop) -> bool:
    """Whether a sentence ends with an abbreviation whose full stop is at its end."""
    word = _NEXT_WORD.match(text, end)
    if word is None:
        return True
    is_capital, is_name = word[1][0].isupper(), word[1].lower() not in NOT_NAMES
    if stop == Stop.INITIAL:
        return not (is_capital and is_name)
    return is_capital and (stop == Stop.LIKELY or not is_name)
