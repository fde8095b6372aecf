from __future__ import annotations

import pytest

from engine.text.chunker import Chunker
from engine.text.normalize import normalize, spans
from engine.types import Segment
from tests.engine.text.rows import Row, heard, table

ROWS = [*table("en"), *table("hi")]
NO_LEAD, TOO_LONG = 0.0, 0.5


def said(parts: list[str], language: str) -> str:
    """What is spoken of a text that arrives in parts, each after a wait in which all that is whole was released."""
    chunker, words = Chunker(), []

    def drain() -> None:
        while (piece := chunker.take(NO_LEAD, TOO_LONG)) is not None:
            words.append(Segment(0, 0, "", language, spans(piece.text, piece.start, language)).text)

    for part in parts:
        chunker.push(part)
        drain()
    chunker.end()
    drain()
    return " ".join(filter(None, words))


def words_of(text: str) -> list[str]:
    return [word for word in heard(text) if word not in (".", "…")]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_text_that_arrives_in_two_parts_is_said_like_the_whole(row: Row) -> None:
    whole = words_of(normalize(row.input, row.language))
    for at in range(1, len(row.input)):
        assert words_of(said([row.input[:at], row.input[at:]], row.language)) == whole, row.input[:at]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_text_that_arrives_by_the_character_inside_another_is_said_like_the_whole(row: Row) -> None:
    text = f"so it was {row.input} so it was"
    assert words_of(said(list(text), row.language)) == words_of(normalize(text, row.language))
