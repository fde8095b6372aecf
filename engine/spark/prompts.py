"""What a language model is given to speak: exact token ids, for every way of asking.

    a clone        task_tts TEXT speaker
    made to order  task_controllable_tts TEXT style [values speaker]
    going on       either, TEXT with what was said before, and its semantic tokens
    made up        task_tts TEXT, or task_controllable_tts TEXT style: the model names a speaker before it speaks

Source: the Spark-TTS paper and its published inference; each part stands between markers of its own, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.spark.parser import Stage
from engine.spark.prompting import Prompting
from engine.spark.vocabulary import Vocabulary
from engine.spark.voice_files import GENDERS, LEVELS, SparkVoice, Style
from engine.types import Segment

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_UNIT = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+")
"""What text is cut at: a word, or a character where words are not written apart."""
_UNSPACED = re.compile(rf"[{_WIDE}]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids, and what comes after them: from which stage on, and whether nothing but semantic tokens."""

    ids: tuple[int, ...]
    stage: Stage

    @property
    def semantic_only(self) -> bool:
        """Whether nothing but semantic tokens and a stop are to follow."""
        return self.stage == Stage.SEMANTIC


@dataclass(frozen=True, slots=True)
class Past:
    """What was said before, with the semantic tokens (counted from 0) that it was said in."""

    text: str = ""
    codes: tuple[int, ...] = ()


NOTHING_YET = Past()


class Prompts:
    """Builds the prompts of one model."""

    def __init__(self, vocabulary: Vocabulary, prompting: Prompting) -> None:
        self._vocabulary = vocabulary
        self._prompting = prompting

    def text(self, segment: Segment, voice: SparkVoice) -> str:
        """Return what a voice is to say: its words, and what it understands of emotions and events, in its spelling."""
        return wording(segment, self._prompting.tags_of(voice))

    def speak(self, voice: SparkVoice, text: str, past: Past = NOTHING_YET) -> Prompt:
        """Return what has a voice say a text, after what was said before if it is to go on from there.

        Raises ValueError for a voice that has no speaker tokens yet: have it made up first.
        """
        if not voice.tokens:
            raise ValueError(f"voice {voice.id} has no speaker tokens yet: have the model make them up")
        head = self._head(voice, joined(past.text, text), held=True)
        ids = [*head, *self._speaker(voice)]
        if not (self._prompting.marker or past.codes):
            return Prompt(tuple(ids), Stage.GLOBAL)
        said = [self._vocabulary.semantic_tokens[code] for code in past.codes]
        return Prompt((*ids, self._vocabulary.start_semantic_token, *said), Stage.SEMANTIC)

    def make_up(self, voice: SparkVoice, text: str) -> Prompt:
        """Return what has the model name a speaker for a voice, and then say a text.

        Raises ValueError for a voice of which it is not told what it should be like.
        """
        if voice.style:
            return Prompt(tuple(self._head(voice, text, held=False)), Stage.ACOUSTIC)
        if voice.speaker:
            return Prompt((*self._head(voice, text, held=False), self._vocabulary.start_global_token), Stage.GLOBAL)
        raise ValueError(f"voice {voice.id} has neither a style nor a speaker to be made up of")

    def _head(self, voice: SparkVoice, text: str, held: bool) -> list[int]:
        """Return the task, the text, and the style of a voice that has one; `held`: with the values chosen for it."""
        style = voice.style if voice.style and (voice.style.values or not held) else None
        known = self._vocabulary
        task = known.task_controllable_tts if style else known.task_tts
        content = known.encode(self._put(voice, text))
        head = [task, known.start_content, *content, known.end_content]
        return [*head, *self._style(voice, style, held)] if style else head

    def _style(self, voice: SparkVoice, style: Style, held: bool) -> list[int]:
        known = self._vocabulary
        gender = known.genders[GENDERS.index(voice.gender or "female")]
        labels = known.pitch_labels[LEVELS.index(style.pitch)], known.speed_labels[LEVELS.index(style.speed)]
        ids = [known.start_style_label, gender, *labels, known.end_style_label]
        if not (held and style.values):
            return ids
        pitch, speed = style.values
        values = known.pitch_values[pitch], known.speed_values[speed]
        return [*ids, known.start_acoustic_token, *values, known.end_acoustic_token]

    def _speaker(self, voice: SparkVoice) -> list[int]:
        known = self._vocabulary
        return [known.start_global_token, *(known.global_tokens[code] for code in voice.tokens), known.end_global_token]

    def _put(self, voice: SparkVoice, text: str) -> str:
        """Return a text as the model wants it. A voice that it was not trained with has no name to be called by."""
        put = voice.template or self._prompting.template
        if "{speaker}" in put and not voice.speaker:
            return text
        before, _, after = put.partition("{text}")
        before, after = (part.replace("{speaker}", voice.speaker) for part in (before, after))
        return f"{before}{text}{after}"


def wording(segment: Segment, tags: Mapping[str, str]) -> str:
    """Return a segment's words with the tags that are spelt in `tags`, the emotion before all; others are left out."""
    pieces = [tags.get(segment.emotion, "")]
    last_end = -1
    for span in segment.spans:
        if span.tag:
            pieces.append(tags.get(span.tag, ""))
        elif span.text and span.start == last_end and pieces[-1]:
            pieces[-1] += span.text
        else:
            pieces.append(span.text)
        last_end = span.end if span.text else -1
    return " ".join(filter(None, pieces))


def joined(before: str, text: str) -> str:
    """Return two stretches of text as one, with a space between where words are written apart."""
    unspaced = _UNSPACED.fullmatch(before[-1:]) or _UNSPACED.fullmatch(text[:1])
    return before + text if unspaced or not before else f"{before} {text}"


def ending(text: str, codes: tuple[int, ...], most: int) -> Past:
    """Return the end of what was said: at most so many tokens, and the words that were surely said in them.

    Where in its tokens a word lies is reckoned by the number of its characters. A word too few does no harm, since
    what follows is said only after it; with a word too many the model would begin by saying that one.
    """
    if len(codes) <= most:
        return Past(text, codes)
    longest = len(text) * most / len(codes)
    starts = (unit.start() for unit in _UNIT.finditer(text))
    start = next((start for start in starts if len(text) - start <= longest), None)
    return NOTHING_YET if start is None else Past(text[start:], codes[-most:])
