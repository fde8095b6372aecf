# the look-alikes of other scripts are meant
"""What holds for every text, however it arrives."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.text.markup import Markup
from tests.engine.text.counting import lines_run
from tests.engine.text.marking import cut, marked, read

FRAGMENTS = st.sampled_from(
    ["*", "**", "_", "__", "~~", "`", "``", "```", "```py\n", "~~~\n", "\n", "\n\n", "\r\n", " ", "  ", "\t", "a",
     "word ", "नमस्ते", "好", "7", "1. ", "12", ".", ")", "- ", "-", "+ ", "--", "---\n", "===\n", "=", "# ", "##",
     " ##\n", "> ",
     ">", "|", " | ", "|---|\n", "| a", "[", "]", "](", "(", "[x] ", "[^1]", ": ", ":", "[laugh]", "[sad", "[pause 5",
     "<", "</", "<b>", "<br/>", "<laugh>", "<think>", "</think>", "<foo", ' a="b', '"', "'", "<!--", "-->", "<script>",
     "</script>", "<https://a.b", "http://", "!", "![", "&", "&amp;", "&#3", ";", "\\", "\\(", "\u200b", "\u2028",
     "\u2029", "\u2060", "【", "†", "】", "{", "$", "\U0001f600", "args", "\ud800", "•"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=40).map("".join), st.text(max_size=80))
CUTS = st.lists(st.integers(0, 400), max_size=30)


@settings(max_examples=600)
@given(text=TEXTS, cuts=CUTS)
@example("[^1]: [^1]: x", [])
@example("a\n```py\nx\n```\nb [laugh] **c** [d](e)", list(range(60)))
def test_what_comes_out_does_not_depend_on_how_the_text_arrives(text: str, cuts: list[int]) -> None:
    assert read(cut(text, cuts)) == marked(text)
    assert read(text) == marked(text)


@settings(max_examples=600)
@given(text=TEXTS, cuts=CUTS, flushes=st.sets(st.integers(0, 30)))
def test_every_code_point_has_its_place_whatever_is_pushed_and_flushed(
    text: str, cuts: list[int], flushes: set[int]
) -> None:
    markup, out, pushed = Markup(), "", 0
    for index, part in enumerate(cut(text, cuts)):
        out += markup.push(part)
        pushed += len(part)
        if index in flushes:
            out += markup.flush()
        assert len(out) + markup.held == pushed
        assert markup.held <= 1400
    out += markup.end()
    assert len(out) == len(text)
    ends = [mark.end for mark in markup.take_marks()]
    assert ends == sorted(ends)


@settings(max_examples=600)
@given(text=TEXTS)
def test_no_letter_or_digit_is_lost_or_moved(text: str) -> None:
    """Outside skipped bodies, tags, addresses and labels, all of which these texts do not complete."""
    if re.search(r"[<&]|\]\s*[\[(:]|\[\^|\[[^\]]*\]|【|```|~~~", text):
        return
    assert [char for char in text if char.isalnum()] == [char for char in marked(text)[0] if char.isalnum()]
    for raw, char in zip(text, marked(text)[0], strict=True):
        assert char == raw or not raw.isalnum()


def lines_read(text: str, size: int) -> int:
    """Count the lines that reading a text runs, so many characters at a time."""
    return lines_run(lambda: read(cut(text, range(0, len(text), size))))


NASTY = [
    "[", "<", "*", "`", "_", "~", "\\", "![", "[a](", "<a ", "<b x=", "&a", "|", "# ", "> ", "- ", "1. ", "-", "=",
    "[^", "](", "【", "a*", "a**b", "`a", "<!-", "``` ", "\n```", "<think>", "[a [b](", "| ", "* _", "[x][", "<a@",
    "\n| - ", "[laugh] ",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_ten_times_the_nastiest_text_is_ten_times_the_work(text: str) -> None:
    short, long = (text * 4000)[:400], (text * 4000)[:4000]
    read([short])
    assert lines_read(long, 3) <= 12 * lines_read(short, 3) + 100


@pytest.mark.parametrize("text", NASTY)
def test_a_hundred_kilobytes_of_the_nastiest_text_pass(text: str) -> None:
    raw = (text * 100_000)[:100_000]
    assert len(marked(raw)[0]) == len(raw)
