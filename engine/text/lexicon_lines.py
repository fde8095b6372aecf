# the letters of phonetics are meant
"""The lines in which a user writes how words are to be said, and what they come to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from engine.text.clean import clean
from engine.text.marks import CLAUSE_ENDS, CLOSERS, OPENERS, SENTENCE_ENDS
from engine.text.tokens import tokenize

MAX_ENTRIES = 10_000
"""Entries of a server's own lexicon."""
MAX_SESSION_ENTRIES = 1_000
"""Entries that one session may bring."""
MAX_WORDS = 8
"""Words that may be said together; the chunker keeps no more of them from being parted."""
MAX_CHARS = 120
"""Code points of the words of an entry, and of what is said for them."""
MAX_PROBLEMS = 1_000
"""Problems after which the rest is not read."""
MAX_SHOWN = 20
"""Problems that a message names one by one."""

_HEADER = re.compile(r"\[\s*(.*?)\s*\]")
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_PREFIX = re.compile(rf"({_TAG.pattern}):\s+(?=\S)")
_COMMENT = re.compile(r"(?:^|\s)#(?=\s|$).*|^#.*")
_IPA = re.compile(r"/(.*)/")
_CLOSING = SENTENCE_ENDS + CLAUSE_ENDS + CLOSERS


class LexiconError(ValueError):
    """A lexicon that cannot be used. `problems` are all that is wrong with it, in order, each with its line."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        shown = [f"  {problem}" for problem in problems[:MAX_SHOWN]]
        if len(problems) > MAX_SHOWN:
            shown.append(f"  and {len(problems) - MAX_SHOWN} more")
        number = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"the lexicon in {source} has {number}:", *shown]))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Entry:
    """What to say for some words of a language ("": of any): a respelling or, if `ipa` is set, a pronunciation.

    `words` are without what opens before the first and closes after the last; `tail` is what was written there, as in
    "U.S.". Of two entries that fit as well the one of higher `rank` counts.
    """

    words: tuple[str, ...]
    language: str
    respelling: str
    ipa: str
    tail: str = ""
    rank: int = 0

    def fits(self, words: tuple[str, ...], language: str) -> bool:
        """Whether these words, the same but for case, are meant in a text of this language, a lower-case tag.

        `en` is meant for en-GB, too. An acronym, such as US, fits nothing but capitals.
        """
        letters = "".join(self.words)
        cased = letters.isupper() and len(letters) > 1
        spoken = not self.language or language == self.language or language.startswith(f"{self.language}-")
        return spoken and (words == self.words or not cased)


def entries(text: str, source: str, max_entries: int) -> tuple[Entry, ...]:
    """Return what is written in a text. Raises LexiconError with everything that is wrong."""
    parser = _Parser()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        parser.read(number, line)
        if len(parser.entries) > max_entries:
            parser.problems.append(f"line {number}: there is room for {max_entries} entries: leave out the rest")
            break
        if len(parser.problems) >= MAX_PROBLEMS:
            parser.problems.append(f"line {number}: the rest was not read: mend the lines above first")
            break
    if parser.problems:
        raise LexiconError(source, parser.problems)
    return tuple(parser.entries.values())


class _Parser:
    """Reads line after line: what it has, and what was wrong."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, tuple[str, ...]], Entry] = {}
        self.problems: list[str] = []
        self._lines: dict[tuple[str, tuple[str, ...]], int] = {}
        self._section = ""

    def read(self, number: int, line: str) -> None:
        """Take a line."""
        line = _COMMENT.sub("", line).strip()
        try:
            if header := _HEADER.fullmatch(line):
                self._section = _language(header[1])
            elif line:
                self._add(number, _entry(line, self._section))
        except ValueError as error:
            self.problems.append(f"line {number}: {error}")

    def _add(self, number: int, entry: Entry) -> None:
        key = entry.language, entry.words
        known = self.entries.setdefault(key, entry)
        line = self._lines.setdefault(key, number)
        if (known.respelling, known.ipa) != (entry.respelling, entry.ipa):
            said = f"/{known.ipa}/" if known.ipa else known.respelling
            raise ValueError(f"{' '.join(entry.words)!r} is {said!r} in line {line} already: leave one of the two")


def _language(tag: str) -> str:
    if tag == "*":
        return ""
    if not _TAG.fullmatch(tag):
        raise ValueError(f"[{tag}] is no language: write its tag, such as [hi] or [en-IN], or [*] for all")
    return tag.lower()


def _entry(line: str, section: str) -> Entry:
    """Return the entry of a line. Raises ValueError with what is wrong."""
    language = section
    if prefix := _PREFIX.match(line):
        language, line = prefix[1].lower(), line[prefix.end() :]
    left, equals, right = (part.strip() for part in (line.partition(" = ") if " = " in line else line.partition("=")))
    if not equals:
        raise ValueError(f"{line[:40]!r} has no '=': write word = respelling, or word = /IPA/")
    words, tail = _words(left)
    if not right:
        raise ValueError(f"nothing is said for {left!r}: write something after the '='")
    if len(right) > MAX_CHARS:
        raise ValueError(f"what is said for {left!r} has {len(right)} characters: at most {MAX_CHARS} can be said")
    if not (ipa := _IPA.fullmatch(right)):
        return Entry(words, language, _speakable(right), "", tail)
    sounds = unicodedata.normalize("NFC", ipa[1].strip())
    if not any(char.isalpha() for char in sounds):
        raise ValueError(f"{right!r} is no pronunciation: write IPA between the slashes, as in /təˈmeɪtoʊ/")
    return Entry(words, language, "", sounds, tail)


def _words(text: str) -> tuple[tuple[str, ...], str]:
    """Return the words on the left of a line, and what closes the last one."""
    tokens = [word for word in (clean(text[start:end]) for start, end in tokenize(text)) if word]
    if not tokens:
        raise ValueError(f"no word stands before the '=' but {text!r}: write the word as it is in a text")
    if len(tokens) > MAX_WORDS or len(text) > MAX_CHARS:
        raise ValueError(f"{text[:40]!r} is too long: at most {MAX_WORDS} words with {MAX_CHARS} characters are found")
    tokens[0] = tokens[0][opening(tokens[0]) :]
    last = bare(tokens[-1])
    return (*tokens[:-1], last), tokens[-1][len(last) :]


def _speakable(text: str) -> str:
    spoken = " ".join(filter(None, (clean(part) for part in text.split())))
    if not any(char.isalnum() for char in spoken):
        raise ValueError(f"{text!r} cannot be said: write words after the '='")
    return spoken


def opening(token: str) -> int:
    """Return how many characters open a token; none if it is nothing else."""
    size = len(token) - len(token.lstrip(OPENERS))
    return size if size < len(token) else 0


def bare(token: str) -> str:
    """Return a token without what closes it, or as it is if it is nothing else."""
    return token.rstrip(_CLOSING) or token
