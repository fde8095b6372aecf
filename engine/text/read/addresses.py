"""URLs, e-mail addresses, handles, hashtags, file names, paths: part by part, with their marks."""

from __future__ import annotations

import re

from engine.text.languages.words import names
from engine.text.marks import VOWEL_SIGNS, WORD
from engine.text.read.capitals import spell
from engine.text.read.chain import Chain, Reading
from engine.text.read.codes import number
from engine.text.say.general import Verbalizer

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z+.-]{1,11}://|mailto:")
_DOMAINS = names(
    "com org net edu gov mil int info biz io ai app dev co in uk us eu de fr jp cn au ca ru br me tv xyz tech news blog"
)
_FILES = names(
    """
    pdf txt html htm css js ts tsx jsx py rb rs go java c cpp h hpp cs php sh bash sql xml json yaml yml toml ini cfg md
    rst csv tsv xls xlsx doc docx ppt pptx odt jpg jpeg png gif svg webp bmp mp3 mp4 wav ogg flac avi mov mkv zip tar gz
    rar exe dll apk iso log env lock bin dat db ipynb tex
    """
)
_SPOKEN_ENDS = names("com org net gov mil info app dev news blog tech java json yaml toml zip tar log lock bin doc "
                     "lock env bash ini")  # fmt: skip
_HOST = re.compile(r"(?:[^\W_](?:[\w-]*)\.)+([a-zA-Z]{2,6})(?::\d{1,5})?(?:[/?#].*)?", re.DOTALL)
_EMAIL = re.compile(r"[\w.+%-]+@(?:[\w-]+\.)+[a-zA-Z]{2,10}")
_TAGGED = re.compile(rf"[@#]\w[\w.{VOWEL_SIGNS}]*")
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@ -]+[/\\]?)+")
_FILE = re.compile(r"\.?[\w-]+(?:\.[\w-]+)*\.(\w{1,5})")
_PART = re.compile(rf"\d+|{WORD}|.", re.DOTALL)
_CAMEL = re.compile(r"\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+?(?=[A-Z])|[^\W\d_]+")


def address(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `https://example.com/a_b`, `me@example.org`, `@ada`, `#travel`, `report.pdf`, `/usr/bin`."""
    core = chain.core(at)
    scheme = _SCHEME.match(core)
    if scheme:
        return Reading(spoken(core[scheme.end() :].rstrip("/"), voice))
    core, apostrophe, ending = core.partition("'s") if core[:1] == "@" else (core, "", "")
    if ending:
        return None
    if _TAGGED.fullmatch(core) and not core[1:].isdecimal():
        return Reading(_tagged(core, voice) + apostrophe)
    if _EMAIL.fullmatch(core) or _is_path(core) or _is_host(core) or _is_file(core):
        return Reading(spoken(core.rstrip("/") if not core.startswith("/") else core, voice))
    return None


def spoken(text: str, voice: Verbalizer) -> str:
    """Read an address part by part: every mark has its name."""
    said: list[str] = []
    before = ""
    for part in _PART.findall(text):
        if part.isdecimal():
            said.append(number(part, voice))
        elif part[0].isalpha():
            said.append(_word(part, before, voice))
        else:
            said.append(voice.words.inside.get(part, part if part.isalnum() else ""))
        before = part
    return " ".join(filter(None, said))


def _tagged(core: str, voice: Verbalizer) -> str:
    name = voice.words.inside["@"] if core[0] == "@" else voice.words.hashtag
    words = [
        number(piece, voice) if piece.isdecimal() else spell(piece, voice)
        for piece in (_CAMEL.findall(core[1:]) if core[0] == "#" and core[1:].isalnum() else ())
    ]
    return " ".join([name, *words]) if words else f"{name} {spoken(core[1:], voice)}"


def _word(part: str, before: str, voice: Verbalizer) -> str:
    lower = part.lower()
    is_end = before == "." and (lower in _FILES or lower in _DOMAINS)
    if part == "www" or (is_end and lower not in _SPOKEN_ENDS and len(part) > 1):
        return voice.letters(part)
    if len(part) == 1:
        return part
    return spell(part, voice)


def _is_host(core: str) -> bool:
    match = _HOST.fullmatch(core)
    return match is not None and (match[1].lower() in _DOMAINS or core.startswith("www."))


def _is_file(core: str) -> bool:
    match = _FILE.fullmatch(core)
    return match is not None and match[1].lower() in _FILES and not core[0].isdecimal()


def _is_path(core: str) -> bool:
    return _PATH.fullmatch(core) is not None and (core[0] in ".~" or sum(core.count(mark) for mark in "/\\") > 1)
