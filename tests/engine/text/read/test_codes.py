from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.normalize import normalize
from engine.text.read.capitals import is_word
from engine.text.read.romans import ROMAN, value
from engine.text.say import verbalizer

NUMERALS = ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@pytest.mark.parametrize(
    "word",
    ["STOP", "PLEASE", "STRENGTH", "WORLD", "THROUGH", "DRY", "NOT", "NASA", "UNESCO", "WARNING", "FIRST", "TWELFTH"],
)
def test_shouted_words_and_acronyms_are_read(word: str) -> None:
    assert is_word(word, verbalizer("en"))
    assert normalize(word, "en") == word


@pytest.mark.parametrize(
    "word",
    ["FBI", "HTML", "USA", "CEO", "API", "UPSC", "CBSE", "USSR", "GST", "NDTV", "VIP", "SMS", "EU", "TV", "LGBT"],
)
def test_initialisms_are_spelled(word: str) -> None:
    assert normalize(word, "en") == " ".join(word)


def test_a_short_word_is_shouted_only_among_shouts() -> None:
    assert normalize("the IT team", "en") == "the I T team"
    assert normalize("DO IT NOW", "en") == "DO IT NOW"


@given(number=st.integers(2, 89))
def test_roman_numerals_have_the_value_they_are_written_for(number: int) -> None:
    rest, numeral = number, ""
    for size, letters in NUMERALS:
        while rest >= size:
            rest, numeral = rest - size, numeral + letters
    assert ROMAN.fullmatch(numeral)
    assert value(numeral) == number
    assert normalize(f"Chapter {numeral}", "en") == f"Chapter {normalize(str(number), 'en')}"


@pytest.mark.parametrize("word", ["I", "IIII", "VX", "IC", "LL", "XLX", ""])
def test_what_looks_roman_is_not(word: str) -> None:
    assert not ROMAN.fullmatch(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AT&T's", "A T and T's"),
        ("R2-D2", "R two D two"),
        ("Covid-19", "Covid nineteen"),
        ("#FF00AA", "hashtag F F zero zero A A"),
        ("./run.sh", "dot slash run dot S H"),
        (r"C:\Users\me", "C colon backslash Users backslash me"),
        ("192.168.1.1", "one hundred and ninety-two point one hundred and sixty-eight point one point one"),
        ("me@x.co.in", "me at x dot C O dot I N"),
        ("7up", "seven up"),
    ],
)
def test_what_no_rule_knows_is_read_part_by_part(text: str, expected: str) -> None:
    assert normalize(text, "en") == expected
