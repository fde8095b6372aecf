"""Named voices, and the folder they are kept in: a small JSON file each."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from engine.spark.fields import FieldError, Fields
from engine.text.tags import EMOTIONS, EVENTS
from engine.types import Voice

NUM_TOKENS = 32
NUM_CODES = 4096

Gender = Literal["female", "male"]
GENDERS: tuple[Gender, ...] = ("female", "male")

Level = Literal["very_low", "low", "moderate", "high", "very_high"]
LEVELS: tuple[Level, ...] = ("very_low", "low", "moderate", "high", "very_high")

NUM_PITCHES = 1001
NUM_SPEEDS = 11

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
"""What a voice may be called: it is a file's name too, on any system."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_MOST_BYTES = 1 << 16


class VoiceError(ValueError):
    """A voice cannot be used, kept or found; says which, and why."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a voice is asked for in words: `pitch` and `speed` as levels.

    `values` are the pitch (mel) and the speed (syllables a second) that the model has chosen for them.
    """

    pitch: Level = "moderate"
    speed: Level = "moderate"
    values: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class SparkVoice:
    """A voice of the neural engine: the 32 speaker tokens that it always speaks with.

    While it has none the model is to make them up: of `gender` and `style`, or for the name `speaker` that it was
    trained with. `template` and `tags` are the model's own where they are empty (see `Prompting`).
    """

    id: str
    name: str = ""
    language: str = "en"
    gender: Gender | None = None
    tokens: tuple[int, ...] = ()
    style: Style | None = None
    speaker: str = ""
    template: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed(self) -> Voice:
        """What clients are told of it."""
        return Voice(self.id, self.name or self.id, self.language, self.gender)


def check_name(name: str) -> None:
    """Raise VoiceError for what cannot be a voice's name."""
    if not NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise VoiceError(f"a voice's name is 1 to 64 of a-z, 0-9, - and _, not {name[:80]!r}")


def check_language(language: str) -> None:
    """Raise VoiceError for what is no language tag."""
    if len(language) > 35 or not _LANGUAGE.fullmatch(language):
        raise VoiceError(f"language must be a tag such as en, en-in or hi, not {language[:80]!r}")


def read_voice(voice_id: str, values: object, place: str) -> SparkVoice:
    """Return the voice that a parsed table describes. Raises VoiceError, naming the field; `place` begins it."""
    try:
        check_name(voice_id)
        given = Fields(values, place)
        voice = SparkVoice(
            voice_id,
            given.text("name", ""),
            given.text("language", "en"),
            cast(Gender, given.choice("gender", GENDERS)) if given.has("gender") else None,
            given.counts("tokens", NUM_TOKENS, NUM_CODES),
            _style(given.table("style")),
            given.text("speaker", ""),
            template(given, ""),
            read_tags(given.table("tags")),
        )
        given.done()
        check_language(voice.language)
    except FieldError as error:
        raise VoiceError(str(error)) from None
    except VoiceError as error:
        raise VoiceError(f"{place}: {error}") from None
    if voice.style and not voice.gender:
        raise VoiceError(f"{place}: gender is missing: a voice with a style is a female or a male one")
    if not (voice.tokens or voice.style or voice.speaker):
        raise VoiceError(f"{place}: give it tokens, or a style or a speaker that the model can make them of")
    return voice


def template(given: Fields, default: str) -> str:
    """Return how a voice's text is put. Raises FieldError."""
    put = given.text("template", default)
    if put and put.count("{text}") != 1:
        raise given.wrong(f"template must hold {{text}} once, not as {put!r}")
    return put


def read_tags(given: Fields | None) -> dict[str, str]:
    """Return how a model writes the tags it understands, by our names for them. Raises FieldError."""
    if given is None:
        return {}
    if unknown := [name for name in given.names() if name not in EMOTIONS | EVENTS]:
        raise given.wrong(f"there is no {unknown[0]!r}: there are {', '.join(sorted(EMOTIONS | EVENTS))}")
    return {name: given.text(name) for name in given.names()}


def _style(given: Fields | None) -> Style | None:
    if given is None:
        return None
    pitch, speed = (cast(Level, given.choice(name, LEVELS, "moderate")) for name in ("pitch", "speed"))
    values = None
    if given.has("pitch_value") or given.has("speed_value"):
        values = given.count("pitch_value", NUM_PITCHES), given.count("speed_value", NUM_SPEEDS)
    given.done()
    return Style(pitch, speed, values)


def describe(voice: SparkVoice) -> dict[str, Any]:
    """Return what `read_voice` reads this voice from."""
    style = voice.style
    described: dict[str, Any] = {"name": voice.name, "language": voice.language, "gender": voice.gender}
    if style:
        described["style"] = {"pitch": style.pitch, "speed": style.speed}
        if style.values:
            described["style"] |= dict(zip(("pitch_value", "speed_value"), style.values, strict=True))
    others = {"speaker": voice.speaker, "template": voice.template, "tags": dict(voice.tags)}
    described |= others | {"tokens": list(voice.tokens)}
    return {name: value for name, value in described.items() if value}


class VoiceFolder:
    """The voices that are kept: one file each, written whole or not at all. Made when the first one is kept."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def read(self) -> dict[str, SparkVoice]:
        """Return all voices, by name. Raises VoiceError for a file that is none, naming it and what is wrong."""
        paths = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return {path.stem: _read(path) for path in paths}

    def keep(self, voice: SparkVoice) -> None:
        """Write a voice, in place of one of the same name. Raises VoiceError."""
        path = self._path(voice.id)
        text = json.dumps(describe(voice), indent=1, ensure_ascii=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(path, f"{text}\n")
        except OSError as error:
            raise VoiceError(f"{path} cannot be written: {error.strerror}") from None

    def forget(self, name: str) -> bool:
        """Remove a voice; False if there is none of that name. Raises VoiceError."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise VoiceError(f"{path} cannot be removed: {error.strerror}") from None
        return True

    def _path(self, name: str) -> Path:
        check_name(name)
        return self._folder / f"{name}.json"


def _read(path: Path) -> SparkVoice:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise VoiceError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise VoiceError(f"{path} is too large for a voice: is it one?")
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise VoiceError(f"{path} is not JSON: {error}") from None
    return read_voice(path.stem, values, str(path))


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever finds half of it, whatever happens meanwhile."""
    descriptor, new = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with ExitStack() as undo:
        undo.callback(os.unlink, new)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(new, 0o644)  # it is no secret: a server may run as somebody else
        os.replace(new, path)
        undo.pop_all()
