# ruff: noqa: RUF001  # the letters of phonetics are meant
"""The user's pronunciations in the text as it is spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.espeak_emotions import COLOURS
from engine.text.lexicon import Lexicon
from engine.text.normalize import spans
from engine.text.tags import EMOTIONS, EVENTS
from engine.tone import EMOTIONS as TONE_EMOTIONS
from engine.tone import EVENTS as TONE_EVENTS
from engine.types import Span

LEXICON = Lexicon.parse("""
nginx = engine x
New York = Noo Yawk
911 = nine one one
24/7 = all the time
kg = kilos
Dr. Who = the Doctor
SQL = /ˈsiːkwəl/
$ = dollar
[hi]
दिल्ली = दिलवालों की दिल्ली
""")


def said(text: str, language: str = "en-US") -> list[str]:
    return [span.text for span in spans(text, 0, language, LEXICON)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I run nginx, $5 and 9 more", "en-US", ["I", "run", "engine x,", "five dollars", "and", "nine", "more"]),
        ("in New\nYork, new york's.", "en-US", ["in", "Noo Yawk,", "Noo Yawk's."]),
        ("New\n\n\nYork", "en-US", ["New", "York"]),
        ("call 911!", "en-US", ["call", "nine one one!"]),
        ("open 24/7", "en-US", ["open", "all the time"]),
        ("5 kg of it", "en-US", ["five", "kilos", "of", "it"]),
        ("Dr. Who and Dr. Smith", "en-US", ["the Doctor", "and", "Doctor", "Smith"]),
        ("दिल्ली में nginx", "hi", ["दिलवालों की दिल्ली", "में", "engine x"]),
        ("दिल्ली में", "en", ["दिल्ली", "में"]),
    ],
)
def test_the_lexicon_comes_before_every_other_way_to_read(text: str, language: str, expected: list[str]) -> None:
    assert said(text, language) == expected


def test_a_span_has_the_range_of_all_its_words_and_its_pronunciation() -> None:
    assert spans("Ask SQL's New York.", 100, "en-US", LEXICON) == (
        Span("Ask", 100, 103),
        Span("SQL's", 104, 109, ipa="ˈsiːkwəlz"),
        Span("Noo Yawk.", 110, 119),
    )


@given(st.text(alphabet="New York nginx 911 kg$5Dr. Who\n,'", max_size=60), st.sampled_from(["en", "hi"]))
def test_spans_stay_disjoint_and_in_order_within_the_text(text: str, language: str) -> None:
    found = spans(text, 0, language, LEXICON)
    edges = [edge for span in found for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert all(span.start < span.end and span.text for span in found)


@given(st.text(max_size=60))
def test_an_entry_that_is_not_in_a_text_changes_nothing(text: str) -> None:
    other = Lexicon.parse("ⴰⴱⴲ ⴳⴴ = nothing\nⵀⵁ = /nʌθɪŋ/")
    assert spans(text, 0, "en", other) == spans(text, 0, "en")


def test_what_engines_call_their_emotions_and_events_is_what_the_markup_calls_them() -> None:
    assert set(COLOURS) <= EMOTIONS
    assert set(TONE_EMOTIONS) <= EMOTIONS
    assert set(TONE_EVENTS) <= EVENTS
