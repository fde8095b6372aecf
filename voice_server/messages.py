"""What clients ask (Commands) and what they are told (Events), whatever dialect their socket speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.types import Format as Format
from engine.types import PcmFormat, SampleRate
from engine.types import Voice as Voice
from voice_server.errors import VoiceServerError

SocketFormat = Literal[PcmFormat, "opus"]
"""What a socket's messages can hold: samples, or one packet each."""

Audio = Literal["binary", "tagged", "base64", "none"]
"""How audio travels on a socket."""


class Options(BaseModel):
    """How an utterance is spoken and delivered; `model_fields_set` tells what a client chose.

    `voice` and `language` are empty where the other, or the engine, decides. Factors are of the voice's own.
    `frame_ms` is the length of an Opus packet, of other formats the most that goes into one message. Which rates
    and bit rates go with which format is checked when they are used: see `casting.output_of`. `markup` is whether
    Markdown, HTML and tags are taken out of the text: "literal" has tags that are not known read, "off" all of it.
    `exact` gives up an earlier first sound where it would cost exactness.
    `lexicon` holds lines of pronunciations, over the server's own: see `engine.text.lexicon`.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    voice: Annotated[str, Field(max_length=128)] = ""
    language: Annotated[str, Field(max_length=64)] = ""
    format: Format = "pcm_s16le"
    sample_rate: SampleRate = 48000
    frame_ms: Annotated[int, Field(ge=20, le=200, multiple_of=20)] | None = None
    bitrate: Annotated[int, Field(ge=6_000, le=320_000)] | None = None
    complexity: Annotated[int, Field(ge=0, le=10)] = 5
    fec: bool = False
    dtx: bool = False
    timestamps: Literal["none", "word", "char"] = "word"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    pitch: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    volume: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    max_buffer_delay_ms: Annotated[int, Field(ge=0, le=10_000)] = 400
    max_lead_s: Annotated[float, Field(ge=0.0, le=3600.0)] = 10.0
    markup: Literal["on", "literal", "off"] = "on"
    exact: bool = False
    lexicon: Annotated[str, Field(max_length=65_536)] = ""

    @property
    def message_ms(self) -> int:
        """Milliseconds of audio in a message, at the most: as chosen, else 20 of Opus and 60 of the rest."""
        return self.frame_ms or (20 if self.format == "opus" else 60)

    @classmethod
    def of(cls, given: Options) -> Options:
        """Return the options of something that holds more than them; those it was not given are not chosen here."""
        chosen = given.model_fields_set & cls.model_fields.keys()
        return cls.model_construct(chosen, **{name: getattr(given, name) for name in cls.model_fields})

    def over(self, defaults: Options) -> Options:
        """Return the defaults with what was chosen here put over them."""
        if not self.model_fields_set:
            return defaults
        return defaults.model_copy(update={name: getattr(self, name) for name in self.model_fields_set})


# Commands. `context` None means the socket's current utterance (Text, Flush, End), or every utterance that the
# listener has not played out (Cancel, Playback).


@dataclass(frozen=True, slots=True)
class Text:
    """Append to an utterance, opening it if need be.

    `last` says that an End follows, so that the text is cut knowing that it is all. `whole` is an utterance of its
    own, which nothing else can name.
    """

    text: str
    context: str | None = None
    options: Options | None = None
    last: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Flush:
    """Speak what is buffered; the utterance stays open."""

    context: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """No more text comes for this utterance."""

    context: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop now. `played_ms` is what the listener has heard, where the client knows."""

    context: str | None = None
    played_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """Where the listener really is."""

    played_ms: float
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Answer with the same value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Close:
    """Drain everything, then close the socket."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A message that asks for something impossible. `loses_text` if it held text, which now is not spoken."""

    error: VoiceServerError
    context: str | None = None
    loses_text: bool = False


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The client is there, and has nothing to say: the socket is not idle."""


Command = Text | Flush | End | Cancel | Playback | Ping | Close | Invalid | KeepAlive


# Events.


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """Before anything else: a client that showed no key is to say it within so many seconds."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Ready:
    """The first thing a client is told that is let in."""

    session_id: str
    request_id: str
    engine: str
    defaults: dict[str, object]
    limits: dict[str, int | None]
    idle_timeout_s: float | None


@dataclass(frozen=True, slots=True)
class Started:
    """An utterance's turn has come. `stream` names it in tagged audio and is never reused on a socket."""

    context: str
    stream: int
    voice: str
    language: str
    options: Options
    seed: int
    pre_skip: int = 0


@dataclass(slots=True)
class AudioOut:
    """Encoded samples of an utterance from `first_sample` on, in units of its output rate: one message's worth.

    Of a container it may hold no sample at all. Not frozen only because one is made for every frame, and a frozen
    one takes three times as long to make.
    """

    context: str
    stream: int
    first_sample: int
    num_samples: int
    data: bytes | memoryview


@dataclass(frozen=True, slots=True)
class Token:
    """A word or character in the client's own spelling, with its time on the utterance's clock.

    `offset` is where a word begins in the utterance's text, in code points. Characters have none: they follow one
    another.
    """

    text: str
    start_ms: float
    end_ms: float
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Timestamps:
    """When words, or characters, sound. Never later than their audio; `estimated` where the engine does not tell."""

    context: str
    unit: Literal["word", "char"]
    tokens: tuple[Token, ...]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Flushed:
    """All audio of what was buffered at a flush has been sent."""

    context: str
    flush_id: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where an utterance's time went, in milliseconds; None where it never came so far.

    `text_wait_ms`, `queue_ms` and `engine_ms` follow one another: first text, first segment submitted, first step
    that works on it, its first chunk. `turn_wait_ms` is the part of the first spent waiting for the utterances
    before. `ttfb_ms` and `audible_ms` count from the first text to the first audio handed to the transport, and to
    the message with the first sample above -50 dBFS. `rtf` is engine-busy time per time of audio.
    """

    text_wait_ms: float | None
    turn_wait_ms: float
    queue_ms: float | None
    engine_ms: float | None
    ttfb_ms: float | None
    audible_ms: float | None
    rtf: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """An utterance is over: everything was sent."""

    context: str
    audio_ms: float
    chars: int
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An utterance was stopped. The two texts together are exactly what was received."""

    context: str
    audio_ms: float
    text_spoken: str
    text_remaining: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something was ignored."""

    code: str
    message: str
    field: str | None = None
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An error. With a context it ends that utterance; if `fatal`, the socket."""

    code: str
    message: str
    field: str | None = None
    context: str | None = None
    retryable: bool = False
    fatal: bool = False
    retry_after_s: float | None = None

    @classmethod
    def of(cls, error: VoiceServerError, context: str | None = None, *, fatal: bool = False) -> Failure:
        """Return how an error is told."""
        return cls(error.code, error.message, error.field, context, error.retryable, fatal, error.retry_after_s)


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a Ping."""

    value: Any


@dataclass(frozen=True, slots=True)
class Closing:
    """The server is about to close; what each utterance has not spoken yet."""

    text_remaining: dict[str, str]


@dataclass(frozen=True, slots=True)
class Closed:
    """The last event: close the socket with this code."""

    code: int
    reason: str = ""


Event = (
    KeyWanted
    | Ready
    | Started
    | AudioOut
    | Timestamps
    | Flushed
    | Done
    | Cancelled
    | Warned
    | Failure
    | Pong
    | Closing
    | Closed
)
