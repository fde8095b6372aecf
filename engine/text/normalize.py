"""A piece of raw text as spoken tokens, each with its range in the client's text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from engine.text.bonds import FUSED, Shape, bond, can_bond, shape
from engine.text.clean import clean
from engine.text.readings import Reader, edges, fold_digits, reader
from engine.text.tokens import tokenize
from engine.types import Segment, Span


@dataclass(frozen=True, slots=True)
class _Token:
    """A token that can be spoken: its range in the piece, how it is read, and whether it is bound to the one before."""

    start: int
    end: int
    word: str
    shape: Shape
    bound: bool


def spans(piece_text: str, offset: int, language: str) -> tuple[Span, ...]:
    """Return the spoken tokens of a piece that begins at `offset` of the utterance's raw text.

    `language` is a BCP 47 tag; where it has no number words here, digits stay digits. Tokens that cannot be spoken
    give no span. Never raises.
    """
    voice = reader(language)
    tokens = _tokens(piece_text)
    found: list[Span] = []
    at = 0
    while at < len(tokens):
        spoken, used = _read(tokens, at, voice)
        if spoken:
            spoken = unicodedata.normalize("NFC", spoken)  # what the libraries say of numbers is not always
            found.append(Span(spoken, offset + tokens[at].start, offset + tokens[at + used - 1].end))
        at += used
    return tuple(found)


def normalize(text: str, language: str) -> str:
    """Return a text as it is spoken, in one string."""
    return Segment(0, 0, "", language, spans(text, 0, language)).text


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    before: Shape | None = None
    last_end = 0
    for start, end in tokenize(text):
        raw = text[start:end]
        form = shape(raw)
        bound = before is not None and before.holds and can_bond(text[last_end:start]) and bond(before, form) == FUSED
        found.append(_Token(start, end, clean(raw), form, bound))
        before, last_end = form, end
    return found


def _read(tokens: list[_Token], at: int, voice: Reader) -> tuple[str, int]:
    """Return the spoken form of the token at an index, and how many tokens it stands for."""
    word = tokens[at].word
    if _is_bound(tokens, at + 1):
        before, core, _ = edges(word)
        if currency := voice.currency_of(core):
            spoken, used = _read_amount(tokens, at + 1, voice, currency)
            if spoken:
                return before + spoken, used + 1
    if word.isalpha():
        return word, 1
    if any(char.isdigit() for char in word):
        spoken, used = _read_amount(tokens, at, voice, "")
        return spoken or fold_digits(word), used
    if any(char.isalnum() for char in word):
        return word, 1
    return voice.sign(word), 1


def _is_bound(tokens: list[_Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].bound


def _read_amount(tokens: list[_Token], at: int, voice: Reader, currency: str) -> tuple[str, int]:
    """Return the words of a number with the scale after it, or an empty string; and how many tokens they stand for."""
    before, core, behind = edges(fold_digits(tokens[at].word))
    if not behind and _is_bound(tokens, at + 1):
        _, scale, tail = edges(tokens[at + 1].word)
        if (scale == "%" or voice.is_scale(scale)) and (spoken := voice.amount(core, currency, scale)):
            return before + spoken + tail, 2
        if voice.is_year_follower(scale) and not currency and (spoken := voice.year(core)):
            return before + spoken, 1
    if currency:
        spoken = voice.amount(core, currency)
    elif tokens[at].bound and voice.is_year_cue(tokens[at - 1].word) and (spoken := voice.year(core)):
        pass
    else:
        spoken = voice.number(core)
    return (before + spoken + behind, 1) if spoken else ("", 1)
