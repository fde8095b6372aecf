from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.normalize import normalize
from engine.text.say import verbalizer
from engine.text.symbols import UNITS


@pytest.mark.parametrize("language", ["en", "en-GB", "hi"])
@pytest.mark.parametrize("key", sorted(set(UNITS.values())))
def test_every_unit_has_a_name(key: str, language: str) -> None:
    assert verbalizer(language).unit(key, True)
    assert not any(char.isdigit() for char in verbalizer(language).unit(key, False))


@given(number=st.integers(0, 9_999_999), symbol=st.sampled_from(["km", "kg", "ml", "GB", "°C", "%", "km/h"]))
def test_a_space_before_a_unit_changes_nothing(number: int, symbol: str) -> None:
    for language in ("en", "hi"):
        assert normalize(f"{number} {symbol}", language) == normalize(f"{number}{symbol}", language)


@given(whole=st.integers(0, 10**8), cents=st.integers(0, 99), sign=st.sampled_from("$€£₹"))
def test_money_names_both_its_parts(whole: int, cents: int, sign: str) -> None:
    spoken = normalize(f"{sign}{whole}.{cents:02d}", "en")
    if whole and cents:
        assert spoken.startswith(normalize(f"{sign}{whole}", "en") + " and ")
    assert not any(char.isdigit() for char in spoken)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500-1000 people", "five hundred to one thousand people"),
        ("$5-$10 million", "five dollars to ten million dollars"),
        ("1-2%", "one to two percent"),
        ("₹5 lakh crore", "five lakh crore rupees"),
        ("CHF 20", "twenty Swiss francs"),
        ("5 sq ft", "five square feet"),
        ("a 24-hour shop", "a twenty-four-hour shop"),
        ("a 1/2-inch pipe", "a one half inch pipe"),
        ("10 kg of 5 kg", "ten kilograms of five kilograms"),
        ("5 in 10", "five in ten"),
    ],
)
def test_what_belongs_to_a_number_is_read_with_it(text: str, expected: str) -> None:
    assert normalize(text, "en") == expected


def test_other_languages_name_units_and_currencies_as_cldr_does() -> None:
    assert normalize("5 km", "de") == "fünf Kilometer"
    assert normalize("5 €", "fr") == "cinq euros"
    assert normalize("৫ কেজি", "bn").startswith("পাঁচ")
