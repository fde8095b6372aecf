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
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from engine.learning import NAME
from engine.spark.tables import STRICT, Line, TableError, read
from engine.text.tags import EMOTIONS, EVENTS
from engine.types import Voice

NUM_TOKENS = 32

Gender = Literal["female", "male"]
GENDERS: tuple[Gender, ...] = ("female", "male")

Level = Literal["very_low", "low", "moderate", "high", "very_high"]
LEVELS: tuple[Level, ...] = ("very_low", "low", "moderate", "high", "very_high")

Code = Annotated[int, Field(ge=0, lt=4096)]
Pitch = Annotated[int, Field(ge=0, le=1000)]
Speed = Annotated[int, Field(ge=0, le=10)]
Language = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
"""A BCP 47 tag."""

_RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
"""What Windows takes for devices."""

_MOST_BYTES = 1 << 16


class VoiceError(ValueError):
    """A voice cannot be used, kept or found; says which, and why."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a voice is asked for in words: `pitch` and `speed` as levels.

    `values` are the pitch (mel) and the speed (syllables a second) that the model has chosen for them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    pitch: Level = "moderate"
    speed: Level = "moderate"
    values: tuple[Pitch, Speed] | None = None


def _template(put: str) -> str:
    if put.count("{text}") != 1:
        raise ValueError("it must hold {text} once")
    return put


def _known(tags: Mapping[str, str]) -> Mapping[str, str]:
    if unknown := tags.keys() - EMOTIONS - EVENTS:
        raise ValueError(f"there is no tag {min(unknown)!r}: there are {', '.join(sorted(EMOTIONS | EVENTS))}")
    return tags


Template = Annotated[Line, AfterValidator(_template)]
"""How a text is put: it stands where `{text}` does, and the name of a model's speaker where `{speaker}` does."""

Tags = Annotated[Mapping[str, Line], AfterValidator(_known)]
"""How a model writes the emotions and events that it understands, by our names for them."""


@dataclass(frozen=True, slots=True)
class SparkVoice:
    """A voice of the neural engine: the 32 speaker tokens that it always speaks with.

    While it has none the model is to make them up: of `gender` and `style`, or for the name `speaker` that it was
    trained with. `template` and `tags` are the model's own where they are empty (see `Prompting`).
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    name: Line = ""
    language: Language = "en"
    gender: Gender | None = None
    tokens: Annotated[tuple[Code, ...], Field(min_length=NUM_TOKENS, max_length=NUM_TOKENS)] = ()
    style: Style | None = None
    speaker: Line = ""
    template: Template = ""
    tags: Tags = field(default_factory=dict)

    @property
    def listed(self) -> Voice:
        """What clients are told of it."""
        return Voice(self.id, self.name or self.id, self.language, self.gender)


_VOICE = TypeAdapter(SparkVoice)


def check_name(name: str) -> None:
    """Raise VoiceError for what cannot be a voice's name."""
    if not NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise VoiceError(f"a voice's name is 1 to 64 of a-z, 0-9, - and _, not {name[:80]!r}")


def read_voice(voice_id: str, values: object, place: str) -> SparkVoice:
    """Return the voice that a parsed table describes. Raises VoiceError, naming the field; `place` begins it."""
    try:
        check_name(voice_id)
        if not isinstance(values, Mapping):
            raise VoiceError(f"it must be a table, not {values!r:.60}")
    except VoiceError as error:
        raise VoiceError(f"{place}: {error}") from None
    try:
        voice = read(_VOICE, {**values, "id": voice_id}, place)
    except TableError as error:
        raise VoiceError(str(error)) from None
    if voice.style and not voice.gender:
        raise VoiceError(f"{place}: gender is missing: a voice with a style is a female or a male one")
    if not (voice.tokens or voice.style or voice.speaker):
        raise VoiceError(f"{place}: give it tokens, or a style or a speaker that the model can make them of")
    return voice


def describe(voice: SparkVoice) -> dict[str, Any]:
    """Return what `read_voice` reads this voice from."""
    described: dict[str, Any] = _VOICE.dump_python(voice, mode="json", exclude_defaults=True, exclude={"id"})
    return described


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
