"""Shows what becomes of a text before an engine gets it, stage by stage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from engine.text.marks import BREAK, CUT, MASK
from engine.text.markup import Mark, Reading
from engine.text.stages import Spoken, Stages, stages

_VISIBLE = str.maketrans({MASK: "·", BREAK: "¶", CUT: "✂", "\n": "⏎", "\r": "␍", "\t": "⇥"})
_LEGEND = "· nothing   ¶ a block ends   ✂ the piece ends   ⏎ a line ends"


def show(text: str, language: str, markup: Reading, as_json: bool = False) -> str:
    """Return what every stage makes of a text: as lines for people, or as JSON."""
    found = stages(text, language, markup)
    return json.dumps(document(found), ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(found))


def document(found: Stages) -> dict[str, object]:
    """Return the stages as JSON has them: `markup` is what that left of the input, `after` what ends a piece."""
    return {
        "input": found.raw,
        "language": found.language,
        "support": found.support,
        "markup": found.marked,
        "marks": [mark._asdict() for mark in found.marks],
        "pieces": [_piece(spoken) for spoken in found.spoken],
    }


def _piece(spoken: Spoken) -> dict[str, object]:
    piece = spoken.piece
    return {
        "start": piece.start,
        "end": piece.end,
        "text": piece.text,
        "after": piece.after.name.lower(),
        "gap_ms": spoken.gap_ms,
        "emotion": spoken.emotion,
        "spans": [asdict(span) for span in spoken.spans],
    }


def _lines(found: Stages) -> Iterator[str]:
    yield f"input     {_seen(found.raw)}"
    yield f"markup    {_seen(found.marked)}"
    yield f"          ({_LEGEND})"
    yield f"language  {found.language}: {_SUPPORT[found.support]}"
    yield from (_mark(mark, found.raw) for mark in found.marks)
    for spoken in found.spoken:
        yield from _spoken(spoken, found.raw)


_SUPPORT = {
    "full": "numbers, dates, units and signs are said in words",
    "general": "numbers are said in words, and little else",
    "none": "unknown; what is written is given to the engine as it is",
}


def _mark(mark: Mark, raw: str) -> str:
    value = f"{mark.pause_ms} ms" if mark.kind == "pause" else mark.value or "neutral"
    return f"mark      {_range(mark.at, mark.end)}  {mark.kind} {value}  {_short(_seen(raw[mark.at : mark.end]))}"


def _spoken(spoken: Spoken, raw: str) -> Iterator[str]:
    piece = spoken.piece
    yield ""
    yield f"piece     {_range(piece.start, piece.end)}  {_seen(piece.text)}  ({_ends(spoken)})"
    if spoken.gap_ms:
        yield f"  silence {spoken.gap_ms} ms"
    if spoken.emotion:
        yield f"  emotion {spoken.emotion}"
    for span in spoken.spans:
        yield f"  say     {_range(span.start, span.end)}  {span.text}{_source(span.text, raw[span.start : span.end])}"


def _ends(spoken: Spoken) -> str:
    name = spoken.piece.after.name.lower()
    if spoken.piece.text.endswith(CUT):
        return f"cut, {name}"
    return "no pause" if name == "none" else name


def _source(said: str, raw: str) -> str:
    return "" if said == raw else f"  ← {_seen(raw)}"


def _range(start: int, end: int) -> str:
    return f"{start}-{end}".ljust(11)


def _seen(text: str) -> str:
    return text.translate(_VISIBLE)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:40]} … {text[-15:]}"
