from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.types import Word
from voice_server.transcript import Transcript

TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from(" \n\r😀\x00é"), max_size=40)


def build(text: str, *words: tuple[str, float]) -> Transcript:
    """A transcript whose words follow one another, each with the second at which it ends."""
    transcript = Transcript()
    transcript.append(text)
    transcript.place(find(text, *words))
    return transcript


def find(text: str, *words: tuple[str, float], at: int = 0, begins_s: float = 0.0) -> tuple[Word, ...]:
    found: list[Word] = []
    for word, end_s in words:
        start = text.index(word, at)
        found.append(Word(start, start + len(word), begins_s, end_s))
        at, begins_s = start + len(word), end_s
    return tuple(found)


@given(st.lists(TEXTS, max_size=8), st.integers(0, 60), st.integers(0, 60))
def test_text_is_kept_as_it_came(pieces: list[str], start: int, end: int) -> None:
    transcript = Transcript()
    for piece in pieces:
        transcript.append(piece)
    text = "".join(pieces)
    assert (transcript.text(), transcript.num_chars) == (text, len(text))
    start, end = min(start, len(text)), min(max(start, end), len(text))
    assert transcript.text(start, end) == text[start:end]
    transcript.append("!")
    assert transcript.text() == text + "!"


@pytest.mark.parametrize(
    ("position_s", "spoken"),
    [
        (-1.0, ""),
        (0.0, ""),
        (0.999, ""),
        (1.0, " one, "),
        (1.5, " one, "),
        (2.0, " one, two  "),
        (3.0, " one, two  three. 😀 "),
        (99.0, " one, two  three. 😀 "),
    ],
)
def test_the_cut_is_at_the_start_of_the_first_word_that_was_not_heard(position_s: float, spoken: str) -> None:
    text = " one, two  three. 😀 "
    transcript = build(text, ("one,", 1.0), ("two", 2.0), ("three.", 3.0))
    before, after = transcript.split(position_s)
    assert before + after == text
    assert before == (spoken if position_s < 3.0 else " one, two  three. ")


def test_rounding_does_not_unspeak_a_word() -> None:
    assert build("one two", ("one", 0.1 + 0.2), ("two", 1.0)).split(0.3) == ("one ", "two")


def test_without_words_nothing_was_spoken() -> None:
    assert build("one two").split(99.0) == ("", "one two")
    assert Transcript().split(99.0) == ("", "")


def test_text_that_is_not_yet_made_remains() -> None:
    assert build("one two three", ("one", 1.0)).split(5.0) == ("one ", "two three")


@given(TEXTS, st.lists(st.floats(0, 10), max_size=6), st.floats(-1, 12))
def test_the_two_parts_are_always_the_text(text: str, ends: list[float], position_s: float) -> None:
    transcript = Transcript()
    transcript.append(text)
    ends.sort()
    step = max(len(text) // (len(ends) + 1), 1)
    starts = [min(index * step, max(len(text) - 1, 0)) for index in range(len(ends))]
    transcript.place(
        tuple(Word(start, min(start + step, len(text)), end, end) for start, end in zip(starts, ends, strict=True))
    )
    before, after = transcript.split(position_s)
    assert before + after == text


def test_words_are_told_in_the_clients_spelling_and_milliseconds() -> None:
    text = "It costs $5 million."
    transcript = build(text)
    words = find(text, ("It", 0.25), ("costs", 0.75), ("$5 million.", 1.8333333))
    told = [(token.text, token.start_ms, token.end_ms, token.offset) for token in transcript.tokens(words)]
    assert told == [("It", 0.0, 250.0, 0), ("costs", 250.0, 750.0, 3), ("$5 million.", 750.0, 1833.3, 9)]


def test_characters_are_spread_over_their_word_and_those_between_over_the_pause() -> None:
    text = " ab, c!?"
    transcript = build(text)
    words = (Word(1, 4, 0.1, 0.4), Word(5, 6, 0.5, 0.7))
    told = transcript.characters(words)
    transcript.place(words)
    assert "".join(token.text for token in told) == " ab, c"
    times = [(token.start_ms, token.end_ms) for token in told]
    assert times == [(0, 100), (100, 200), (200, 300), (300, 400), (400, 500), (500, 700)]
    rest = transcript.trailing(0.75)
    assert [(token.text, token.start_ms, token.end_ms) for token in rest] == [("!", 750, 750), ("?", 750, 750)]


def test_characters_are_told_once_though_a_flush_asks_for_them_before_the_next_word() -> None:
    transcript = build("ab. cd! ")
    first, second = Word(0, 2, 0.0, 0.2), Word(4, 6, 0.5, 0.7)
    told = [*transcript.characters((first,))]
    transcript.place((first,))
    told += transcript.trailing(upto=4)
    assert [(token.text, token.start_ms) for token in told[2:]] == [(".", 200), (" ", 200)]
    told += transcript.characters((second,))
    transcript.place((second,))
    told += transcript.trailing(0.7)
    assert "".join(token.text for token in told) == "ab. cd! "


def test_without_a_word_there_is_no_sound_to_lay_characters_over() -> None:
    assert build("😀").trailing(0.0) == ()


def test_a_megabyte_by_the_byte_costs_what_it_costs_in_one_piece() -> None:
    def seconds(piece: str, times: int) -> float:
        transcript, began = Transcript(), time.process_time()
        for at in range(times):
            transcript.append(piece)
            if at % 8 == 0:
                transcript.text(max(transcript.num_chars - 5, 0))
        return (time.process_time() - began) / times

    seconds("é", 1000)
    assert min(seconds("é", 200_000) for _ in range(2)) < 4 * min(seconds("é", 2_000) for _ in range(20))
