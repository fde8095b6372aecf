"""The scenario that measures the text pipeline alone: markup, pieces, and words for everything, in this process."""

from __future__ import annotations

import gc
import time
from array import array
from collections.abc import Sequence

from engine.text.chunker import Chunker
from engine.text.markup import Markup
from engine.text.wording import Wording
from voice_server.bench import hearing
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Scenario, Wishes
from voice_server.bench.texts import answer, tokens

LEAD_S = 5.0
"""What a listener has in hand while text comes: pieces of a few sentences."""

SHORT_CHARS, LONG_CHARS = 10_000, 1_000_000


def reading(wishes: Wishes) -> Result:
    """What a model writes, by the token, as far as the segments of an engine."""
    found = Result("reading", "text by the token, to the words that are said, one core")
    random = wishes.random
    took_ms: dict[str, float] = {}
    pushes: array[float] = array("d")
    for language in ("en", "hi"):
        text = answer(300_000 if wishes.quick else LONG_CHARS, language, random)
        took_ms[language] = _read(text, language, pushes) * 1e6 / len(text.encode())
    text = answer(300_000 if wishes.quick else LONG_CHARS, "en", random)
    shorts = [text[start : start + SHORT_CHARS] for start in range(0, len(text), SHORT_CHARS)]
    growth = took_ms["en"] / (sum(_read(short, "en", array("d")) for short in shorts) * 1e6 / len(text.encode()))
    first_words = [_words_of_first(tokens(answer(400, "en", random))) for _ in range(200)]
    worst = hearing.percentiles(pushes)
    found.rows = [
        Row("time per kB of English (5 ms: 200 kB/s)", took_ms["en"], "ms", 5.0, headline=True),
        Row("time per kB of Hindi (10 ms: 100 kB/s)", took_ms["hi"], "ms", 10.0),
        Row("a token with the piece it lets out, p99", worst.p99 if worst else None, "ms", 2.0),
        Row("time per kB of a long text, of that of short ones", growth, "x", 1.5),
        Row("words of the first piece, the most", float(max(first_words)), "", 6.0),
    ]
    return found


def _read(text: str, language: str, pushes: array[float]) -> float:
    """Read a text by the token; return the seconds it took, and add those of each token."""
    markup, chunker, wording = Markup(), Chunker(), Wording(language, frozenset())
    parts = tokens(text)
    gc.collect()
    began = at = time.perf_counter()
    for part in parts:
        chunker.push(markup.push(part))
        while (piece := chunker.take(LEAD_S, 0.0)) is not None:
            wording.read(piece, markup.take_marks())
        now = time.perf_counter()
        pushes.append(now - at)
        at = now
    chunker.push(markup.end())
    chunker.end()
    while (piece := chunker.take(LEAD_S, 0.0)) is not None:
        wording.read(piece, markup.take_marks())
    return time.perf_counter() - began


def _words_of_first(parts: Sequence[str]) -> int:
    """Return how many words the first piece of a text has, for a listener who has heard nothing yet."""
    markup, chunker = Markup(), Chunker()
    for part in parts:
        chunker.push(markup.push(part))
        if (piece := chunker.take(0.0, 0.0)) is not None:
            return sum(any(char.isalnum() for char in word) for word in piece.text.split())
    return 0


SCENARIOS: dict[str, Scenario] = {"reading": reading}
