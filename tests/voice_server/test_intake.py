from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.text.chunker import Piece
from voice_server.intake import PORTION, Intake


def drain(intake: Intake, now: float = 0.0, lead_s: float = 0.0) -> list[Piece]:
    pieces: list[Piece] = []
    while (piece := intake.take(lead_s, now)) is not None:
        pieces.append(piece)
    return pieces


@settings(max_examples=60)
@given(
    st.lists(st.text(st.sampled_from("ab ,.\n5$😀\x00"), max_size=30) | st.just("FLUSH"), max_size=12),
    st.sampled_from([0.0, 1.0, 5.0]),
)
def test_the_pieces_are_the_text_from_beginning_to_end(told: list[str], lead_s: float) -> None:
    intake = Intake(0.4)
    for text in told:
        if text == "FLUSH":
            intake.flush()
        else:
            intake.append(text, 0.0)
    intake.end()
    pieces = drain(intake, lead_s=lead_s)
    text = "".join(text for text in told if text != "FLUSH")
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces)][: len(pieces)]
    assert (intake.taken, intake.waiting) == (len(text), 0)


def test_text_waits_until_it_is_worth_speaking_or_has_waited_long_enough() -> None:
    intake = Intake(0.4)
    intake.append("Hello there ", 10.0)
    assert intake.take(0.0, 10.0) is None
    at = intake.next_take_at(0.0, 10.1)
    assert at == pytest.approx(10.4, abs=0.01)
    assert intake.take(0.0, 10.3) is None
    assert intake.take(0.0, (at or 0.0) + 0.001) is not None
    assert intake.next_take_at(0.0, 10.5) is None


def test_the_wait_counts_from_the_oldest_text_that_was_not_taken() -> None:
    intake = Intake(0.4)
    intake.append("Hello there. ", 10.0)
    assert drain(intake, 10.0)
    intake.append("And ", 20.0)
    intake.append("then ", 20.3)
    assert intake.take(0.0, 20.35) is None
    assert intake.take(0.0, 20.41) is not None
    intake.append("more ", 21.0)
    assert intake.take(0.0, 21.2) is None


def test_a_timer_that_is_due_lies_ahead() -> None:
    intake = Intake(0.4)
    intake.append("Hello there ", 1000.0)
    at = intake.next_take_at(0.0, 1000.4)
    assert at is None or at > 1000.4


def test_a_flush_lets_out_what_came_before_it_and_not_what_came_after() -> None:
    intake = Intake(10.0)
    intake.append("one", 0.0)
    intake.flush()
    intake.append(" two", 0.0)
    assert [piece.text for piece in drain(intake)] == ["one"]
    assert intake.waiting == 4


def test_the_end_lets_out_everything() -> None:
    intake = Intake(10.0)
    intake.append("one  ", 0.0)
    intake.end()
    intake.flush()
    assert "".join(piece.text for piece in drain(intake)) == "one  "


def test_empty_text_is_nothing() -> None:
    intake = Intake(0.4)
    intake.append("", 0.0)
    assert (intake.waiting, intake.take(0.0, 5.0), intake.next_take_at(0.0, 5.0)) == (0, None, None)


def test_a_long_text_is_looked_at_only_as_far_as_needed() -> None:
    intake = Intake(0.4)
    intake.append("word " * 100_000, 0.0)
    intake.take(0.0, 0.0)
    assert intake._chunker.buffered <= 2 * PORTION
    assert intake.waiting > 490_000


def test_text_by_the_byte_costs_the_same_for_each_however_much_there_is() -> None:
    def seconds(num_chars: int) -> float:
        text = ("It is a long text, and it goes on. " * (num_chars // 35 + 1))[:num_chars]
        intake, began = Intake(0.4), time.process_time()
        for char in text:
            intake.append(char, 0.0)
            while intake.take(1.0, 0.0):
                pass
        intake.end()
        drain(intake)
        assert intake.taken == num_chars
        return (time.process_time() - began) / num_chars

    seconds(2_000)
    assert seconds(60_000) < 4 * min(seconds(5_000) for _ in range(3))
