from __future__ import annotations

import unicodedata

import pytest

from engine.text.normalize import normalize
from tests.engine.text.rows import ANSWERS, Row, gaps, heard, table

ROWS = [*table("en"), *table("hi")]
SURE = [row for row in ROWS if row.sure]
GAPS = gaps()


def is_a_gap(row: Row) -> bool:
    return (row.language, row.input) in GAPS


def is_read_right(row: Row) -> bool:
    once = normalize(row.input, row.language)
    return normalize(once, row.language) == once and (not row.sure or heard(once) == heard(row.expected))


@pytest.mark.parametrize("row", [row for row in SURE if not is_a_gap(row)], ids=str)
def test_a_row_is_read_as_a_careful_person_would(row: Row) -> None:
    assert heard(normalize(row.input, row.language)) == heard(row.expected), row.convention


@pytest.mark.parametrize("row", [row for row in ROWS if not is_a_gap(row)], ids=str)
def test_what_was_normalized_stays_as_it_is(row: Row) -> None:
    once = normalize(row.input, row.language)
    assert normalize(once, row.language) == once


def test_a_gap_is_a_row_that_is_still_read_wrong() -> None:
    found = [row for row in ROWS if is_a_gap(row)]
    assert len(found) == len(GAPS)
    assert [str(row) for row in found if is_read_right(row)] == [], "closed: take them out of gaps.tsv"


def test_each_language_has_rows_enough() -> None:
    sure = [row.language[:2] for row in SURE]
    assert sure.count("en") >= 200
    assert sure.count("hi") >= 120


def test_no_text_stands_twice_for_one_language() -> None:
    texts = [(row.input, row.language) for row in ROWS]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_is_complete_and_expects_words_alone(row: Row) -> None:
    assert row.language in {"en", "en-US", "en-GB", "en-IN", "hi"}
    assert row.convention
    assert row.source
    assert heard(row.expected)
    assert unicodedata.is_normalized("NFC", row.expected)
    assert not any(char.isdigit() or unicodedata.category(char) in ("Sm", "Sc", "So") for char in row.expected)


def test_each_answer_has_what_is_heard_beside_it() -> None:
    answers = {path.name.removesuffix(".md") for path in ANSWERS.glob("*.*.md")}
    assert answers == {path.name.removesuffix(".spoken.txt") for path in ANSWERS.glob("*.spoken.txt")}
    assert len(answers) >= 12


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is five, isn't it?", ["It", "is", "five", "isn't", "it", "?"]),
        ("nine A M. Bring “water”", ["nine", "A", "M", ".", "Bring", "water"]),
        ("twenty-five — dogs' (old) 'n' well", ["twenty-five", "dogs", "old", "n", "well"]),
        ("wait... now", ["wait", "…", "now"]),
        ("v2.5 a=b", ["v2.5", "a=b"]),
        ("ठीक है।", ["ठीक", "है"]),
        ("हाँ। ठीक॥ है", ["हाँ", "।", "ठीक", "॥", "है"]),
    ],
)
def test_speech_is_compared_by_its_words_and_sentence_ends(text: str, words: list[str]) -> None:
    assert heard(text) == words
