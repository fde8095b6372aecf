"""Voices that a model makes up: it names their speaker tokens before it speaks. Asked once, with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from zlib import crc32

from engine.spark.lm import LM, Sequence, SequenceId
from engine.spark.parser import Parser
from engine.spark.prompting import Prompting
from engine.spark.prompts import Prompts
from engine.spark.vocabulary import Vocabulary
from engine.spark.voice_files import GENDERS, SparkVoice, Style
from engine.types import new_id

TEXT = "Good morning. It is a pleasure to read to you, whatever the day may bring."

MOST_TOKENS = 64
"""Of a model's answer: 39 stand before its first sound."""

TRIES = 3
"""Seeds that a model gets to name a speaker in, one after the other."""

_STYLES = {
    "": Style(),
    "-low": Style(pitch="low"),
    "-high": Style(pitch="high"),
    "-slow": Style(speed="low"),
    "-fast": Style(speed="high"),
}

PRESETS = tuple(
    SparkVoice(f"{gender}{kind}", f"{gender.title()}{kind.replace('-', ', ')}", gender=gender, style=style)
    for gender in GENDERS
    for kind, style in _STYLES.items()
)
"""The voices of a model that was trained with none of its own."""


class Maker:
    """Has a model make voices up, all at a time. Nothing else may use the model meanwhile."""

    def __init__(self, model: LM, vocabulary: Vocabulary, prompting: Prompting) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._sampling = prompting.sampling
        self._prompts = Prompts(vocabulary, prompting)

    def make(self, voices: Iterable[SparkVoice]) -> list[SparkVoice]:
        """Return those of the voices that the model has named speaker tokens for, with these.

        The same model makes the same voices of the same names. Raises ValueError for a voice that cannot be asked for.
        """
        made: dict[str, SparkVoice] = {}
        wanted = {voice.id: voice for voice in voices}
        for attempt in range(TRIES):
            left = [voice for voice in wanted.values() if voice.id not in made]
            made |= {voice.id: voice for voice in self._ask(left, attempt)}
        return [made[name] for name in wanted if name in made]

    def _ask(self, voices: list[SparkVoice], attempt: int) -> list[SparkVoice]:
        asked = {new_id(): voice for voice in voices}
        parsers = {sequence: self._begin(sequence, voice, attempt) for sequence, voice in asked.items()}
        left = set(asked)
        while left:
            for tokens in self._model.step(sorted(left)):
                parser = parsers[tokens.sequence]
                parser.push(tokens.ids)
                if parser.speaker and not tokens.finish:
                    self._model.abort(tokens.sequence)
                if parser.speaker or tokens.finish:
                    left.discard(tokens.sequence)
        return [named for sequence, voice in asked.items() if (named := _named(voice, parsers[sequence]))]

    def _begin(self, sequence: SequenceId, voice: SparkVoice, attempt: int) -> Parser:
        prompt = self._prompts.make_up(voice, TEXT)
        sampling = replace(self._sampling, seed=crc32(voice.id.encode()) + attempt)
        self._model.add(Sequence(sequence, prompt.ids, MOST_TOKENS, sampling, prompt.semantic_only))
        return Parser(self._vocabulary, prompt.stage)


def _named(voice: SparkVoice, parser: Parser) -> SparkVoice | None:
    """Return a voice with what the model has named for it; None if it has not named a whole speaker."""
    if parser.speaker is None:
        return None
    style = replace(voice.style, values=parser.values) if voice.style else None
    return replace(voice, tokens=parser.speaker, style=style)
