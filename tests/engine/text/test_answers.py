from __future__ import annotations

import re
from itertools import accumulate

import pytest

from engine.text.chunker import Chunker
from engine.text.markup import Markup
from engine.text.normalize import normalize
from tests.engine.text.rows import ANSWERS, heard

NAMES = sorted(path.name.removesuffix(".md") for path in ANSWERS.glob("*.*.md"))
LISTENING, HUNGRY = 4.0, 0.0
ENDS = frozenset(".!?।॥…")


def words(text: str) -> list[str]:
    """The words alone: a list's number or a heading may end a sentence with no mark in the text."""
    return [word for word in heard(text) if word not in ENDS]


def spoken(raw: str, language: str, size: int, lead_s: float) -> list[str]:
    """Speak a raw text that comes in parts of `size` code points: markup, chunker, normalizer; one string a piece."""
    markup, chunker, said = Markup(), Chunker(), list[str]()

    def take(lead_s: float) -> None:
        while piece := chunker.take(lead_s, 0.0):
            said.append(normalize(piece.text, language))

    for at in range(0, len(raw), size):
        chunker.push(markup.push(raw[at : at + size]))
        take(lead_s)
    chunker.push(markup.end())
    chunker.end()
    take(lead_s)
    return said


def counts(parts: list[str]) -> list[int]:
    """How many words have been heard after each part."""
    return list(accumulate(len(words(part)) for part in parts))


def answer(name: str) -> tuple[str, str, str]:
    """Return an answer's raw text, its language, and what is heard of it."""
    text = (ANSWERS / f"{name}.md").read_text(encoding="utf-8")
    expected = (ANSWERS / f"{name}.spoken.txt").read_text(encoding="utf-8")
    return text, name.rpartition(".")[2], expected


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_heard_as_a_person_would_read_it(name: str) -> None:
    raw, language, expected = answer(name)
    assert words(" ".join(spoken(raw, language, len(raw), LISTENING))) == words(expected)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_heard_alike_however_it_arrives(name: str, size: int) -> None:
    raw, language, _ = answer(name)
    whole = words(" ".join(spoken(raw, language, len(raw), LISTENING)))
    for lead_s in (HUNGRY, LISTENING):
        assert words(" ".join(spoken(raw, language, size, lead_s))) == whole


@pytest.mark.parametrize("name", NAMES)
def test_with_sound_in_hand_a_piece_ends_where_a_sentence_does_or_trails_off(name: str) -> None:
    raw, language, expected = answer(name)
    ends = {0, *counts(re.split(r"\n|(?<=…)", expected))}
    assert ends.issuperset(counts(spoken(raw, language, len(raw), LISTENING)))
