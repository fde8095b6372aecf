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
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from engine.spark.lm import Sampling
from engine.spark.tables import STRICT, TableError, read
from engine.spark.voice_files import SparkVoice, Tags, Template, VoiceError, read_voice

FILE = "voice.toml"

USUAL = Sampling()


class PromptingError(ValueError):
    """A `voice.toml` cannot be used; names the field, and says why."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """How a model is spoken to. The defaults are the public model's, which understands no tags and has no speakers."""

    template: str = "{text}"
    marker: bool = True
    sampling: Sampling = USUAL
    tags: Mapping[str, str] = field(default_factory=dict)
    voices: tuple[SparkVoice, ...] = ()

    def tags_of(self, voice: SparkVoice) -> Mapping[str, str]:
        """Return the tags that a voice understands."""
        return voice.tags or self.tags


class _Sampling(BaseModel):
    model_config = STRICT

    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = USUAL.temperature
    top_k: Annotated[int, Field(ge=0, le=10_000)] = USUAL.top_k
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = USUAL.top_p
    repetition_penalty: Annotated[float, Field(ge=1.0, le=2.0)] = USUAL.repetition_penalty


class _File(BaseModel):
    model_config = STRICT

    template: Template = "{text}"
    marker: bool = True
    sampling: _Sampling = _Sampling()
    tags: Tags = {}
    voices: dict[str, dict[str, Any]] = {}


_FILE = TypeAdapter(_File)


def read_prompting(model: str | Path) -> Prompting:
    """Return how the model in a folder is spoken to: as its voice.toml says, if there is one. Raises PromptingError."""
    path = Path(model) / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Prompting()
    except (OSError, UnicodeDecodeError) as error:
        raise PromptingError(f"{path} cannot be read: {error}") from None
    return parse_prompting(text, str(path))


def parse_prompting(text: str, place: str = FILE) -> Prompting:
    """Read a voice.toml; `place` begins every complaint. Raises PromptingError."""
    try:
        file = read(_FILE, tomllib.loads(text), place)
        voices = [read_voice(name, values, f"{place}: voices.{name}") for name, values in file.voices.items()]
    except tomllib.TOMLDecodeError as error:
        raise PromptingError(f"{place} is not TOML: {error}") from None
    except (TableError, VoiceError) as error:
        raise PromptingError(str(error)) from None
    for voice in voices:
        _check_speaker(voice, file.template, f"{place}: voices.{voice.id}")
    sampling = Sampling(**file.sampling.model_dump())
    return Prompting(file.template, file.marker, sampling, dict(file.tags), tuple(voices))


def _check_speaker(voice: SparkVoice, template: str, place: str) -> None:
    named = "{speaker}" in (voice.template or template)
    if named and not voice.speaker:
        raise PromptingError(f"{place}: speaker is missing: the template names it")
    if voice.speaker and not named:
        raise PromptingError(f"{place}: there is a speaker, but the template has no {{speaker}}")
