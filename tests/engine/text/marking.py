"""Reading a text's markup in tests: whole or cut, and shown to the eye."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from engine.text.markup import Mark, Markup

Unknown = Literal["skip", "literal"]
VISIBLE = str.maketrans({"\u2060": None, "\u2029": "¶", "\u2028": "✂"})


def read(parts: Iterable[str], unknown: Unknown = "skip") -> tuple[str, list[Mark]]:
    """Push parts, then the end."""
    markup = Markup(unknown)
    out = "".join([markup.push(part) for part in parts])
    return out + markup.end(), markup.take_marks()


def marked(raw: str, unknown: Unknown = "skip") -> tuple[str, list[Mark]]:
    return read([raw], unknown)


def cut(text: str, places: Iterable[int]) -> list[str]:
    """Cut a text at places, taken modulo its length."""
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    return [text[begin:end] for begin, end in pairwise(ends)]


def seen(raw: str, unknown: Unknown = "skip") -> str:
    """What remains of a text, without masks; ¶ where a block breaks, ✂ where it is cut; runs of spaces as one."""
    lines = marked(raw, unknown)[0].translate(VISIBLE).split("\n")
    return "\n".join(" ".join(line.replace("¶", " ¶ ").replace("✂", " ✂ ").split()) for line in lines)
