"""What each language says for signs and amounts: data only. Without an entry they stay as written."""

from __future__ import annotations

from engine.text.languages import english, hindi, indic
from engine.text.languages.words import Words

WORDS: dict[str, Words] = {"en": english.WORDS, "hi": hindi.WORDS, **indic.WORDS}
NO_WORDS = Words()

DECIMAL_COMMA = frozenset(
    [
        "az",
        "be",
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "eo",
        "es",
        "et",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "is",
        "it",
        "kk",
        "lt",
        "lv",
        "nb",
        "nl",
        "nn",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "tr",
        "uk",
        "vi",
    ]
)
"""Languages that write 1.234,5."""
