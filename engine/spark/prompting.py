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
        given = Fields(tomllib.loads(text), place)
        prompting = Prompting(
            template(given, "{text}"),
            given.flag("marker", True),
            _sampling(given.table("sampling")),
            read_tags(given.table("tags")),
            _voices(given.table("voices"), place),
        )
        given.done()
    except tomllib.TOMLDecodeError as error:
        raise PromptingError(f"{place} is not TOML: {error}") from None
    except (FieldError, VoiceError) as error:
        raise PromptingError(str(error)) from None
    for voice in prompting.voices:
        _check_speaker(voice, prompting, place)
    return prompting


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


def _check_speaker(voice: SparkVoice, prompting: Prompting, place: str) -> None:
    named = "{speaker}" in (voice.template or prompting.template)
    if named and not voice.speaker:
        raise PromptingError(f"{place}: voices.{voice.id}: speaker is missing: the template names it")
    if voice.speaker and not named:
        raise PromptingError(f"{place}: voices.{voice.id}: there is a speaker, but the template has no {{speaker}}")
