from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.normalize import normalize


@given(number=st.from_regex(r"[6-9]\d{4} \d{5}", fullmatch=True))
def test_a_number_to_dial_is_said_digit_by_digit_in_its_groups(number: str) -> None:
    first, second = number.split()
    spoken = normalize(f"+91 {number}", "en")
    assert spoken == f"plus nine one, {_digits(first)}, {_digits(second)}"


def _digits(figures: str) -> str:
    return " ".join(normalize(figure, "en") for figure in figures)


@pytest.mark.parametrize("text", ["500-1000", "3-4", "10000-20000", "2019-2021", "1990-95", "100 200"])
def test_ranges_and_lists_are_no_numbers_to_dial(text: str) -> None:
    assert "," not in normalize(text, "en")


@pytest.mark.parametrize("text", ["Your PIN is 4242", "OTP: 4242", "ZIP 94242", "Call 911"])
def test_figures_to_type_are_said_one_by_one(text: str) -> None:
    assert not {"hundred", "thousand", "forty-two"} & set(normalize(text, "en").split())


@pytest.mark.parametrize(
    ("text", "expected"), [("1 000", "one thousand"), ("12 500 000", "twelve million five hundred thousand")]
)
def test_spaces_may_part_thousands(text: str, expected: str) -> None:
    assert normalize(text, "en") == expected
