from __future__ import annotations

import datetime

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from engine.text.normalize import normalize
from engine.text.vocabulary import MONTHS

DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31))


@given(day=DAYS, language=st.sampled_from(["en", "en-GB", "en-IN", "hi"]))
def test_a_day_sounds_the_same_in_figures_and_by_the_name_of_its_month(day: datetime.date, language: str) -> None:
    american = f"{day:%B} {day.day}, {day.year}"
    named = american if language == "en" else f"{day.day} {day:%B} {day.year}"
    if language != "hi":  # where the month is said in the language of the text
        assert normalize(day.isoformat(), language) == normalize(named, language)
    first, second = (day.month, day.day) if language == "en" else (day.day, day.month)
    assert normalize(f"{first}/{second}/{day.year}", language) == normalize(day.isoformat(), language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-02-30", "two thousand and twenty-five zero two thirty"),
        ("13/13/2025", "thirteen thirteen two thousand and twenty-five"),
        ("May 32", "May thirty-two"),
        ("He may 5", "He may five"),
        ("31/12/2025", "December thirty-first, twenty twenty-five"),
    ],
)
def test_what_is_no_date_is_not_read_as_one(text: str, expected: str) -> None:
    assert normalize(text, "en-US") == expected


@pytest.mark.parametrize("year", [2000, 1999, 1066])
def test_a_span_of_years_must_grow(year: int) -> None:
    assert " to " in normalize(f"{year + 100}-{year + 120}", "en")
    assert "hundred" in normalize("2000-1999", "en")


@pytest.mark.parametrize("language", ["en", "hi"])
def test_every_name_that_cldr_has_for_a_month_is_one(language: str) -> None:
    names = Locale.parse(language).months["format"]
    for width in ("wide", "abbreviated"):
        for number, name in names[width].items():
            assert MONTHS[name.lower().rstrip(".\u0970")] == number
