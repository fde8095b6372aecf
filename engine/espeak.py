"""EspeakEngine: real speech in more than a hundred languages on any CPU, by libespeak-ng."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader
import numpy as np

from engine import _espeak_ng, espeak_voices
from engine._espeak_call import Call, call
from engine._espeak_ipa import spell
from engine._espeak_ng import EspeakError, Manner, Speech
from engine._espeak_text import MAX_PART, Script, next_sound, part_end, pause_after, place_words, script
from engine.espeak_emotions import COLOURS, colour, whispering
from engine.types import AUDIBLE, Chunk, Ended, EngineInfo, EngineOutput, Failed, Pcm, Segment, SegmentId

MAX_CALL_S = 40.0
"""Seconds of audio of one call, at normal speed. What would be longer (Chinese read out by a voice that only knows
to say "Chinese letter") is stopped and said in shorter parts: the step stays short, and nothing is lost to the
library, which leaves out what comes after its first 1000 sounds."""

CROWD = 4
HURRIED_PART = 32
"""While more than CROWD segments have made no sound yet, each begins with a part of at most so many code points:
the last of them is heard sooner. Otherwise a sentence is said in one breath, which sounds better."""

_WORDS_PER_MINUTE = 175
_RATES = (80, 700)  # below 80 nothing gets slower; above 449 time is stretched, and words come up to 0.2 s late
_FULL_PITCH = 1.5  # the fundamental at the ends of the scale is 1.5 times higher and lower


@dataclass(slots=True)
class _Live:
    """A segment being spoken: from `cursor` on it is still to say, in parts of `limit` code points.

    `made` samples of it are out and the first `told` spans have their words; `rest_s` of pause are due.
    """

    segment: Segment
    voice: str
    script: Script
    cursor: int | None
    limit: int = MAX_PART
    made: int = 0
    told: int = 0
    rest_s: float = 0.0


class EspeakEngine:
    """An Engine that makes one call to the library, of at most 200 code points, in each step.

    Steps are whole calls, so an abort always falls between two of them.
    """

    def __init__(self) -> None:
        self._library = _espeak_ng.load()
        voices = espeak_voices.offered(self._library.voices())
        self._identifiers = {voice.id: identifier for voice, identifier in voices.items()}
        self._phonetics: dict[str, dict[str, str]] = {}  # by identifier, of the voices that were given IPA
        self._live: dict[SegmentId, _Live] = {}
        self._info = EngineInfo(
            name="espeak",
            sample_rate=self._library.sample_rate,
            default_voice=espeak_voices.DEFAULT_VOICE,
            voices=tuple(voices),
            variants=espeak_voices.variants(Path(espeakng_loader.get_data_path())),
            tags=frozenset(COLOURS),
        )
        default = self._identifiers[self._info.default_voice]
        ready = Call("Ready, steady, go.")
        self._speak(default, ready, Manner(_WORDS_PER_MINUTE, 50, 100))  # the first call is the slowest

    @property
    def info(self) -> EngineInfo:
        """What this engine is."""
        return self._info

    @property
    def pending(self) -> bool:
        """Always false: a step is over when its audio is there."""
        return False

    def add(self, segment: Segment) -> None:
        """Take a segment to be spoken in later steps."""
        voice = self._throat(segment)
        made = script(segment, lambda ipa: self.phonemes(ipa, segment.voice))
        self._live[segment.id] = _Live(segment, voice, made, next_sound(made.text, 0))

    def abort(self, segment_id: SegmentId) -> None:
        """Drop a segment: nothing of it comes out any more."""
        self._live.pop(segment_id, None)

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        """Speak the next part of the most urgent segment."""
        live = next((self._live[segment_id] for segment_id in due if segment_id in self._live), None)
        if live is None:
            return []
        num_silent = sum(lead_s == -math.inf for lead_s in due.values())
        out = self._next_part(live, hurried=num_silent > CROWD)
        if any(not isinstance(output, Chunk) for output in out):
            del self._live[live.segment.id]
        return out

    def close(self) -> None:
        """Forget the segments. The library stays: it is the process', not the engine's."""
        self._live.clear()

    def phonemes(self, ipa: str, voice: str) -> str | None:
        """Return a pronunciation in the library's own names for a voice's sounds; None if it cannot be said."""
        known = self._info.voice(voice)
        if known is None:
            return None
        identifier = self._identifiers[known.id]
        if identifier not in self._phonetics:
            self._phonetics[identifier] = self._library.phonetics(identifier)
        return spell(ipa, self._phonetics[identifier])

    def _next_part(self, live: _Live, hurried: bool) -> list[EngineOutput]:
        segment = live.segment
        if live.cursor is None:
            return [Ended(segment.id)]
        if not live.voice:
            return [Failed(segment.id, f"unknown voice {segment.voice!r}")]
        long = len(live.script.text) - live.cursor > 1.25 * HURRIED_PART
        first_of_many = hurried and long and not live.made
        end = part_end(live.script, live.cursor, min(live.limit, HURRIED_PART) if first_of_many else live.limit)
        try:
            said = call(live.script, live.cursor, end)
            speech = self._speak(live.voice, said, _manner(segment))
        except EspeakError as error:
            return [Failed(segment.id, str(error))]
        if speech.stopped:
            return self._shorten(live, end - live.cursor)
        chunk = self._chunk(live, end, said, speech)
        return [*([chunk] if chunk else []), *([Ended(segment.id)] if live.cursor is None else [])]

    def _throat(self, segment: Segment) -> str:
        """Return the library's name for the voice of a segment in its emotion; empty if there is no such voice."""
        known = self._info.voice(segment.voice)
        if known is None:
            return ""
        _, plus, variant = segment.voice.partition("+")
        name = self._identifiers[known.id] + plus + variant
        return whispering(name, female=known.gender == "female") if colour(segment.emotion).whispered else name

    def _speak(self, voice: str, said: Call, manner: Manner) -> Speech:
        max_samples = int(MAX_CALL_S * _WORDS_PER_MINUTE / manner.rate * self._library.sample_rate)
        return self._library.speak(voice, said.text, manner, max_samples, phonemes=said.phonemes)

    def _shorten(self, live: _Live, length: int) -> list[EngineOutput]:
        if length <= 1:
            return [Failed(live.segment.id, "one character takes too long to say")]
        live.limit = length // 2
        return []

    def _chunk(self, live: _Live, end: int, said: Call, speech: Speech) -> Chunk | None:
        """Move on past a part, and return its audio and words; None while there has been no sound at all."""
        begin, live.cursor = live.cursor or 0, next_sound(live.script.text, end)
        first, last = self._spans(live, begin, end)
        pcm, trimmed = _trimmed(speech) if not live.made else (_as_pcm(speech), 0)
        if not pcm.size:
            return None
        rate, rest = self._info.sample_rate, round(live.rest_s * self._info.sample_rate)
        at = live.made + rest
        begins = [(said.position(position), max(at + sample - trimmed, 0) / rate) for position, sample in speech.words]
        words = place_words(live.script, first, last, begins or [(begin, at / rate)], (at + _sound_end(pcm)) / rate)
        new = tuple(words[max(live.told - first, 0) :])
        live.made, live.told = at + len(pcm), max(live.told, last + 1)
        live.rest_s = pause_after(live.script.text, end)
        return Chunk(live.segment.id, np.concatenate((np.zeros(rest, np.float32), pcm)) if rest else pcm, new)

    def _spans(self, live: _Live, begin: int, end: int) -> tuple[int, int]:
        """Return the first and last span whose time a part shares out, those silent ones that nobody told included."""
        last = len(live.script.spans) - 1 if live.cursor is None else live.script.span_at(end - 1)
        return min(live.told, live.script.span_at(begin)), last


def _as_pcm(speech: Speech) -> Pcm:
    return np.asarray(speech.samples * np.float32(1 / 32768), np.float32)


def _trimmed(speech: Speech) -> tuple[Pcm, int]:
    """Return the sound of a segment's first part without the silence before it, and how many samples that was.

    Words spoken at no volume keep their time; where there are no words, there is nothing.
    """
    pcm = _as_pcm(speech)
    audible = np.flatnonzero(np.abs(pcm) >= AUDIBLE)
    silence = int(audible[0]) if audible.size else 0 if speech.words else len(pcm)
    return pcm[silence:], silence


def _sound_end(pcm: Pcm) -> int:
    audible = np.flatnonzero(np.abs(pcm) >= AUDIBLE)
    return int(audible[-1]) + 1 if audible.size else len(pcm)


def _manner(segment: Segment) -> Manner:
    """Return the segment's own factors times those of its emotion, in the library's units."""
    feeling = colour(segment.emotion)
    pitch = 50 + 50 * math.log(max(segment.pitch * feeling.pitch, 0.1)) / math.log(_FULL_PITCH)
    return Manner(
        rate=_held(_WORDS_PER_MINUTE * segment.speed * feeling.rate, *_RATES),
        pitch=_held(pitch, 0, 100),
        volume=_held(100 * segment.volume * feeling.volume, 0, 200),
        range=_held(50 * feeling.span, 0, 100),
    )


def _held(value: float, low: int, high: int) -> int:
    return round(min(max(value, low), high))
