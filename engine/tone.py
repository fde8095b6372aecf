"""The engine for tests and demos: each token is one sine tone from which the token can be told again.

A token's pitch is `300 + 8 * (crc32(text) % 400)` Hz, times the factor of the voice and the segment's `pitch`. It
lasts `60 + 5 * min(len(text), 12)` ms divided by the segment's `speed`, of which the last 10 ms are silent; it rises
and falls in 5 ms, to half of full scale times `volume`. Where a token has a pronunciation, that counts for its text.
An emotion of EMOTIONS is three more factors. An event of EVENTS is some beeps, lower than any word; it has no Word.
Nothing else enters: the same segment is the same samples every time. `decode` and `hear` go the way back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from engine.types import Chunk, Ended, EngineInfo, EngineOutput, Failed, Pcm, Segment, SegmentId, Span, Voice, Word

_VOICES = (
    Voice("tone", "Tone", "en-us"),
    Voice("tone-low", "Low tone", "hi", "male"),
    Voice("tone-high", "High tone", "de", "female"),
)
_FACTORS = {"tone": 1.0, "tone-low": 0.5, "tone-high": 1.5}
_NUM_CODES = 400
_LOWEST_HZ = 300
_STEP_HZ = 8
_RAMP_S = 0.005
_REST_S = 0.010
_BLOCK_S = 0.0025
_SHORTEST_S = 0.020
_BEEP_S = 0.070  # of which the last 10 ms are silent


class Colour(NamedTuple):
    """What an emotion does to a segment: factors."""

    pitch: float = 1.0
    speed: float = 1.0
    volume: float = 1.0


EMOTIONS = {
    "happy": Colour(pitch=1.1),
    "sad": Colour(pitch=0.9),
    "excited": Colour(speed=1.25),
    "whisper": Colour(volume=0.25),
}


class Beeps(NamedTuple):
    """What an event sounds like: so many beeps of 60 ms with 10 ms of silence after each, whatever the voice."""

    number: int
    hz: float


EVENTS = {"laugh": Beeps(3, 110.0), "cough": Beeps(2, 130.0), "sigh": Beeps(1, 90.0)}


@dataclass(frozen=True, slots=True)
class Faults:
    """What a ToneEngine does wrong, on purpose: the switches by which a test breaks it.

    It stops for ever at the token `hang_on`, takes its process down at `crash_on`, fails the segment at `fail_on`,
    asks for more memory than there is at `hoard_on`, and takes at least `step_s` seconds for every step.
    """

    hang_on: str = ""
    crash_on: str = ""
    hoard_on: str = ""
    fail_on: str = ""
    step_s: float = 0.0


class ToneEngine:
    """Works on all due segments in every step, and makes `chunk_ms` of audio of each.

    `sample_rate` is in Hz; `faults` are the fields of Faults. Word times are exact to the sample, or, if it is not
    `aligned`, kept to itself.
    """

    def __init__(
        self,
        sample_rate: int = 48000,
        chunk_ms: float = 20,
        faults: Mapping[str, Any] | None = None,
        *,
        aligned: bool = True,
    ) -> None:
        self._chunk_samples = round(sample_rate * chunk_ms / 1000)
        if self._chunk_samples < 1:
            raise ValueError(f"chunk_ms must make at least one sample, not {chunk_ms}")
        self._faults = Faults(**(faults or {}))
        self._speaking: dict[SegmentId, _Speaking] = {}
        self._info = EngineInfo(
            "tone", sample_rate, "tone", _VOICES, capacity=1024, tags=frozenset(EMOTIONS | EVENTS), aligned=aligned
        )

    @property
    def info(self) -> EngineInfo:
        """What this engine is."""
        return self._info

    @property
    def pending(self) -> bool:
        """Never: a step returns all that it made."""
        return False

    def add(self, segment: Segment) -> None:
        """Take a segment. An unknown voice sounds like the default one."""
        self._speaking[segment.id] = _Speaking(segment, self._info, self._faults)

    def abort(self, segment_id: SegmentId) -> None:
        """Drop a segment."""
        self._speaking.pop(segment_id, None)

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        """Make the next chunk of every due segment."""
        if self._faults.step_s:
            time.sleep(self._faults.step_s)
        made: list[EngineOutput] = []
        for segment_id in due:
            if speaking := self._speaking.get(segment_id):
                made.extend(speaking.speak(self._chunk_samples))
                if speaking.over:
                    del self._speaking[segment_id]
        return made

    def close(self) -> None:
        """Forget what is under way."""
        self._speaking.clear()


class _Speaking:
    """A segment under way: its next token, and what is left to say of the one before."""

    __slots__ = ("_aligned", "_colour", "_faults", "_next", "_num_samples", "_rate", "_segment", "_tone", "over")

    def __init__(self, segment: Segment, info: EngineInfo, faults: Faults) -> None:
        self.over = False
        self._segment = segment
        self._colour = EMOTIONS.get(segment.emotion, Colour())
        self._rate = info.sample_rate
        self._aligned = info.aligned
        self._faults = faults
        self._next = 0
        self._num_samples = 0  # of all tokens begun
        self._tone: Pcm = np.empty(0, np.float32)

    def speak(self, num_samples: int) -> Iterator[EngineOutput]:
        """Yield the next chunk, then the end if it was the last."""
        spans = self._segment.spans
        pieces: list[Pcm] = []
        words: list[Word] = []
        while num_samples and not self.over:
            if not self._tone.size:
                if self._next == len(spans):
                    break
                if self._faults.fail_on == spans[self._next].text != "":
                    self.over = True
                    break
                words += self._begin(spans[self._next])
            pieces.append(self._tone[:num_samples])
            self._tone = self._tone[num_samples:]
            num_samples -= pieces[-1].size
        if pieces:
            yield Chunk(self._segment.id, pieces[0] if len(pieces) == 1 else np.concatenate(pieces), tuple(words))
        if self.over:
            yield Failed(self._segment.id, f"told to fail at {self._faults.fail_on!r}")
        elif self._next == len(spans) and not self._tone.size:
            self.over = True
            yield Ended(self._segment.id)

    def _begin(self, span: Span) -> list[Word]:
        """Make the tone of a token, or the beeps of an event; return its word, if it has one."""
        self._break_down(span.text)
        begins = self._num_samples
        self._tone = self._event(span.tag) if span.tag else self._token(span.ipa or span.text)
        self._next += 1
        self._num_samples += self._tone.size
        if span.tag or not self._aligned:
            return []
        return [Word(span.start, span.end, begins / self._rate, self._num_samples / self._rate)]

    def _token(self, token: str) -> Pcm:
        segment, colour = self._segment, self._colour
        hz = pitch_of(token, segment.voice, segment.emotion) * segment.pitch
        duration_s = duration_of(token) / (segment.speed * colour.speed)
        return _tone(self._rate, hz, duration_s, segment.volume * colour.volume)

    def _event(self, tag: str) -> Pcm:
        segment, beeps = self._segment, EVENTS.get(tag, Beeps(0, 0.0))
        return np.tile(_tone(self._rate, beeps.hz, _BEEP_S / segment.speed, segment.volume), beeps.number)

    def _break_down(self, token: str) -> None:
        if not token:
            return
        if token == self._faults.crash_on:
            os._exit(70)
        if token == self._faults.hoard_on:
            bytearray(1 << 62)
        while token == self._faults.hang_on:
            time.sleep(1.0)


def pitch_of(token: str, voice: str = "tone", emotion: str = "") -> float:
    """Return the pitch in Hz that a voice gives to a token in an emotion."""
    return (_LOWEST_HZ + _STEP_HZ * _code(token)) * _factor(voice, emotion)


def _factor(voice: str, emotion: str) -> float:
    return _FACTORS.get(voice, 1.0) * EMOTIONS.get(emotion, Colour()).pitch


def duration_of(token: str) -> float:
    """Return the seconds that a token takes at speed 1, its 10 ms of rest included."""
    return (60 + 5 * min(len(token), 12)) / 1000


def vocabulary(num_words: int) -> list[str]:
    """Return up to 400 words, plain lower-case letters, no two of which have the same pitch."""
    by_code: dict[int, str] = {}
    for letters in product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeiou"):
        word = "".join(letters)
        by_code.setdefault(_code(word), word)
    return list(by_code.values())[:num_words]


def decode(pcm: Pcm, sample_rate: int) -> list[float]:
    """Return the pitches in Hz of the tones in some audio, in order. Pieces of tones under 20 ms are not counted."""
    block = round(sample_rate * _BLOCK_S)
    whole = np.asarray(pcm[: len(pcm) // block * block], np.float32)
    levels = np.abs(whole).reshape(-1, block).max(axis=1, initial=0.0)
    loud = levels > 0.3 * levels.max(initial=0.0)
    edges = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0, append=0)) * block
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [_pitch(whole[begin:end], sample_rate) for begin, end in runs if end - begin >= sample_rate * _SHORTEST_S]


def hear(pcm: Pcm, sample_rate: int, words: Sequence[str], voice: str = "tone", emotion: str = "") -> list[str]:
    """Return which of these words each tone in some audio is; "?" for a tone that is none of them.

    Events stand among them in brackets, "[laugh]". Two of the same, one right after the other, cannot be told apart.
    """
    pitches = {word: pitch_of(word, voice, emotion) for word in words}
    within = _STEP_HZ / 2 * _factor(voice, emotion)
    heard: list[str] = []
    for pitch in decode(pcm, sample_rate):
        if event := next((f"[{tag}]" for tag, beeps in EVENTS.items() if abs(beeps.hz - pitch) < _STEP_HZ), ""):
            heard += [event] if heard[-1:] != [event] else []
            continue
        nearest = min(pitches, key=lambda word: abs(pitches[word] - pitch), default="?")
        heard.append(nearest if abs(pitches.get(nearest, 0.0) - pitch) < within else "?")
    return heard


def _code(token: str) -> int:
    return crc32(token.encode("utf-8", "surrogatepass")) % _NUM_CODES


@lru_cache(maxsize=512)
def _tone(sample_rate: int, hz: float, duration_s: float, volume: float) -> Pcm:
    """Return one token's samples: [round(duration_s * sample_rate)], read-only since it is shared."""
    num_samples = round(duration_s * sample_rate)
    num_sounding = max(num_samples - round(_REST_S * sample_rate), 0)
    seconds = np.arange(num_sounding) / sample_rate
    edge_s = np.minimum(seconds, seconds[::-1]).clip(max=_RAMP_S)
    envelope = 0.5 - 0.5 * np.cos(np.pi / _RAMP_S * edge_s)
    pcm = np.zeros(num_samples, np.float32)
    pcm[:num_sounding] = np.clip(0.5 * volume * envelope * np.sin(2 * np.pi * hz * seconds), -1.0, 1.0)
    pcm.flags.writeable = False
    return pcm


def _pitch(pcm: Pcm, sample_rate: int) -> float:
    """Return the frequency in Hz of one tone: the peak of its padded spectrum, refined by a parabola.

    With at most 6 Hz between two lines that is right to 0.1 Hz, and a much finer spectrum would take ten times as long.
    """
    size = 1 << (max(len(pcm), sample_rate // 6) - 1).bit_length()
    power = np.log(np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)), size)) + 1e-12)
    top = int(np.clip(power.argmax(), 1, len(power) - 2))
    left, centre, right = power[top - 1 : top + 2].tolist()
    return float((top + 0.5 * (left - right) / (left - 2 * centre + right)) * sample_rate / size)
