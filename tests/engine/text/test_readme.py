"""The README's examples are what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.text.chunker import Chunker
from engine.text.markup import Markup
from engine.text.wording import Wording

README = Path(__file__).parents[3] / "README.md"
TABLE = README.read_text("utf-8").partition("<!-- text -->")[2].partition("<!-- /text -->")[0]
ROWS = re.findall(r"^\| `(.+)` \| (\S+) \| (.+) \|$", TABLE, re.MULTILINE)


def said(text: str, language: str) -> str:
    markup, chunker, wording = Markup(), Chunker(), Wording(language, frozenset())
    chunker.push(markup.push(text) + markup.end())
    chunker.end()
    words: list[str] = []
    while (piece := chunker.take(5.0, 0.0)) is not None:
        lines = wording.read(piece, [])
        words += [span.text for span in lines.spans] if lines else []
    return " ".join(words)


def test_there_are_ten_examples() -> None:
    assert len(ROWS) == 10


@pytest.mark.parametrize(("text", "language", "expected"), ROWS)
def test_an_example_is_what_is_said(text: str, language: str, expected: str) -> None:
    assert said(text, language) == expected.partition(" (whispered")[0]
