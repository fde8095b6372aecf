"""Who says it: one verbalizer per language."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from engine.text.say.english import English
from engine.text.say.general import Verbalizer
from engine.text.say.hindi import Hindi

Support = Literal["full", "general", "none"]

_FULL: dict[str, type[Verbalizer]] = {"en": English, "hi": Hindi}


@lru_cache(maxsize=128)
def verbalizer(language: str) -> Verbalizer:
    """Return the verbalizer of a BCP 47 tag, whatever its case."""
    tag = language.lower().replace("_", "-")
    return _FULL.get(tag.partition("-")[0], Verbalizer)(tag)


def support(language: str) -> Support:
    """Return how much of a text is read in a language.

    full: all that people write; general: numbers and amounts; none: figures stay figures.
    """
    voice = verbalizer(language)
    return "full" if voice.full else "general" if voice.speaks else "none"
