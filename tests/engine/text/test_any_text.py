# ruff: noqa: RUF001  # the look-alikes are meant
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.text.clean import clean
from engine.text.languages.words import names
from engine.text.normalize import align, normalize
from engine.text.tokens import tokenize
from tests.engine.text.rows import Row, table

SIGNS = "0123456789०१२½²³.,:;/\\-–−+×÷=<>~^%°$€£¥₹#@&_*'’\"()[]|·…!?"
WORDS = sorted(
    names(
        """
        Dr. St. No. Mr. p.m. a.m. etc. U.S. e.g. Jan May July Mon the in since of AD BC बजे
        में सन करोड़ रु. Rs. million lakh kg km km/h °C % $ ₹ € USD x Henry VIII IV Chapter
        War 1 2nd 4, 5 07 12 1984 2025 2,50,000 1.5 1/2 9:05 10-12 v2.5 3-1 +91 98765 43210
        555-1234 2025-07-04 10/11/2025 a@b.com b.org/c #tag C++ AT&T COVID-19 FBI NASA - –
        + = / : * The and is ( ) . ,
        """
    )
)
PHRASES = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
TOUCHING = st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=6).map("".join)
MIXED = st.text(alphabet=SIGNS + "abkmxsthAPIVX कि रुवाँ", max_size=24)
TEXTS = st.one_of(st.text(max_size=60), MIXED, PHRASES, TOUCHING)
LANGUAGES = st.sampled_from(["en", "en-GB", "en-IN", "hi", "bn", "de", "zh"])


@settings(max_examples=1500)
@given(text=TEXTS, language=LANGUAGES)
def test_every_letter_and_digit_lies_in_a_span_that_says_something(text: str, language: str) -> None:
    found = align(text, language)
    ends = [0, *(span.end for span in found)]
    assert all(end <= span.start < span.end for end, span in zip(ends, found, strict=False))
    assert all(span.text.strip() == span.text != "" for span in found)
    said = {at for span in found for at in range(span.start, span.end)}
    for start, end in tokenize(text):
        if any(char.isalnum() for char in clean(text[start:end])):
            assert said.issuperset(range(start, end))


@settings(max_examples=1500)
@given(text=TEXTS, language=LANGUAGES)
@example("Dr. St. The U.S. Army etc. No.", "en")
@example("Mon 1/1/2024", "en")
@example("JAN -", "en")
def test_what_is_normalized_stays_as_it_is(text: str, language: str) -> None:
    once = normalize(text, language)
    assert unicodedata.is_normalized("NFC", once)
    assert normalize(once, language) == once


@settings(max_examples=600)
@given(text=TEXTS, language=st.sampled_from(["en", "en-IN", "hi"]))
def test_no_figure_is_left_to_the_engine(text: str, language: str) -> None:
    for span in align(text, language):
        assert not any(char.isdecimal() for char in span.text) or sum(map(str.isdigit, span.text)) > 24


@settings(max_examples=600)
@given(word=st.text(alphabet="qzQZ75-_/#.@&'+कष", min_size=1, max_size=12), language=st.sampled_from(["en", "en-GB"]))
@example("Qqz7_zz", "en")
def test_no_letter_of_a_code_is_lost(word: str, language: str) -> None:
    said = iter(normalize(word, language).lower())
    assert all(letter in said for letter in clean(word).lower() if letter in "qzकष")


@pytest.mark.parametrize("row", [row for row in table("en") if row.input.isascii()][::5], ids=str)
def test_marks_that_cannot_be_seen_change_no_word(row: Row) -> None:
    hidden = "\u2060".join(row.input)
    assert normalize(hidden, "en").split() == normalize(row.input, "en").split()
