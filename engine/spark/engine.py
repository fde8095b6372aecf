"""SparkEngine: many segments to sound at once. Each step: tokens, then one batch of the codec, then 48 kHz."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Protocol

import numpy as np
import torch

from engine.learning import CLIP_RATE
from engine.spark import lm, superres
from engine.spark.bicodec import BiCodec
from engine.spark.config import HOP
from engine.spark.counts import Counts
from engine.spark.guards import Guard, Runaway
from engine.spark.planner import Flow, Planner, Window
from engine.spark.spectrum import TARGET_RATE
from engine.spark.stream import Feed, Stream
from engine.spark.voice_book import VoiceBook
from engine.spark.voices import global_tokens
from engine.types import Chunk, Ended, EngineInfo, EngineOutput, Failed, Pcm, Segment, SegmentId, Voice

log = logging.getLogger(__name__)


class Reading(Protocol):
    """How one segment is asked for, and what its answer means."""

    @property
    def sequence(self) -> lm.Sequence:
        """What the language model gets; its id is the segment's."""

    @property
    def speaker(self) -> Sequence[int]:
        """The 32 speaker tokens of the voice."""

    def take(self, ids: Iterable[int]) -> list[int]:
        """Return the semantic tokens, counted from 0, among what the model made."""


class Reader(Protocol):
    """Knows the voices, and the model's way of being asked."""

    def read(self, segment: Segment) -> Reading | None:
        """Return how to ask for a segment; None if there is nothing to say. Raises ValueError if it cannot be said."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a SparkEngine is made of.

    The language model, the codec, the way to 48 kHz, who knows how to ask, and which voices there are. `tags` are the
    emotions and events that the model understands; a step may take `max_step_s` seconds.
    """

    model: lm.LM
    codec: BiCodec
    net: superres.APBWE | superres.Resampled
    reader: Reader
    book: VoiceBook
    tags: frozenset[str] = frozenset()
    max_step_s: float = 10.0


@dataclass(slots=True, eq=False)
class _Speech:
    """One segment on its way: `codes` are the tokens that were made and not fed to its stream."""

    segment: Segment
    reading: Reading
    stream: Stream
    upsampling: superres.Upsampling
    flow: Flow
    guard: Guard = field(default_factory=Guard)
    codes: list[int] = field(default_factory=list)

    def take(self, num: int) -> torch.Tensor:
        """Return the next tokens to be fed, once."""
        taken, self.codes = self.codes[:num], self.codes[num:]
        self.flow.feed(num)
        return torch.tensor(taken, dtype=torch.long, device=self.stream.voice.vector.device)


class SparkEngine:
    """An Engine, and a Learner. Who is in no hurry waits for others, so that all go through the codec together."""

    def __init__(self, parts: Parts) -> None:
        self.counts = Counts()
        self._parts = parts
        self._info = self._describe()
        self._planner = Planner()
        self._live: dict[SegmentId, _Speech] = {}
        self._flows: dict[SegmentId, Flow] = {}
        self._over: dict[SegmentId, Ended | Failed] = {}  # not told yet

    @property
    def info(self) -> EngineInfo:
        """What this engine is, with the voices that it has now."""
        return self._info

    @property
    def pending(self) -> bool:
        """Always false: a step returns all that it made."""
        return False

    def add(self, segment: Segment) -> None:
        """Take a segment. What cannot be said fails when it is due."""
        try:
            self._begin(segment)
        except ValueError as error:
            self._over[segment.id] = Failed(segment.id, str(error))

    def abort(self, segment_id: SegmentId) -> None:
        """Drop a segment: its slots are free at once."""
        self._over.pop(segment_id, None)
        if segment_id in self._live:
            self._parts.model.abort(segment_id)
            self._forget(segment_id)

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        """Have the model make a token for each that is due, and make sound of those whose window is."""
        if speaking := self._alive(due):
            self._speak(speaking)
        chunks = self._sound(self._planner.windows(self._alive(speaking), self._flows))
        self._planner.observe(speaking, {chunk.segment for chunk in chunks})
        over = [self._over.pop(segment) for segment in due if segment in self._over]
        return [*chunks, *over]

    def close(self) -> None:
        """Release the model."""
        self._parts.model.close()

    def enroll(self, voice: Voice, pcm: Pcm) -> None:
        """Learn to speak as somebody does in a clip at 16 kHz, and keep it. Raises VoiceRefused."""
        codec = self._parts.codec
        self._parts.book.enroll(voice, pcm, lambda clip: global_tokens(clip, CLIP_RATE, codec))
        self._info = self._describe()

    def forget(self, voice_id: str) -> None:
        """Part with a voice that was learnt. Raises VoiceRefused."""
        self._parts.book.forget(voice_id)
        self._info = self._describe()

    @property
    def counted(self) -> dict[str, float]:
        """What it has done since it started."""
        return asdict(self.counts)

    def _describe(self) -> EngineInfo:
        parts, voices = self._parts, self._parts.book.listed
        return EngineInfo(
            name="spark",
            sample_rate=TARGET_RATE,
            default_voice=voices[0].id,
            voices=voices,
            capacity=parts.model.capacity,
            max_step_s=parts.max_step_s,
            tags=parts.tags,
            aligned=False,
            controls=frozenset({"volume"}),
        )

    def _begin(self, segment: Segment) -> None:
        parts = self._parts
        reading = parts.reader.read(segment)
        if reading is None:
            self._over[segment.id] = Ended(segment.id)
            return
        stream = parts.codec.stream(reading.speaker, segment.exact)
        parts.model.add(reading.sequence)
        flow = self._flows[segment.id] = Flow(segment.exact)
        self._live[segment.id] = _Speech(segment, reading, stream, parts.net.stream(), flow)

    def _alive(self, due: Mapping[SegmentId, float]) -> dict[SegmentId, float]:
        return {segment: lead_s for segment, lead_s in due.items() if segment in self._live}

    def _forget(self, segment_id: SegmentId) -> None:
        del self._live[segment_id], self._flows[segment_id]

    def _finish(self, over: Ended | Failed) -> None:
        self._forget(over.segment)
        self._over[over.segment] = over

    def _speak(self, due: Mapping[SegmentId, float]) -> None:
        """Do a step of the model."""
        speakers = self._planner.speakers(due, self._flows)
        made = self._parts.model.step(speakers) if speakers else []
        self.counts.stepped(len(made))
        if made:
            self._planner.stepped()
        for tokens in made:
            if speech := self._live.get(tokens.sequence):
                self._take(speech, tokens)

    def _take(self, speech: _Speech, tokens: lm.Tokens) -> None:
        codes = speech.reading.take(tokens.ids)
        speech.codes += codes
        speech.flow.num_made += len(codes)
        if tokens.finish == "error":
            self._finish(Failed(tokens.sequence, "the language model made numbers that are none"))
        elif tokens.finish:
            speech.flow.ended = True
            if tokens.finish == "length":
                self._note(speech, "budget")
        elif runaway := speech.guard.tokens(codes):
            self._cut(speech, runaway)

    def _cut(self, speech: _Speech, why: Runaway) -> None:
        """Let the model say no more. What it has said is heard."""
        self._note(speech, why)
        if not speech.flow.ended:
            speech.flow.ended = True
            self._parts.model.abort(speech.segment.id)

    def _note(self, speech: _Speech, why: Runaway) -> None:
        self.counts.cut(why)
        log.warning("segment %d was cut after %d tokens: %s", speech.segment.id, speech.flow.num_made, why)

    def _sound(self, windows: list[Window]) -> list[Chunk]:
        """Put windows through the codec and up to 48 kHz; say of those that were the last that they are over."""
        if not windows:
            return []
        speeches = [self._live[window.segment] for window in windows]
        feeds = [
            Feed(speech.stream, speech.take(window.num_tokens), window.is_last, window.lead_s)
            for speech, window in zip(speeches, windows, strict=True)
        ]
        waves = self._parts.codec.step(feeds)
        self.counts.fed(windows, self._parts.codec.num_batched)
        sounding = [each for each in zip(speeches, windows, waves, strict=True) if self._is_sound(*each)]
        ups = [superres.Feed(speech.upsampling, wave, window.is_last) for speech, window, wave in sounding]
        chunks = [
            Chunk(speech.segment.id, _louder(pcm, speech.segment.volume))
            for (speech, _, _), pcm in zip(sounding, self._parts.net.step(ups), strict=True)
            if pcm.size
        ]
        for speech, window, _ in sounding:
            if window.is_last:
                self._finish(Ended(speech.segment.id))
        return chunks

    def _is_sound(self, speech: _Speech, window: Window, wave: Pcm) -> bool:
        """Whether what the codec made is worth going on with. Numbers that are none end the segment."""
        if not isfinite(wave.sum()):
            self._parts.model.abort(speech.segment.id)
            self._finish(Failed(speech.segment.id, "the codec made numbers that are none"))
            return False
        speech.flow.num_sounded = speech.stream.join.num_out // HOP
        if not window.is_last and (runaway := speech.guard.sound(wave)):
            self._cut(speech, runaway)
        return bool(wave.size) or window.is_last


def _louder(pcm: Pcm, volume: float) -> Pcm:
    """Return sound as loud as is asked for, and not beyond full scale."""
    louder: Pcm = np.clip(pcm if volume == 1.0 else pcm * np.float32(volume), -1.0, 1.0)
    return louder
