"""What a client asks with and is answered, as Python sees it: options, events, errors. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict

from voice_server.messages import Cancelled, Done, Flushed, Timeline, Timestamps, Token


class Options(TypedDict, total=False):
    """How an utterance is spoken; for a socket, the defaults of its utterances. See docs/protocol.md."""

    voice: str
    language: str
    format: Literal["pcm_s16le", "pcm_f32le", "mulaw", "alaw", "opus"]
    sample_rate: int
    frame_ms: int
    timestamps: Literal["none", "word", "char"]
    speed: float
    pitch: float
    volume: float
    seed: int
    max_buffer_delay_ms: int
    max_lead_s: float


class TTSError(Exception):
    """What a server says went wrong: a stable `code`, a sentence, the `field` at fault, whether to try again."""

    def __init__(self, code: str, message: str, *, field: str | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.retryable = retryable


class Refused(TTSError):
    """The connection did not come about."""


class ConnectionLost(TTSError):
    """The connection ended before the utterance did. `text_remaining` is what a leaving server had not spoken."""

    def __init__(self, message: str, text_remaining: str | None = None) -> None:
        super().__init__("connection_lost", message, retryable=True)
        self.text_remaining = text_remaining


@dataclass(frozen=True, slots=True)
class Started:
    """An utterance's audio begins; `sample_rate` is in Hz."""

    voice: str
    language: str
    seed: int
    format: str
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Audio:
    """Encoded samples, mono, little-endian; `first_sample` counts from the utterance's start, at its rate."""

    data: bytes
    first_sample: int


Event = Started | Audio | Timestamps | Flushed | Done | Cancelled


def _started(body: dict[str, Any]) -> Started:
    return Started(**{field.name: body[field.name] for field in fields(Started)})


def _timestamps(body: dict[str, Any]) -> Timestamps:
    unit: Literal["word", "char"] = "word" if "words" in body else "char"
    texts = body[f"{unit}s"]
    offsets = body.get("offsets") or [None] * len(texts)
    tokens = tuple(map(Token, texts, body["start_ms"], body["end_ms"], offsets))
    return Timestamps(body["context_id"], unit, tokens, body.get("estimated", False))


def _done(body: dict[str, Any]) -> Done:
    timeline = Timeline(**{field.name: body["timeline"][field.name] for field in fields(Timeline)})
    return Done(body["context_id"], body["audio_ms"], body["chars"], timeline)


def _cancelled(body: dict[str, Any]) -> Cancelled:
    return Cancelled(body["context_id"], body["audio_ms"], body["text_spoken"], body["text_remaining"])


def error_of(body: dict[str, Any]) -> TTSError:
    """Return the error that an `error` message tells."""
    return TTSError(body["code"], body["message"], field=body.get("field"), retryable=body.get("retryable", False))


# How to read a message, by its type: those an utterance goes on after, and those that end it.
EVENTS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "started": _started,
    "timestamps": _timestamps,
    "flushed": lambda body: Flushed(body["context_id"], body["flush_id"]),
}
ENDS: dict[str, Callable[[dict[str, Any]], Done | Cancelled | TTSError]] = {
    "done": _done,
    "cancelled": _cancelled,
    "error": error_of,
}
