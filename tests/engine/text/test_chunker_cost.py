"""What cutting costs, counted in lines of Python: linear in the text, and only as far ahead as a piece needs."""

from __future__ import annotations

import pytest

from engine.text.chunker import Chunker
from tests.engine.text.counting import lines_run
from tests.engine.text.test_chunker import IN_TIME, MUCH_LEAD, NO_LEAD, SENTENCES, SOME_LEAD, pieces_of


@pytest.mark.parametrize("lead_s", [NO_LEAD, SOME_LEAD, MUCH_LEAD])
@pytest.mark.parametrize("text", [SENTENCES, "a", "Dr. ", "好"])
def test_ten_times_the_text_by_the_character_is_ten_times_the_work(text: str, lead_s: float) -> None:
    short, long = (text * 6_000)[:600], (text * 6_000)[:6_000]
    for warm in (short, long):
        pieces_of(warm[:600], lead_s, size=1)
    assert lines_run(lambda: pieces_of(long, lead_s, size=1)) <= 11.5 * lines_run(
        lambda: pieces_of(short, lead_s, size=1)
    )


def test_a_first_piece_costs_the_same_from_a_huge_buffer() -> None:
    pieces_of(SENTENCES)  # what is kept of its words is no part of the cost
    small, huge = Chunker(), Chunker()
    small.push(SENTENCES * 10)
    huge.push(SENTENCES * 10_000)
    assert lines_run(lambda: huge.take(NO_LEAD, IN_TIME)) <= 1.1 * lines_run(lambda: small.take(NO_LEAD, IN_TIME)) + 20
