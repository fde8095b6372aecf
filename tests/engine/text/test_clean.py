from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.text.clean import clean

ZWNJ, ZWJ = "\u200c", "\u200d"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("\u095b\u0930\u093e", "\u091c\u093c\u0930\u093e"),  # a nukta of its own, as NFC has it
        (f"\u0915\u094d{ZWJ}\u0937", "\u0915\u094d\u0937"),
        (f"\u0936\u094d{ZWNJ}\u0930\u0940", "\u0936\u094d\u0930\u0940"),
        (f"\u0939\u0920\u093e\u0924\u094d{ZWNJ}", "\u0939\u0920\u093e\u0924\u094d"),
        (f"\u0985\u09ae\u09a4\u09cd{ZWJ}", "\u0985\u09ae\u09ce"),
        (f"\u0d05\u0d35\u0d28\u0d4d{ZWJ}", "\u0d05\u0d35\u0d7b"),
        ("\u0b95\u0bc6\u0bbe", "\u0b95\u0bca"),  # a vowel sign in two parts
    ],
)
def test_a_word_has_one_form_however_it_was_typed(written: str, canonical: str) -> None:
    assert clean(written) == canonical


def test_joiners_stay_where_they_part_sounds() -> None:
    persian, sinhala = f"\u0645\u06cc{ZWNJ}\u0631\u0648\u0645", f"\u0d9a\u0dca{ZWJ}\u0dbb"
    assert (clean(persian), clean(sinhala)) == (persian, sinhala)


@given(st.text(alphabet=st.characters(min_codepoint=0x900, max_codepoint=0xDFF) | st.sampled_from(ZWNJ + ZWJ)))
@example(f"\u0d28{ZWJ}\u0d4d{ZWJ}")
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
