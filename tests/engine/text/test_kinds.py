from __future__ import annotations

import pytest

from engine.text.bonds import FUSED, WEAK, bond, shape

PAIRS = (
    "$|5", "5|million", "5|kg", "5|°C", "5|July", "July|4,", "4,|2025", "July|2025", "9|a.m.", "10|-", "-|12",
    "No.|5", "St.|Paul", "Henry|VIII", "Chapter|IV", "+91|98765", "98765|43210", "(555)|123-4567", "1|1/2",
    "Rs.|500", "500|crore", "5|लाख", "सन|1947", "1947|में", "9:00|बजे", "5|ft", "ft|10", "Mon,|Jan", "OTP|482913",
    "is|482913", "1|000", "2|+", "DO|IT",
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_what_is_read_together_is_fused(pair: str) -> None:
    before, after = (shape(token) for token in pair.split("|"))
    assert before.holds
    assert bond(before, after) == FUSED


@pytest.mark.parametrize(
    "pair", ["5|cats", "5.|million", "July.|we", "cat|5", "the|cat", "Henry|came", "Dr.|cat", "5,|kg"]
)
def test_what_is_read_apart_is_not(pair: str) -> None:
    before, after = (shape(token) for token in pair.split("|"))
    assert bond(before, after) != FUSED


def test_an_abbreviation_leans_on_what_follows() -> None:
    assert bond(shape("etc."), shape("cat")) == WEAK


@pytest.mark.parametrize("word", ["and", "you", "a", "I", "cat", "Hello", "है", "और", "cats.", "well,"])
def test_common_words_wait_for_nothing(word: str) -> None:
    assert not shape(word).holds
