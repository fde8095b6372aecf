# ruff: noqa: RUF001  # the look-alikes of other scripts are meant
from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.text.chunker import Break, Chunker, Piece
from engine.text.marks import BREAK, CUT, MASK
from engine.text.normalize import spans

SENTENCES = "The quick brown fox jumps over the lazy dog. And then, it slept for many hours under a big tree. "
NO_LEAD, SOME_LEAD, MUCH_LEAD = 0.0, 1.0, 8.0
IN_TIME, TOO_LONG = 0.0, 0.5


def drain(chunker: Chunker, lead_s: float = NO_LEAD, waited_s: float = IN_TIME) -> list[Piece]:
    pieces = []
    while (piece := chunker.take(lead_s, waited_s)) is not None:
        pieces.append(piece)
    return pieces


def pieces_of(text: str, lead_s: float = NO_LEAD, waited_s: float = IN_TIME, size: int = 0) -> list[Piece]:
    """Cut a whole text, pushed in parts of `size` code points (0: at once), with an attempt after each."""
    chunker, pieces = Chunker(), []
    for at in range(0, len(text), size or len(text) or 1):
        chunker.push(text[at : at + size] if size else text)
        pieces += drain(chunker, lead_s, waited_s)
    chunker.end()
    return pieces + drain(chunker, lead_s, waited_s)


def pieces_at_the_end_of(text: str, lead_s: float = NO_LEAD) -> list[Piece]:
    """Cut a text whose end is known at once."""
    chunker = Chunker()
    chunker.push(text)
    chunker.end()
    return drain(chunker, lead_s)


def texts(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces]


def waiting(text: str, lead_s: float = NO_LEAD, waited_s: float = IN_TIME) -> list[str]:
    """What comes out of a text that goes on, one character at a time, before its end is told."""
    chunker, pieces = Chunker(), []
    for char in text:
        chunker.push(char)
        pieces += drain(chunker, lead_s)
    return texts(pieces + drain(chunker, lead_s, waited_s))


def test_the_first_piece_leaves_with_the_first_clause() -> None:
    assert waiting("Well, then") == ["Well, "]


def test_the_first_piece_leaves_after_five_words() -> None:
    assert waiting("I have never seen such") == []
    assert waiting("I have never seen such ") == ["I have never seen such "]


def test_a_whole_short_sentence_is_not_broken_for_the_sake_of_five_words() -> None:
    assert texts(pieces_at_the_end_of("The quick brown fox jumps over the lazy dog.")) == [
        "The quick brown fox jumps over the lazy dog."
    ]


def test_with_some_lead_pieces_end_with_clauses() -> None:
    assert waiting("I have never seen such a thing in my life, you ", SOME_LEAD) == [
        "I have never seen such a thing in my life, "
    ]


def test_with_much_lead_pieces_end_with_sentences() -> None:
    assert waiting("First this, then that. And ", MUCH_LEAD) == ["First this, then that. "]


def test_more_lead_makes_longer_pieces() -> None:
    text = "This is a sentence of some length. " * 40
    lengths = [max(len(piece.text) for piece in pieces_of(text, lead_s)) for lead_s in (0.0, 1.0, 5.0, 10.0)]
    assert lengths == sorted(lengths)
    assert lengths[0] < 50
    assert 250 <= lengths[-1] <= 300


def test_the_end_of_a_text_starts_small_too() -> None:
    assert texts(pieces_at_the_end_of(SENTENCES * 5))[0] == "The quick brown fox jumps over the lazy dog. "


def test_a_wait_without_lead_speaks_the_words_that_are_whole() -> None:
    assert waiting("I think th") == []
    assert waiting("I think th", waited_s=TOO_LONG) == ["I think "]


def test_a_wait_with_lead_speaks_nothing_yet() -> None:
    assert waiting("I think th", SOME_LEAD, TOO_LONG) == []


@pytest.mark.parametrize(
    "tail",
    ["$5 ", "5 ", "$", "$ ", "Rs. ", "Dr. ", "in ", "May ", "10 ", "May 5, ", "U.S.", "e.g. ", "3.", "3.1", "9:", "1,",
     "₹5 ", "5", "word", "https://a.b/c?d=", "me@example.", "हज", "सन "],
)  # fmt: skip
def test_a_wait_never_releases_what_a_later_word_could_join(tail: str) -> None:
    assert waiting("You and " + tail, waited_s=TOO_LONG) == ["You and "]


@pytest.mark.parametrize(
    "whole",
    ["3.14", "1,234", "9:05", "10/11/2025", "v2.5.1", "e.g.", "U.S.A.", "https://example.org/a,b?c=d.e",
     "a.b@example.co.in",
     "$3.50", "₹1,50,000", "don't", "well-known", "क्षत्रिय", "3,14"],
)  # fmt: skip
def test_no_cut_falls_inside(whole: str) -> None:
    for lead_s in (NO_LEAD, SOME_LEAD, MUCH_LEAD):
        pieces = texts(pieces_of(f"one two three four {whole} five six", lead_s, TOO_LONG, size=1))
        assert any(whole in piece for piece in pieces)


@pytest.mark.parametrize(
    "pair", ["$5 million", "in 1984", "Rs. 500", "5 %", "₹5 करोड़", "सन 1984", "1984 में", "Dr. Smith"]
)
def test_no_cut_falls_between_words_that_are_read_together(pair: str) -> None:
    for num_words in range(8):
        for waited_s in (IN_TIME, TOO_LONG):
            pieces = texts(pieces_of("so " * num_words + pair + " and on it goes", waited_s=waited_s, size=1))
            assert any(pair in piece for piece in pieces)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("He left. She", "He left. "),
        ("He left! She", "He left! "),
        ("He left?! She", "He left?! "),
        ("He left… She", "He left… "),
        ("He said “no.” She", "He said “no.” "),
        ('(He left.) "She', "(He left.) "),
        ("वह गया। वह", "वह गया। "),
        ("वह गया।वह", "वह गया।"),
        ("इति॥ १", "इति॥ "),
        ("وہ گیا۔ اور", "وہ گیا۔ "),
        ("كيف حالك؟ أنا", "كيف حالك؟ "),
        ("你好。我", "你好。"),
        ("「你好。」我", "「你好。」"),
        ("本当！でも", "本当！"),
    ],
)
def test_sentences_end_in_every_script(text: str, ends: str) -> None:
    chunker = Chunker()
    chunker.push(text)
    piece = chunker.take(MUCH_LEAD, IN_TIME)
    assert piece is not None
    assert (piece.text, piece.after) == (ends, Break.SENTENCE)


@pytest.mark.parametrize(
    "text", ["Meet Dr. Smith", "e.g. this one", "the U.S.A. and", "J. Smith", "1. Milk", "1.\u00a0x"]
)
def test_a_full_stop_that_ends_no_sentence_is_no_cut(text: str) -> None:
    chunker = Chunker()
    chunker.push(text)
    assert chunker.take(MUCH_LEAD, IN_TIME) is None


@pytest.mark.parametrize(
    ("white_space", "after"),
    [
        (" ", Break.NONE),
        ("\n", Break.CLAUSE),
        ("\r\n", Break.CLAUSE),
        ("\n\n", Break.PARAGRAPH),
        ("\n \n", Break.PARAGRAPH),
    ],
)
def test_lines_and_paragraphs_are_told_apart(white_space: str, after: Break) -> None:
    pieces = pieces_of(f"one two three four five{white_space}six" + " and so on" * 9)
    assert pieces[0].text == f"one two three four five{white_space}"
    assert pieces[0].after == after


def test_a_piece_never_goes_on_after_a_paragraph() -> None:
    assert texts(pieces_at_the_end_of("One.\n\nTwo. Three.", MUCH_LEAD)) == ["One.\n\n", "Two. Three."]


@pytest.mark.parametrize(
    ("gap", "after"),
    [
        (BREAK, Break.SENTENCE),
        (" " + BREAK + " ", Break.SENTENCE),
        ("\n" + BREAK, Break.SENTENCE),
        (BREAK + BREAK, Break.SENTENCE),
        (BREAK + "\n", Break.PARAGRAPH),
        ("\n\n" + BREAK, Break.PARAGRAPH),
    ],
)
@pytest.mark.parametrize("word", ["word", "etc.", "so,"])
def test_a_break_ends_a_sentence_at_least(word: str, gap: str, after: Break) -> None:
    chunker = Chunker()
    chunker.push(f"One {word}{gap}two")
    piece = chunker.take(MUCH_LEAD, IN_TIME)
    assert piece is not None
    assert (piece.text, piece.after) == (f"One {word}{gap}", after)


def test_a_piece_goes_on_after_a_break_only_where_a_full_stop_parts_it() -> None:
    text = f"One.{BREAK}Two{BREAK}Three,{BREAK}Four!{BREAK}Five"
    assert texts(pieces_at_the_end_of(text, MUCH_LEAD)) == [
        f"One.{BREAK}Two{BREAK}",
        f"Three,{BREAK}",
        f"Four!{BREAK}Five",
    ]


@pytest.mark.parametrize("lead_s", [NO_LEAD, SOME_LEAD, MUCH_LEAD])
@pytest.mark.parametrize("size", [0, 1])
def test_a_piece_ends_right_at_a_cut(lead_s: float, size: int) -> None:
    long = "some words and more, " * 10
    text = f"{CUT}One {CUT}two.{CUT} {CUT}$5 {CUT}million {long}{CUT}three four"
    pieces = texts(pieces_of(text, lead_s, size=size))
    assert "".join(pieces) == text
    assert all(CUT not in piece[:-1] for piece in pieces)
    assert sum(piece.endswith(CUT) for piece in pieces) == text.count(CUT)


def test_long_words_and_long_white_space_hide_no_cut() -> None:
    for filler in ("x" * 100, " " * 300, MASK * 300, "supercalifragilistic " * 20):
        pieces = texts(pieces_of(f"a {filler} b {CUT}c {CUT}d", NO_LEAD))
        assert all(CUT not in piece[:-1] for piece in pieces)


def test_what_stands_before_a_cut_leaves_without_waiting_for_more() -> None:
    assert waiting(f"I paid $5 {CUT}", MUCH_LEAD) == [f"I paid $5 {CUT}"]


def test_masks_part_no_words_and_hide_no_neighbours() -> None:
    for pair in (f"{MASK}${MASK}5{MASK} {MASK * 2}million", f"in {MASK}1984{MASK}", f"Rs.{MASK} 500"):
        assert waiting("You and " + pair[:-1], waited_s=TOO_LONG)[0] == "You and " + MASK * (pair[0] == MASK)
    assert waiting(f"It{MASK} is{MASK}.{MASK} ") == [f"It{MASK} is{MASK}.{MASK} "]


def test_a_flush_speaks_everything_and_stays_open() -> None:
    chunker = Chunker()
    chunker.push("I paid $5 ")
    assert drain(chunker) == []
    chunker.flush()
    assert texts(drain(chunker)) == ["I paid $5 "]
    assert chunker.buffered == 0
    chunker.push("million")
    chunker.end()
    assert texts(drain(chunker)) == ["million"]


@pytest.mark.parametrize("lead_s", [NO_LEAD, SOME_LEAD, MUCH_LEAD])
@pytest.mark.parametrize("said", ["", "hello ", "Hello. "])
@pytest.mark.parametrize("nothing", [" ", "\n", MASK, BREAK])
def test_however_much_there_is_without_a_word_the_end_is_reached(nothing: str, said: str, lead_s: float) -> None:
    for num in (80, 300, 301, 302, 350, 400, 401, 800):
        text = said + num * nothing
        assert "".join(texts(pieces_at_the_end_of(text, lead_s))) == text


def test_a_flush_of_nothing_gives_no_piece() -> None:
    chunker = Chunker()
    chunker.flush()
    chunker.end()
    assert drain(chunker) == []


def test_text_after_the_end_is_refused() -> None:
    chunker = Chunker()
    chunker.end()
    with pytest.raises(RuntimeError, match="after the end"):
        chunker.push("more")


def test_the_caller_learns_how_long_it_may_sleep() -> None:
    chunker = Chunker(max_buffer_delay_s=0.4)
    chunker.push("$5 ")
    assert chunker.deadline_s(NO_LEAD, 0.1) is None
    chunker.push("and no")
    assert chunker.take(NO_LEAD, 0.1) is None
    assert chunker.deadline_s(NO_LEAD, 0.1) == pytest.approx(0.3)
    assert chunker.deadline_s(1.5, 0.1) == pytest.approx(1.0)
    chunker.push("w, or ")
    assert chunker.take(5.0, 0.1) is None
    assert chunker.deadline_s(5.0, 0.1) == pytest.approx(3.0)
    assert chunker.take(2.0, 3.0) is not None


@pytest.mark.parametrize(
    "text", ["a", "हि", "กา", "好", "👩‍👩‍👧", "e\u0301\u0302", "क्ष", " ", "1", ".", "Dr. ", "5 May ", "🇮🇳"]
)
@pytest.mark.parametrize("lead_s", [NO_LEAD, SOME_LEAD, MUCH_LEAD])
def test_pieces_stay_short_without_any_place_to_cut(text: str, lead_s: float) -> None:
    pieces = pieces_of(text * 2000, lead_s)
    assert max(len(piece.text) for piece in pieces) <= 400


@pytest.mark.parametrize("cluster", ["हि", "क्षि", "กำ", "👩‍👩‍👧", "e\u0301\u0302", "🇮🇳", "\ud83d\ude00"])
def test_long_runs_are_cut_between_characters_as_people_see_them(cluster: str) -> None:
    for piece in pieces_of(cluster * 500):
        assert len(piece.text) % len(cluster) == 0


def test_endless_marks_on_one_letter_come_out_in_pieces() -> None:
    pieces = pieces_of("a" + "\u0301" * 5000)
    assert max(len(piece.text) for piece in pieces) <= 400


FRAGMENTS = st.sampled_from(
    ["$5 ", "million ", "in ", "1984 ", "5 ", "% ", "Dr. ", "Rs. ", "May ", "5, ", "Hello, ", "world. ", "\n\n",
     "\n", "  ", "3.14 ",
     "₹5 ", "करोड़ ", "सन ", "में ", "है।", "你好。", "—", "e.g. ", "a", "7",
     ".", ",", " ", '"', "🎉 ", "\u200b", "ก", "crore. ", MASK, MASK * 2, MASK * 70, BREAK, CUT]
)  # fmt: skip
LINES = st.one_of(st.lists(FRAGMENTS, max_size=40).map("".join), st.text(max_size=120))
STEPS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([0.0, 0.3, 1.0, 3.0, 9.0]), st.sampled_from([0.0, 0.5])), max_size=40
)


def walk(text: str, steps: list[tuple[int, float, float]]) -> list[Piece]:
    """Push a text in parts, each followed by attempts at some lead and wait; then the end."""
    chunker, pieces, at = Chunker(), [], 0
    for size, lead_s, waited_s in steps:
        chunker.push(text[at : at + size])
        at += size
        pieces += drain(chunker, lead_s, waited_s)
    chunker.push(text[at:])
    chunker.end()
    pieces += drain(chunker, 1.0)
    assert chunker.buffered == 0
    return pieces


@settings(max_examples=150)
@given(text=LINES, steps=STEPS)
def test_the_pieces_partition_the_text_however_it_arrives(text: str, steps: list[tuple[int, float, float]]) -> None:
    pieces = walk(text, steps)
    assert "".join(texts(pieces)) == text
    assert [piece.start for piece in pieces] == [0, *(piece.end for piece in pieces)][: len(pieces)]
    assert all(piece.text == text[piece.start : piece.end] for piece in pieces)
    assert all(0 < len(piece.text) <= 400 for piece in pieces)


def spoken(pieces: list[Piece], language: str) -> list[str]:
    """The words, bare of punctuation: whether a closing quote sticks to its word may depend on the wait."""
    found = [span for piece in pieces for span in spans(piece.text, piece.start, language)]
    text, words, end = "".join(texts(pieces)), "", 0
    for span in found:
        words += (" " if text[end : span.start].strip(MASK) else "") + span.text
        end = span.end
    return "".join(char if char.isalnum() or char.isspace() or char == "%" else "" for char in words).split()


@settings(max_examples=300)
@given(text=LINES, steps=STEPS, language=st.sampled_from(["en", "hi"]))
@example("I paid $5 million in 1984.", [(1, 0.0, 0.5)] * 30, "en")
@example("so on and on and in 1984 we left", [(1, 0.0, 0.0)] * 40, "en")
@example("so on and on and $5 million is much", [(1, 0.0, 0.0)] * 40, "en")
@example("so it was May 5, 1984 then", [(1, 0.0, 0.5)] * 40, "en")
@example("5 \u200b million $ 5 mil\u200blion", [(1, 0.0, 0.5)] * 30, "en")
def test_the_spoken_words_do_not_depend_on_how_the_text_arrives(
    text: str, steps: list[tuple[int, float, float]], language: str
) -> None:
    whole = [Piece(text, 0, len(text), Break.NONE)]
    assert spoken(walk(text, steps), language) == spoken(whole, language)
