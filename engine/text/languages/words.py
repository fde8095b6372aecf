"""The form in which a language's words for signs and amounts are written down."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Currency:
    """Words for amounts of money; a language without plurals names each word twice."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The words around numbers. An empty or missing word means: leave what it stands for as it is written.

    `currencies` are everyday names by ISO code, which CLDR lacks ("dollar", not "US dollar"); `signs` are spoken where
    they stand alone, `inside` where they stand within addresses and codes. `scales` are words that multiply the number
    before them, `magnitudes` letters that do so for money. `units` are the everyday names, for one and for many, that
    CLDR lacks or names otherwise. `abbreviations` are in lower case and without their last full stop; `titles` only
    before a name, `counted` only before a number. `spoken_caps` are capitals that are read as a word; `short_caps`
    such words of two or three letters; `letters` are the names of Latin letters, if they are not themselves.
    """

    point: str = ""
    minus: str = ""
    plus: str = ""
    percent: str = ""
    joined_by: str = ""
    to: str = ""
    per: str = ""
    version: str = ""
    version_point: str = ""
    currencies: dict[str, Currency] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    scales: dict[str, str] = field(default_factory=dict)
    magnitudes: dict[str, str] = field(default_factory=dict)
    units: dict[str, tuple[str, str]] = field(default_factory=dict)
    abbreviations: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    counted: dict[str, str] = field(default_factory=dict)
    spoken_caps: frozenset[str] = frozenset()
    short_caps: frozenset[str] = frozenset()
    letters: dict[str, str] = field(default_factory=dict)
    spelled_caps: frozenset[str] = frozenset()
    places: dict[str, str] = field(default_factory=dict)
    undotted: frozenset[str] = frozenset()
    lower_counted: frozenset[str] = frozenset()
    capital_only: frozenset[str] = frozenset()
    before_names: frozenset[str] = frozenset()
    fronts: dict[str, str] = field(default_factory=dict)
    figures_of_speech: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    powers: dict[str, str] = field(default_factory=dict)
    power: str = ""
    by: str = ""
    out_of: str = ""
    over: str = ""
    hashtag: str = ""
    year_cues: frozenset[str] = frozenset()
    year_followers: frozenset[str] = frozenset()


def names(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def pairs(text: str) -> dict[str, str]:
    """Return a table written as lines of `key: words`."""
    lines = (line.partition(": ") for line in text.strip().splitlines())
    return {key.strip(): words.strip() for key, _, words in lines}
