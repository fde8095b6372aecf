"""What the tests of vendors' clients have in common: what is said, by whom, and how it ended."""

from __future__ import annotations

import json

from tests.clients.driving import Turn
from tests.voice_server.serving import Server
from tests.voice_server.talk import WORDS, bare

TEXT = "Baba babe babi babo. Babu bada bade badi, bado badu bafa!"
PLAIN = TEXT.translate(str.maketrans("", "", ".,!"))
LONG = " ".join(f"Baba {' '.join(WORDS[start : start + 8])}." for start in range(1, 320, 8))


def tokens(text: str) -> list[str]:
    """Return a text as a language model writes it, more or less."""
    return [f"{word} " for word in text.split()]


TURNS = [{"tokens": tokens(TEXT)}, {"tokens": tokens(LONG), "after_s": 0.5}, {"tokens": tokens(TEXT)}]
"""A turn, one that is interrupted after half a second, and another."""


def outcomes(server: Server) -> list[str]:
    """Return how the utterances ended that are over, in order."""
    lines = [json.loads(line) for line in server.log.splitlines()]
    return [line["outcome"] for line in lines if line["event"] == "utterance"]


def num_sockets(server: Server) -> int:
    """Return how many sockets there were that are closed."""
    return sum(json.loads(line)["event"] == "session" for line in server.log.splitlines())


def check_sound(told: list[Turn]) -> None:
    """Check the three turns of TURNS by ear, where a dialect has no times to tell."""
    first, second, third = told
    assert (first.spoken(TEXT), third.spoken(TEXT)) == (PLAIN, PLAIN)
    heard = second.spoken(LONG).split()[:-1]  # a tone that is cut off has no pitch
    assert len(heard) >= 3
    assert " ".join(map(bare, LONG.split())).startswith(" ".join(heard))
