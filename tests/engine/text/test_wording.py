from __future__ import annotations

import pytest

from engine.text.bonds import Break
from engine.text.chunker import Piece
from engine.text.markup import Mark
from engine.text.tags import MAX_PAUSE_MS
from engine.text.wording import Lines, Wording
from engine.types import Span


def wording(*tags: str, speed: float = 1.0) -> Wording:
    return Wording("en", frozenset(tags), speed)


def piece(text: str, start: int = 0, after: Break = Break.NONE) -> Piece:
    return Piece(text, start, start + len(text), after)


def said(lines: Lines | None) -> list[str]:
    assert lines is not None
    return [span.text or f"<{span.tag}>" for span in lines.spans]


def emotion(at: int, value: str) -> Mark:
    return Mark(at, at + 7, "emotion", value)


def pause(at: int, pause_ms: int) -> Mark:
    return Mark(at, at + 7, "pause", "", pause_ms)


def test_an_emotion_holds_until_another_one_begins() -> None:
    spoken = wording("happy", "sad")
    lines = [
        spoken.read(piece("one ", 0), []),
        spoken.read(piece("       two ", 4), [emotion(4, "happy")]),
        spoken.read(piece("three ", 15), []),
        spoken.read(piece("       four ", 21), [emotion(21, "sad")]),
        spoken.read(piece("       five", 33), [emotion(33, "")]),
    ]
    assert [line and line.emotion for line in lines] == ["", "happy", "happy", "sad", ""]
    assert spoken.take_ignored() == []


def test_an_emotion_at_the_end_of_a_piece_colours_only_what_follows() -> None:
    spoken = wording("happy")
    first = spoken.read(piece("one        ", 0), [emotion(4, "happy")])
    second = spoken.read(piece("two", 11), [])
    assert (first and first.emotion, second and second.emotion) == ("", "happy")


def test_an_emotion_that_the_engine_does_not_have_is_neutral_and_told() -> None:
    spoken = wording("happy")
    mark = emotion(0, "sarcastic")
    lines = spoken.read(piece("       so", 0), [mark])
    assert lines
    assert lines.emotion == ""
    assert spoken.take_ignored() == [mark]


def test_an_event_stands_between_the_words_where_it_was_written() -> None:
    spoken = wording("laugh")
    lines = spoken.read(piece("one        two", 0), [Mark(4, 11, "event", "laugh")])
    assert said(lines) == ["one", "<laugh>", "two"]


def test_an_event_is_spoken_where_there_is_no_word_at_all() -> None:
    assert said(wording("laugh").read(piece("       "), [Mark(0, 7, "event", "laugh")])) == ["<laugh>"]


def test_an_event_that_the_engine_does_not_have_is_left_out_and_told() -> None:
    spoken = wording()
    mark = Mark(4, 11, "event", "laugh")
    assert said(spoken.read(piece("one        two", 0), [mark])) == ["one", "two"]
    assert spoken.take_ignored() == [mark]


@pytest.mark.parametrize("kind", ["unknown", "skipped"])
def test_what_is_left_out_otherwise_is_told(kind: str) -> None:
    spoken = wording()
    mark = Mark(0, 7, "unknown" if kind == "unknown" else "skipped", "dance")
    assert spoken.read(piece("       ", 0), [mark]) is None
    assert spoken.take_ignored() == [mark]


def test_a_pause_takes_the_place_of_a_shorter_natural_one() -> None:
    spoken = wording()
    assert spoken.read(piece("One. ", 0, Break.SENTENCE), []) == Lines(spoken_spans("One.", 0), 0, "")
    lines = spoken.read(piece("       Two. ", 5, Break.SENTENCE), [pause(5, 800)])
    assert lines
    assert lines.gap_ms == 800
    lines = spoken.read(piece("       Three.", 17), [pause(17, 100)])
    assert lines
    assert lines.gap_ms == 300


def test_pauses_add_up_over_pieces_without_words_but_not_for_ever() -> None:
    spoken = wording()
    spoken.read(piece("One ", 0), [])
    assert spoken.read(piece("       ", 4), [pause(4, 400)]) is None
    lines = spoken.read(piece("       two", 11), [pause(11, 500)])
    assert lines
    assert lines.gap_ms == 900
    for at in range(21, 2100, 7):
        spoken.read(piece("       ", at), [pause(at, 500)])
    lines = spoken.read(piece("three", 2100), [])
    assert lines
    assert lines.gap_ms == MAX_PAUSE_MS


def test_the_longest_break_since_the_last_words_counts_and_haste_shortens_it() -> None:
    spoken = wording(speed=2.0)
    spoken.read(piece("One, ", 0, Break.CLAUSE), [])
    assert spoken.read(piece("\n\n", 5, Break.PARAGRAPH), []) is None
    lines = spoken.read(piece("two", 7), [])
    assert lines
    assert lines.gap_ms == 250


def spoken_spans(text: str, start: int) -> tuple[Span, ...]:
    lines = wording().read(piece(text, start), [])
    assert lines
    return lines.spans
