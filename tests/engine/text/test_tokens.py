# the look-alikes of other scripts are meant
from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.clean import clean
from engine.text.marks import BREAK, CUT, MASK
from engine.text.normalize import normalize, spans
from engine.text.tokens import tokenize


def tokens(text: str) -> list[str]:
    return [text[start:end] for start, end in tokenize(text)]


def test_masks_around_a_token_do_not_belong_to_it() -> None:
    assert tokens(f"{MASK * 2}Hello{MASK * 2}, {MASK}you{MASK}") == [f"Hello{MASK * 2},", "you"]


def test_masks_part_no_word() -> None:
    assert tokens(f"{MASK * 2}bo{MASK * 2}ld 1{MASK},{MASK}5") == [f"bo{MASK * 2}ld", f"1{MASK},{MASK}5"]


def test_masks_alone_are_no_token() -> None:
    assert tokens(f"a {MASK * 7} b {MASK * 400}") == ["a", "b"]


def test_characters_without_spaces_between_them_still_touch() -> None:
    assert normalize(f"你{MASK * 2}好{MASK * 2}吗", "zh") == "你好吗"


@pytest.mark.parametrize("white_space", [BREAK, CUT])
def test_a_break_and_a_cut_are_white_space_that_nothing_is_read_across(white_space: str) -> None:
    assert tokens(f"a{white_space}b") == ["a", "b"]
    assert normalize(f"$5{white_space}million", "en") == "five dollars million"


def test_a_word_is_spoken_as_if_the_masks_were_not_there() -> None:
    assert normalize(f"{MASK}${MASK}5{MASK} {MASK * 2}million{MASK * 2}", "en") == "five million dollars"
    (span,) = spans(f"{MASK * 2}bo{MASK * 2}ld{MASK * 2}", 10, "en")
    assert (span.text, span.start, span.end) == ("bold", 12, 18)


@given(text=st.text("ab1. ,好กé\u0301" + MASK, max_size=400))
def test_tokens_are_disjoint_in_order_and_hold_all_that_is_visible(text: str) -> None:
    found = tokenize(text)
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))
    assert "".join(clean(text[start:end]) for start, end in found) == "".join(clean(text).split())
    assert all(text[start] != MASK for start, _ in found)
