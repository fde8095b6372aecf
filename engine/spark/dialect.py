"""`voice.toml`, beside a model: how it wants to be spoken to, where that is not as with the public Spark-TTS-0.5B.

template = "{speaker}: {text}"          # how a text is put ("{text}")
marker = false                          # prompts end before <|start_semantic_token|>: the model says it itself (true)

[sampling]                              # temperature, top_k, top_p, repetition_penalty
temperature = 0.7

[tags]                                  # what it understands within a text, and how that is written
laugh = "<laughs>"
happy = "[happy]"

[voices.asha]                           # whom it was trained with; as in a voice's own file
speaker = "248"
language = "lg"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.spark.fields import FieldError, Fields
from engine.spark.lm import Sampling
from engine.spark.voice_files import SparkVoice, VoiceError, read_tags, read_voice, template

FILE = "voice.toml"

USUAL = Sampling()


class DialectError(ValueError):
    """A `voice.toml` cannot be used; names the field, and says why."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a model is spoken to. The defaults are the public model's, which understands no tags and has no speakers."""

    template: str = "{text}"
    marker: bool = True
    sampling: Sampling = USUAL
    tags: Mapping[str, str] = field(default_factory=dict)
    voices: tuple[SparkVoice, ...] = ()

    def tags_of(self, voice: SparkVoice) -> Mapping[str, str]:
        """Return the tags that a voice understands."""
        return voice.tags or self.tags


def read_dialect(model: str | Path) -> Dialect:
    """Return how the model in a folder is spoken to: as its voice.toml says, if there is one. Raises DialectError."""
    path = Path(model) / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Dialect()
    except (OSError, UnicodeDecodeError) as error:
        raise DialectError(f"{path} cannot be read: {error}") from None
    return parse_dialect(text, str(path))


def parse_dialect(text: str, place: str = FILE) -> Dialect:
    """Read a voice.toml; `place` begins every complaint. Raises DialectError."""
    try:
        given = Fields(tomllib.loads(text), place)
        dialect = Dialect(
            template(given, "{text}"),
            given.flag("marker", True),
            _sampling(given.table("sampling")),
            read_tags(given.table("tags")),
            _voices(given.table("voices"), place),
        )
        given.done()
    except tomllib.TOMLDecodeError as error:
        raise DialectError(f"{place} is not TOML: {error}") from None
    except (FieldError, VoiceError) as error:
        raise DialectError(str(error)) from None
    for voice in dialect.voices:
        _check_speaker(voice, dialect, place)
    return dialect


def _sampling(given: Fields | None) -> Sampling:
    if given is None:
        return USUAL
    sampling = Sampling(
        temperature=given.number("temperature", 0.0, 2.0, USUAL.temperature),
        top_k=given.count("top_k", 10_001, USUAL.top_k),
        top_p=given.number("top_p", 0.01, 1.0, USUAL.top_p),
        repetition_penalty=given.number("repetition_penalty", 1.0, 2.0, USUAL.repetition_penalty),
    )
    given.done()
    return sampling


def _voices(given: Fields | None, place: str) -> tuple[SparkVoice, ...]:
    if given is None:
        return ()
    return tuple(read_voice(name, given.value(name), f"{place}: voices.{name}") for name in given.names())


def _check_speaker(voice: SparkVoice, dialect: Dialect, place: str) -> None:
    named = "{speaker}" in (voice.template or dialect.template)
    if named and not voice.speaker:
        raise DialectError(f"{place}: voices.{voice.id}: speaker is missing: the template names it")
    if voice.speaker and not named:
        raise DialectError(f"{place}: voices.{voice.id}: there is a speaker, but the template has no {{speaker}}")
