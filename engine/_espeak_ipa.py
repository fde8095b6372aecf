# ruff: noqa: RUF001  # the letters of phonetics are meant
"""From the International Phonetic Alphabet to the names that espeak has for its sounds. Pure.

Which sounds there are, and how they are written in IPA, differs from voice to voice. It is not written down here: the
library is asked for the IPA of all its names, with `question`, and `answered` turns that round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

MAX_SOUNDS = 60
"""Sounds of one pronunciation. The library overruns its stack at about 200 in one word."""

BETWEEN = "\x1f"
"""What stands between any two sounds of an answer."""

_HEADER = 4
_TABLE_NAME = 32
_RECORD = 16
_VOWEL, _SOUNDS = 2, range(2, 9)

_LEGACY = {
    **{"g": "ɡ", "ʤ": "dʒ", "ʧ": "tʃ", "ʦ": "ts", "ʣ": "dz", "ʱ": "ʰ", "ɝ": "ɜːɹ", "'": "ˈ", ":": "ː"},
}
"""Spellings that mean the same as the one that the library has."""

_INDIC = {"tʃʰ": "cʰ", "dʒʰ": "ɟʰ", "t̪ʰ": "tʰ", "d̪ʰ": "dʰ"}
"""The same, where a voice has the sound."""

_NEAR = {
    **{
        "ɦ": "h",
        "ɚ": "əɹ",
        "ɻ": "ɹ",
        "ɹ": "ɾ",
        "ɾ": "r",
        "ʁ": "r",
        "ʀ": "r",
        "ʋ": "v",
        "v": "ʋ",
        "w": "ʋ",
        "f": "pʰ",
        "z": "dʒ",
    },
    **{"a": "æ", "æ": "a", "ɑ": "a", "ɒ": "ɔ", "ɐ": "ʌ", "ʌ": "ə", "ə": "ʌ", "ɜ": "ə", "ɘ": "ə", "ɵ": "ə", "ɨ": "ɪ"},
    **{"ɪ": "i", "ʊ": "u", "ʉ": "u", "ɯ": "u", "ɛ": "e", "ɔ": "o", "ø": "e", "œ": "ɛ", "y": "u", "ʏ": "ʊ", "ɤ": "ʌ"},
    **{
        "θ": "t",
        "ð": "d",
        "ʍ": "w",
        "χ": "x",
        "x": "h",
        "ɣ": "ɡ",
        "q": "k",
        "ʂ": "ʃ",
        "ʐ": "ʒ",
        "ɬ": "l",
        "ɭ": "l",
        "ɫ": "l",
    },
    **{"ʈ": "t", "ɖ": "d", "ɳ": "n", "ɲ": "n", "ŋ": "n", "ʎ": "l", "c": "k", "ɟ": "ɡ", "ɕ": "ʃ", "ʑ": "ʒ", "ç": "ʃ"},
}
"""What to say for a letter that a voice does not have: the sound nearest to it, as a speaker of the language would."""

_STRESS = {"ˈ": "'", "ˌ": ","}
_IGNORED = re.compile("[/\\[\\]().‿|\u0361\u035c]")
_DUBIOUS = re.compile(r"[\d\s^.()_|-]")


def mnemonics(phontab: bytes) -> dict[str, bool]:
    """Return the names of all sounds in the library's file `phontab`, and of each whether it is a vowel's.

    The file: the number of tables; of each table the number of its records, its name, and the records, which begin
    with a name of up to four bytes and end, but for four, with a type. Empty where it is not like that.
    """
    found: dict[str, bool] = {}
    at = _HEADER
    try:
        for _ in range(phontab[0]):
            num_records = phontab[at]
            at += _HEADER + _TABLE_NAME
            for record in range(at, at + num_records * _RECORD, _RECORD):
                name, kind = phontab[record : record + 4].rstrip(b"\0").decode(), phontab[record + 11]
                if name and kind in _SOUNDS and not re.search(r"[\]_|]", name):
                    found[name] = found.get(name, False) or kind == _VOWEL
            at += num_records * _RECORD
    except (IndexError, UnicodeDecodeError):
        return {}
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0]))) if at == len(phontab) else {}


def question(mnemonic: str, *, vowel: bool) -> str:
    """Return the text whose IPA tells that of a sound: with a neighbour, as many change at the end of a word."""
    return f"[[{mnemonic}|p]]" if vowel else f"[[{mnemonic}|@]]"


def answered(answers: Iterable[tuple[str, bool, str]]) -> dict[str, str]:
    """Return mnemonics by IPA, of the (mnemonic, vowel, IPA of its question) in the order of `mnemonics`.

    A name that a voice does not have is read as several shorter ones: there are more sounds in its answer than two.
    `r` is the voice's own r, whichever it is.
    """
    table: dict[str, str] = {}
    for mnemonic, vowel, ipa in answers:
        sound, *neighbours = ipa.strip().strip(BETWEEN).split(BETWEEN)
        if neighbours == ["p" if vowel else "ə"] and sound and not _DUBIOUS.search(sound):
            table.setdefault(unicodedata.normalize("NFD", sound), mnemonic)
    return table | {"r": "r"} if table else {}


def spell(ipa: str, table: Mapping[str, str]) -> str | None:
    """Return a pronunciation as the library takes it, to be put between `[[` and `]]`; None if it cannot be said.

    `table` is that of the voice. Letters it lacks become the nearest it has; marks on letters that it lacks are left
    out. Where no stress is given the first syllable has it.
    """
    text = unicodedata.normalize("NFD", _IGNORED.sub("", ipa)).strip()
    for written, meant in _LEGACY.items():
        text = text.replace(written, meant)
    for written, meant in _INDIC.items():
        text = text.replace(written, meant if meant in table else written)
    sounds = list(_sounds(text, table))
    if not text or not any(sound in table for sound in sounds) or None in sounds or len(sounds) > MAX_SOUNDS:
        return None
    stress = "" if set(text) & set(_STRESS) else "'"
    words: list[list[str]] = [[]]
    for sound in sounds:
        if sound == " ":
            words.append([])
        elif sound in _STRESS:
            stress = _STRESS[sound]
        elif sound:
            words[-1].append(stress + table[sound])
            stress = ""
    return " ".join("|".join(word) for word in words if word)


def _sounds(text: str, table: Mapping[str, str]) -> Iterator[str | None]:
    """Yield the parts of a text that are in the table, longest first, stress and spaces; None for what is neither."""
    longest = max(map(len, table), default=0)
    at = 0
    while at < len(text):
        if text[at].isspace() or text[at] in _STRESS:
            yield " " if text[at].isspace() else text[at]
            at += 1
            continue
        size = next((size for size in range(longest, 0, -1) if text[at : at + size] in table), 0)
        if size:
            yield text[at : at + size]
        else:
            yield from _near(text[at], table)
        at += size or 1


def _near(letter: str, table: Mapping[str, str]) -> Iterator[str | None]:
    """Yield what to say for a letter that is not in the table; nothing for a mark."""
    if unicodedata.category(letter) in ("Lm", "Mn", "Sk"):
        return
    seen = {letter}
    while letter not in table:
        if letter + "ː" in table:
            letter += "ː"
            break
        near = _NEAR.get(letter, "")
        if len(near) > 1:
            yield from _sounds(near, table)
            return
        if not near or near in seen:
            yield None
            return
        seen.add(near)
        letter = near
    yield letter
