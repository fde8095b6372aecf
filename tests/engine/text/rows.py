# ruff: noqa: RUF001  # typographic quotes and dashes are meant
"""Reads the tables of what a careful person would say, and compares speech with them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
ANSWERS = Path(__file__).parent / "answers"

_ELLIPSIS = re.compile(r"\.{2,}|…")
_END = re.compile(r"""[.!?।॥…]+(?=["'”’)\]\s]*(?:\s|$))""")
_PAUSE = re.compile(r"""[,;:"“”()\[\]{}–—]|(?<!\w)['‘’]|['‘’](?!\w)|(?<!\w)-(?!\w)""")


@dataclass(frozen=True)
class Row:
    """One line of a table; `sure` is false where people differ or the text alone does not tell."""

    input: str
    language: str
    expected: str
    convention: str
    source: str
    sure: bool

    def __str__(self) -> str:
        return f"{self.language}: {self.input}"


def table(name: str) -> list[Row]:
    """Returns the rows of `tables/NAME.tsv` in their order."""
    with (TABLES / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert lines[0] == ["input", "language", "expected", "convention", "source", "sure"]
    return [_row(*line) for line in lines[1:]]


def _row(text: str, language: str, expected: str, convention: str, source: str, sure: str) -> Row:
    return Row(text, language, expected, convention, source, {"yes": True, "unsure": False}[sure])


def gaps() -> set[tuple[str, str]]:
    """Returns language and input of the rows that the normalizer does not yet read as it should."""
    lines = (TABLES / "gaps.tsv").read_text(encoding="utf-8").splitlines()
    return {(language, text) for language, text in (line.split("\t") for line in lines)}


def heard(text: str) -> list[str]:
    """Returns the words of normalized text, and between them the marks that end a sentence.

    Pauses (commas, dashes, quotes, brackets) do not count. A full stop or danda at the very end does not either,
    since an abbreviation may or may not leave one there; a question or exclamation mark does.
    """
    marked = _END.sub(lambda end: f" {end[0][0]} ", _ELLIPSIS.sub("…", text))
    words = _PAUSE.sub(" ", marked).split()
    return words[:-1] if words and words[-1] in (".", "।", "॥", "…") else words
