"""What the rules of the markup share: the text that is being read, what was found in it, and the characters they leave.

A rule gets the Source and the State and returns what stands for the code points it has read, as many as those are.
An empty string says that the rule does not apply. It raises Undecided, before it has changed anything, where text
that is still to come decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from engine.text.marks import BREAK, CUT, MASK

CONTEXT: Final = 256
"""Code points before the place that is read that a rule may look at."""
MAX_RUN: Final = 64
"""Longer runs of one marker are no markup."""

_CONTROLS = frozenset((MASK, BREAK, CUT, "\n", "\r"))


class Undecided(Exception):
    """What comes next decides how this is read."""


class Mark(NamedTuple):
    """Something that was found at [at, end) of the raw text and is not spoken as it is written.

    `value` is the name of an emotion ("": neutral again), of an event, or of an unknown tag; for what was skipped it
    is "code", "thinking" or "html". `pause_ms` is 0 unless it is a pause, and may be 0 then.
    """

    at: int
    end: int
    kind: Literal["emotion", "event", "pause", "unknown", "skipped"]
    value: str = ""
    pause_ms: int = 0


@dataclass(slots=True)
class Source:
    """The raw text around the place that is read.

    `text[at:stop]` is what is to be read, `base` where `text` begins in the whole. When it is `final`, a line's end
    follows it that is not the client's.
    """

    text: str = ""
    at: int = 0
    stop: int = 0
    base: int = 0
    final: bool = False

    @property
    def position(self) -> int:
        """Where the next code point is in the whole text."""
        return self.base + self.at

    def char(self, ahead: int = 0) -> str:
        """Return the character so far ahead, a newline after the end."""
        index = self.at + ahead
        if index < len(self.text):
            return self.text[index]
        if self.final:
            return "\n"
        raise Undecided

    def before(self, size: int = 1) -> str:
        """Return up to `size` (at most CONTEXT) characters before this one, a newline at the very beginning."""
        return self.text[max(self.at - size, 0) : self.at] if self.at else "\n"

    def look(self, whole: re.Pattern[str], begun: re.Pattern[str], limit: int, ahead: int = 0) -> re.Match[str] | None:
        r"""Return the match of `whole` here, within `limit` code points.

        What `whole` matches must not depend on what follows its match. `begun` ends with \Z and matches what may become
        such a text: then this raises Undecided.
        """
        begin = self.at + ahead
        end = min(begin + limit, len(self.text))
        match = whole.match(self.text, begin, end)
        if match is None and not self.final and end < begin + limit and begun.match(self.text, begin, end):
            raise Undecided
        return match


@dataclass(frozen=True, slots=True)
class Skip:
    """A body that is being skipped: from where, what it is, what ends it, and how long the beginning of that may be."""

    at: int
    value: str
    closing: re.Pattern[str]
    reach: int


@dataclass(slots=True)
class State:
    """Where in the structure of the text the place is that is read.

    `line` is the kind of block that the line belongs to; `at_marker` is whether a list's marker has just been read;
    `opened` counts the emphasis markers that are open; `link_ends` are the positions of the brackets that will close
    the texts of links; `tag_end` is where the last tag ended; `run` are the characters of a marker that was repeated
    too often, and whether they are left out.
    """

    line: Literal["text", "heading", "item", "row", "rule"] = "text"
    line_start: bool = True
    at_marker: bool = False
    quote: bool = False
    was_quote: bool = False
    table: bool = False
    opened: dict[str, int] = field(default_factory=dict)
    link_ends: list[int] = field(default_factory=list)
    tag_end: int = -1
    run: tuple[str, bool] | None = None
    skip: Skip | None = None
    marks: list[Mark] = field(default_factory=list)
    keeps_unknown: bool = False


def is_word(char: str) -> bool:
    """Whether a character belongs to a word: letters, digits, and the marks that are written on them."""
    return char.isalnum() or (char > "\x7f" and unicodedata.category(char)[0] == "M")


def masked(text: str) -> str:
    """Return what stands for a marker inside a line."""
    return MASK * len(text)


def blank(text: str) -> str:
    """Return what stands for text that is left out."""
    return " " * len(text)


def broken(text: str) -> str:
    """Return what stands for a marker that begins a block."""
    return BREAK + " " * (len(text) - 1)


def substitute(char: str) -> str:
    """Return what an entity's character becomes: never one that means something here."""
    return " " if char in _CONTROLS else char
