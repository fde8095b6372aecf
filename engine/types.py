"""What everyone may know about the engine without importing it: values, and the two seams Engine and Loop."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.float32]
"""Mono samples, full scale +-1, shape [num_samples]."""

PcmFormat = Literal["pcm_s16le", "pcm_f32le", "mulaw", "alaw"]
"""One encoded sample after the other, each of the same size."""

Container = Literal["wav", "flac", "mp3", "aac", "ogg_opus"]
"""Files, as a stream: a header, audio, perhaps a trailer."""

Format = Literal[PcmFormat, "opus", Container]
"""How audio is encoded. "opus" is bare packets, one after the other."""

PcmRate = Literal[8000, 16000, 22050, 24000, 32000, 44100, 48000]

SampleRate = Literal[PcmRate, 12000]
"""Hz. Which format takes which rate is told by `RATES_OF`."""

_PCM_RATES: tuple[SampleRate, ...] = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
_OPUS_RATES: tuple[SampleRate, ...] = (8000, 12000, 16000, 24000, 48000)

RATES_OF: dict[Format, tuple[SampleRate, ...]] = {
    "pcm_s16le": _PCM_RATES,
    "pcm_f32le": _PCM_RATES,
    "mulaw": _PCM_RATES,
    "alaw": _PCM_RATES,
    "opus": _OPUS_RATES,
    "wav": _PCM_RATES,
    "flac": _PCM_RATES,
    "mp3": (8000, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "aac": (8000, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "ogg_opus": _OPUS_RATES,
}
"""The rates, in Hz, that each format takes."""

BITRATES_OF: dict[Format, tuple[int, int]] = {
    "opus": (6_000, 256_000),
    "mp3": (8_000, 320_000),
    "aac": (8_000, 320_000),
    "ogg_opus": (6_000, 256_000),
}
"""The lowest and the highest bit rate, in bits per second, of the formats that have one to choose."""

_DEFAULT_BITRATE: dict[Format, int] = {"opus": 32_000, "mp3": 128_000, "aac": 64_000, "ogg_opus": 32_000}

PacketMs = Literal[20, 40, 60]

TAIL_RATE = 48_000
"""Hz. Every utterance is assembled at this rate; other output rates are made from it."""

FRAME_MS = 20
"""Milliseconds of audio in one frame."""

AUDIBLE = 10 ** (-50 / 20)
"""The magnitude from which a sample counts as sound: -50 dBFS."""

UtteranceId = int
SegmentId = int

_ids = itertools.count(1)


def new_id() -> int:
    """Return an id for an utterance or a segment: positive, and never the same twice in a process."""
    return next(_ids)


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice an engine speaks with. `id` is what clients send; `language` is a BCP 47 tag."""

    id: str
    name: str
    language: str
    gender: Literal["female", "male"] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One spoken token: the words to say, and the range [start, end) of the client's raw text it stands for.

    A number that is spoken as several words ("$5 million") is one span. Spans of a segment are disjoint and in
    order. Two that touch (`end == next.start`) are written without a space between them, others with one.
    `ipa` is a pronunciation to be used instead of the text's own. `tag` is an event such as "laugh", one of the
    engine's `tags`: then the text is empty, and the event gets no Word.
    """

    text: str
    start: int
    end: int
    tag: str = ""
    ipa: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A complete stretch of an utterance, normalized, as it is handed to an engine.

    `gap_ms` of silence go before it; 0 joins it to the segment before without a pause. `speed`, `pitch` and
    `volume` are factors of the voice's own (1.0); `seed` is for engines that draw random numbers. `emotion` colours
    all of it ("": neutral); one that is not among the engine's `tags` is ignored. Nothing of an `exact`
    one is approximated in order to be early.
    """

    id: SegmentId
    utterance: UtteranceId
    voice: str
    language: str
    spans: tuple[Span, ...]
    gap_ms: int = 0
    speed: float = 1.0
    pitch: float = 1.0
    volume: float = 1.0
    seed: int = 0
    emotion: str = ""
    exact: bool = False

    @property
    def text(self) -> str:
        """The words to say, as one string. Spans without text leave nothing in it, not even a space."""
        pieces: list[str] = []
        last_end = -1
        for span in self.spans:
            if not span.text:
                continue
            if pieces and span.start != last_end:
                pieces.append(" ")
            pieces.append(span.text)
            last_end = span.end
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Word:
    """When the token at [start, end) of the raw text sounds.

    Seconds count from the first sample of the segment where an engine makes the word, and from the first sample
    of the utterance once the Tail has placed it. `estimated`: not told by the engine but reckoned.
    """

    start: int
    end: int
    start_s: float
    end_s: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio of one segment, at the engine's sample rate, with the words that begin in it."""

    segment: SegmentId
    pcm: Pcm
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """A segment is complete: nothing of it follows."""

    segment: SegmentId


@dataclass(frozen=True, slots=True)
class Failed:
    """A segment could not be made, or not to its end: nothing of it follows."""

    segment: SegmentId
    message: str


EngineOutput = Chunk | Ended | Failed


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine is, told once at start.

    `sample_rate` is in Hz. `capacity` is the number of segments it works on at a time; more may be added and
    wait. A step that is silent for longer than `max_step_s` seconds is taken for a hang. Any voice may be
    called for as `voice+variant` with one of `variants`. `tags` are the emotions and events that it can bring out.
    Unless it is `aligned` its chunks hold no words, and their times are reckoned from the sound. Of a segment's speed,
    pitch and volume it follows `controls`.
    """

    name: str
    sample_rate: int
    default_voice: str
    voices: tuple[Voice, ...]
    variants: tuple[str, ...] = ()
    capacity: int = 1
    max_step_s: float = 1.0
    tags: frozenset[str] = frozenset()
    aligned: bool = True
    controls: frozenset[str] = frozenset({"speed", "pitch", "volume"})
    _by_id: dict[str, Voice] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_id.update({voice.id: voice for voice in self.voices})

    def voice(self, voice_id: str) -> Voice | None:
        """Return the voice of this id, `voice+variant` included, or None if there is none."""
        base, plus, variant = voice_id.partition("+")
        if plus and variant not in self.variants:
            return None
        return self._by_id.get(base)

    def voice_for(self, language: str) -> Voice | None:
        """Return a voice of this language, or named after it; else one of its primary language; else None."""
        wanted = language.lower().replace("_", "-")
        primary = wanted.partition("-")[0]
        default = self._by_id.get(self.default_voice)
        candidates = [*([default] if default else []), *self.voices]
        tags = [voice.language.lower() for voice in candidates]
        primaries = [tag.partition("-")[0] for tag in tags]
        ids = [voice.id for voice in candidates]
        for known, tag in ((tags, wanted), (ids, wanted), (tags, primary), (ids, primary), (primaries, primary)):
            if tag in known:
                return candidates[known.index(tag)]
        return None


class Engine(Protocol):
    """Text to audio: synchronous, one owner thread, no clock, no queues of its own towards anyone."""

    @property
    def info(self) -> EngineInfo:
        """What this engine is. Constant, but for the voices of one that learns them (`engine.learning`)."""

    @property
    def pending(self) -> bool:
        """Whether work is launched whose result is outstanding, so that `step` should be called again at once."""

    def add(self, segment: Segment) -> None:
        """Take a segment to be worked on in later steps."""

    def abort(self, segment_id: SegmentId) -> None:
        """Drop a segment: neither chunk nor end of it comes out any more. Unknown ids are ignored."""

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        """Do one turn of work and return what it made, in order per segment.

        `due` maps the segments whose audio is wanted now to the seconds until their listener runs dry (-inf: has
        heard nothing yet), most urgent first. A segment that is not in it is paused where the engine can.
        Every segment added and not aborted gets exactly one Ended or Failed, after its last chunk.
        """

    def close(self) -> None:
        """Release what the engine holds. Nothing else is called afterwards."""


@dataclass(frozen=True, slots=True)
class Output:
    """How an utterance's audio leaves the engine: encoding and rate in Hz.

    The rest is for the formats that compress. `bitrate` is in bits per second (None: the format's own). For Opus
    alone: `packet_ms` of audio in each packet, `complexity` 0 to 10, `fec` carries each packet's sound a second
    time in the next one, `dtx` sends next to nothing while there is silence. Anything a format does not take is a
    ValueError, so that an encoder can be made of every Output there is.
    """

    format: Format = "pcm_s16le"
    sample_rate: SampleRate = 48000
    packet_ms: PacketMs = 20
    bitrate: int | None = None
    complexity: int = 5
    fec: bool = False
    dtx: bool = False

    def __post_init__(self) -> None:
        if self.format not in RATES_OF:
            raise ValueError(f"format must be one of {', '.join(RATES_OF)}, not {self.format!r}")
        if self.sample_rate not in RATES_OF[self.format]:
            rates = ", ".join(map(str, RATES_OF[self.format]))
            raise ValueError(f"sample_rate of {self.format} must be one of {rates}, not {self.sample_rate!r}")
        if self.packet_ms not in (20, 40, 60):
            raise ValueError(f"packet_ms must be 20, 40 or 60, not {self.packet_ms!r}")
        if not 0 <= self.complexity <= 10:
            raise ValueError(f"complexity must be 0 to 10, not {self.complexity!r}")
        lowest, highest = BITRATES_OF.get(self.format, (0, 0))
        if self.bitrate is not None and highest and not lowest <= self.bitrate <= highest:
            raise ValueError(f"bitrate of {self.format} must be {lowest} to {highest}, not {self.bitrate!r}")

    @property
    def bytes_per_sample(self) -> int:
        """Size of one encoded sample; 0 where it is not the same for all."""
        return {"pcm_s16le": 2, "pcm_f32le": 4, "mulaw": 1, "alaw": 1}.get(self.format, 0)

    @property
    def bits_per_second(self) -> int:
        """The bit rate, chosen or the format's own; 0 where it follows from the samples."""
        default = _DEFAULT_BITRATE.get(self.format, 0)
        return default if self.bitrate is None else self.bitrate

    @property
    def frame_samples(self) -> int:
        """Samples in which audio comes out of the engine, as a rule: of one packet, or of 20 ms."""
        frame_ms = self.packet_ms if self.format in ("opus", "ogg_opus") else FRAME_MS
        return self.sample_rate * frame_ms // 1000

    @property
    def pre_skip(self) -> int:
        """Samples, at the output's rate, that a decoder makes before the utterance's first one, to be dropped.

        Opus packets: 6.5 ms, the lookahead of libopus's encoder. A container's own decoder drops what is to be.
        """
        return self.sample_rate * 13 // 2000 if self.format == "opus" else 0


@dataclass(frozen=True, slots=True)
class Timing:
    """When an utterance's first audio was made, in seconds of `time.monotonic` (one clock for all processes)."""

    first_step_at: float
    first_chunk_at: float


class Delivery(NamedTuple):
    """What one step brought for one utterance. Any of its parts may be absent.

    `data` holds `num_samples` encoded samples from `first_sample` on, both in units of the output's rate. For
    "opus" it is packets end to end, `packets` their lengths in bytes, and samples are those a decoder makes, the
    `pre_skip` included. For containers it may also be a header or a trailer, of no samples; samples are counted
    when they leave, which with some formats is some milliseconds after they went in. `words` are on the
    utterance's clock (the first sample after the pre-skip is at 0 s) and never come after the audio in which they
    begin; estimated ones come with the audio in which they end. `audible_at` is the first sample above -50 dBFS,
    counted like `first_sample` and told once, not after the data that holds it. `timing` comes once, with the first
    samples.
    `busy_s` is the time the engine worked on this utterance in this step.
    Then, in this order: `ended` and `failed` name the segment that is over; `flushed` the flush whose audio is
    all delivered; `closed` says that nothing of this utterance follows.
    """

    utterance: UtteranceId
    data: bytes = b""
    first_sample: int = 0
    num_samples: int = 0
    words: tuple[Word, ...] = ()
    audible_at: int | None = None
    timing: Timing | None = None
    busy_s: float = 0.0
    ended: SegmentId | None = None
    failed: Failed | None = None
    flushed: int | None = None
    closed: bool = False
    packets: tuple[int, ...] = ()


Deliver = Callable[[Delivery], None]


class Loop(Protocol):
    """The engine as sessions see it: asynchronous, never blocks, one for all of them.

    Everything is named by utterance ids from `new_id`. What is delivered comes through the callback given to
    `open`, in the thread of the caller's event loop, and stops at once with `abort`: audio that was under way is
    counted and dropped. When the engine dies, utterances with a live segment or delivered audio get a
    Delivery with `failed` and are over; the others are opened again without a word.
    """

    @property
    def info(self) -> EngineInfo:
        """What the engine is."""

    @property
    def ready(self) -> bool:
        """Whether the engine is warm and speaking."""

    def open(self, utterance: UtteranceId, output: Output, max_lead_s: float, deliver: Deliver) -> None:
        """Make room for an utterance. Its generation pauses while its listener has `max_lead_s` in hand (0: never)."""

    def submit(self, segment: Segment) -> None:
        """Speak a segment, after those submitted for the same utterance before."""

    def flush(self, utterance: UtteranceId, flush_id: int) -> None:
        """Let out what is held back of the segments that have ended, then deliver `flushed`."""

    def position(self, utterance: UtteranceId, played_s: float) -> None:
        """Correct the listener's clock: it has played this much just now (negative: it starts so much later)."""

    def abort(self, utterance: UtteranceId) -> None:
        """Stop and forget an utterance. Nothing of it is delivered from here on."""

    def close(self, utterance: UtteranceId) -> None:
        """No more segments come: deliver what is left, then `closed`, then forget it."""
