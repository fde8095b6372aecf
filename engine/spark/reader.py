"""What a segment comes to for a language model, and what its answer means: voices, prompts and parsing together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.spark.guards import TOKENS_PER_S, budget
from engine.spark.lm import Sequence
from engine.spark.parser import Parser
from engine.spark.prompting import Prompting
from engine.spark.prompts import NOTHING_YET, Past, Prompts, ending
from engine.spark.vocabulary import Vocabulary
from engine.spark.voice_files import SparkVoice
from engine.types import Segment, UtteranceId

_MOST_REMEMBERED = 4096
"""Utterances whose voice, and last segment, is remembered: as many as a server lets speak at a time."""


class Reading:
    """One segment: the sequence that asks for it, and the parser of what comes.

    `codes` are the semantic tokens that have come, as far as somebody wants to go on from there.
    """

    def __init__(self, sequence: Sequence, text: str, voice: SparkVoice, parser: Parser, keeps: bool) -> None:
        self.sequence = sequence
        self.text = text
        self.voice = voice
        self.codes: list[int] = []
        self._parser = parser
        self._keeps = keeps

    @property
    def speaker(self) -> tuple[int, ...]:
        """The 32 speaker tokens of the voice."""
        return self.voice.tokens

    def take(self, ids: Iterable[int]) -> list[int]:
        """Return the semantic tokens, counted from 0, among what the model made."""
        codes = self._parser.push(ids)
        if self._keeps:
            self.codes += codes
        return codes


class SparkReader:
    """Asks for segments in the voices of a mapping, which may change meanwhile: an utterance keeps the voice it has.

    With `continuity_s` above 0 a segment goes on from the end of the one before it of the same utterance: it is
    prompted with at most so many seconds of that.
    """

    def __init__(
        self, vocabulary: Vocabulary, prompting: Prompting, voices: Mapping[str, SparkVoice], continuity_s: float = 0.0
    ) -> None:
        self._vocabulary = vocabulary
        self._prompting = prompting
        self._voices = voices
        self._most_past = round(continuity_s * TOKENS_PER_S)
        self._prompts = Prompts(vocabulary, prompting)
        self._last: OrderedDict[UtteranceId, Reading] = OrderedDict()

    def read(self, segment: Segment) -> Reading | None:
        """Return how to ask for a segment; None if there is nothing to say. Raises ValueError for an unknown voice."""
        last = self._last.get(segment.utterance)
        voice = last.voice if last and last.voice.id == segment.voice else self._voices.get(segment.voice)
        if voice is None:
            raise ValueError(f"there is no voice {segment.voice!r}")
        text = self._prompts.text(segment, voice)
        if not text:
            return None
        past = self._past(last) if last and last.codes and last.voice is voice else NOTHING_YET
        prompt = self._prompts.speak(voice, text, past)
        sampling = replace(self._prompting.sampling, seed=segment.seed)
        sequence = Sequence(segment.id, prompt.ids, budget(text), sampling, prompt.semantic_only)
        reading = Reading(sequence, text, voice, Parser(self._vocabulary, prompt.stage), self._most_past > 0)
        self._remember(segment.utterance, reading)
        return reading

    def _past(self, last: Reading) -> Past:
        return ending(last.text, tuple(last.codes), self._most_past)

    def _remember(self, utterance: UtteranceId, reading: Reading) -> None:
        self._last[utterance] = reading
        self._last.move_to_end(utterance)
        if len(self._last) > _MOST_REMEMBERED:
            self._last.popitem(last=False)
