"""The README's examples are what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.text.stages import stages

README = Path(__file__).parents[3] / "README.md"
TABLE = README.read_text("utf-8").partition("<!-- text -->")[2].partition("<!-- /text -->")[0]
ROWS = re.findall(r"^\| `(.+)` \| (\S+) \| (.+) \|$", TABLE, re.MULTILINE)


def said(text: str, language: str) -> str:
    return " ".join(span.text for spoken in stages(text, language).spoken for span in spoken.spans)


def test_there_are_ten_examples() -> None:
    assert len(ROWS) == 10


@pytest.mark.parametrize(("text", "language", "expected"), ROWS)
def test_an_example_is_what_is_said(text: str, language: str, expected: str) -> None:
    assert said(text, language) == expected.partition(" (whispered")[0]
