"""The native protocol, version 1: docs/protocol.md. One object per connection, no I/O."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from voice_server.adapters.native_http import refuse
from voice_server.credentials import FIELDS
from voice_server.doors import Agreed, Asked, Entered, SocketDoor
from voice_server.errors import BadJson, InvalidField
from voice_server.fields import from_query, validate
from voice_server.messages import (
    Audio,
    AudioOut,
    Cancel,
    Cancelled,
    Close,
    Closing,
    Command,
    Done,
    End,
    Event,
    Failure,
    Flush,
    Flushed,
    Invalid,
    KeyWanted,
    Options,
    Ping,
    Playback,
    Pong,
    Ready,
    SocketFormat,
    Started,
    Text,
    Timestamps,
    Warned,
)

PROTOCOL = 1

STREAM_PATH = "/v1/tts/stream"

MAX_CONTEXT_ID = 256

MAX_PING = 256
"""Characters of a ping: its echo may have to wait to be read."""

VOICES_URL = "/v1/voices"

HEADER = struct.Struct("<BBHIQ")
"""Of tagged audio, 16 bytes: version, flags, zero, stream, first sample."""


# What a dictionary would become: json looks for what to escape in every character of the data, which has none.
_AUDIO = '{"type":"audio","context_id":%s,"first_sample":%d,"data":"%s"}'


class SocketOptions(Options):
    """What the query of a socket's address may hold: defaults for its utterances, and how audio travels."""

    format: SocketFormat = "pcm_s16le"
    audio: Audio = "binary"


def _echoable(value: object) -> object:
    """Let through what comes back as the same JSON, and is small."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 1 << 64:
        return value
    if isinstance(value, str) and len(value) <= MAX_PING:
        return value
    raise ValueError(f"must be a number, or a string of at most {MAX_PING} characters")


class _Position(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    played_ms: Annotated[float, Field(ge=0)]


class _Address(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    context_id: Annotated[str, Field(min_length=1, max_length=MAX_CONTEXT_ID)] | None = None


class _Message(Options, _Address):
    """A JSON object from a client: what to do and, on an utterance's first message, its options."""

    format: SocketFormat = "pcm_s16le"
    text: str | None = None
    flush: bool = False
    end: bool = False
    cancel: bool = False
    played_ms: Annotated[float, Field(ge=0)] | None = None
    playback: _Position | None = None
    ping: Annotated[Any, AfterValidator(_echoable)] = None
    close: bool = False


@dataclass(slots=True)
class NativeAdapter:
    """Decodes one socket's messages and encodes what it is told; `audio` says how audio travels."""

    audio: Audio = "binary"

    def decode(self, message: str) -> list[Command]:
        """Return what a message asks for, in the order it is to be done."""
        if not message.lstrip().startswith("{"):
            return [Text(message, whole=True)]
        try:
            given = json.loads(message)
        except (ValueError, RecursionError) as error:
            hint = "a frame that starts with { must be one JSON object; any other text is spoken as it is"
            return [Invalid(BadJson(f"{hint} ({error})"))]
        if len(given) == 1 and isinstance(text := given.get("text"), str):
            return [Text(text)]  # nearly all that a client sends who streams; validating it would cost more than it
        return _decode({name: value for name, value in given.items() if value is not None})

    def encode(self, event: Event) -> list[str | bytes]:
        """Return the messages that tell an event."""
        if isinstance(event, AudioOut):
            return self._audio(event)
        body = _ENCODE[type(event)](event) if type(event) in _ENCODE else None
        return [] if body is None else [json.dumps(body, separators=(",", ":"))]

    def _audio(self, event: AudioOut) -> list[str | bytes]:
        if self.audio == "binary":
            return [bytes(event.data)]
        if self.audio == "tagged":
            return [HEADER.pack(PROTOCOL, 0, 0, event.stream, event.first_sample) + event.data]
        if self.audio == "base64":
            data = base64.b64encode(event.data).decode("ascii")
            return [_AUDIO % (json.dumps(event.context), event.first_sample, data)]
        return []


def query_options(query: Mapping[str, str]) -> SocketOptions:
    """Read a socket's options from its address. Raises InvalidField."""
    return validate(SocketOptions, from_query(SocketOptions, query))


def enter(asked: Asked) -> Entered:
    """Read a socket's request. Raises InvalidField."""
    options = query_options(asked.query)
    return Entered(NativeAdapter(options.audio), Agreed(Options.of(options), options.audio, any_voice=False))


def _decode(given: dict[str, Any]) -> list[Command]:
    try:
        message = validate(_Message, given)
    except InvalidField as error:
        return list(_refused(given, error))
    hint = "nothing to do: send text, flush, end, cancel, playback, ping or close"
    commands = list(_commands(message))
    if not commands and not any(name in given for name in FIELDS):
        return [Invalid(InvalidField(hint))]
    return commands


def _refused(given: dict[str, Any], error: InvalidField) -> Iterator[Command]:
    """Yield what an invalid message costs: its utterance if text of it is lost, no other."""
    try:
        context = validate(_Address, given).context_id
    except InvalidField as unaddressed:
        yield Invalid(unaddressed)
        return
    yield Invalid(error, context, loses_text="text" in given)
    if given.get("end") is True:
        yield End(context)


def _commands(message: _Message) -> Iterator[Command]:
    context = message.context_id
    options = Options.of(message)
    if message.playback is not None:
        yield Playback(message.playback.played_ms, context)
    if message.cancel:
        yield Cancel(context, message.played_ms)
    if message.text is not None or options.model_fields_set:
        yield Text(message.text or "", context, options if options.model_fields_set else None, last=message.end)
    if message.flush:
        yield Flush(context)
    if message.end:
        yield End(context)
    if message.ping is not None:
        yield Ping(message.ping)
    if message.close:
        yield Close()


def _key_wanted(event: KeyWanted) -> dict[str, object]:
    message = f'say {{"api_key": KEY}} within {event.within_s:g} s: this server is not open to everybody'
    return {"type": "authenticate", "message": message, "within_s": event.within_s}


def _ready(event: Ready) -> dict[str, object]:
    return {
        "type": "ready",
        "protocol": PROTOCOL,
        "session_id": event.session_id,
        "request_id": event.request_id,
        "engine": event.engine,
        "defaults": event.defaults,
        "voices_url": VOICES_URL,
        "limits": event.limits,
        "idle_timeout_s": event.idle_timeout_s,
    }


def _started(event: Started) -> dict[str, object]:
    return {
        "type": "started",
        "context_id": event.context,
        "stream": event.stream,
        "voice": event.voice,
        "language": event.language,
        "seed": event.seed,
        "format": event.options.format,
        "sample_rate": event.options.sample_rate,
        "frame_ms": event.options.message_ms,
        "pre_skip": event.pre_skip,
    }


def _timestamps(event: Timestamps) -> dict[str, object]:
    told: dict[str, object] = {
        "type": "timestamps",
        "context_id": event.context,
        f"{event.unit}s": [token.text for token in event.tokens],
        "start_ms": [token.start_ms for token in event.tokens],
        "end_ms": [token.end_ms for token in event.tokens],
    }
    if event.unit == "word":
        told["offsets"] = [token.offset for token in event.tokens]
    return told | {"estimated": True} if event.estimated else told


def _done(event: Done) -> dict[str, object]:
    return {
        "type": "done",
        "context_id": event.context,
        "audio_ms": event.audio_ms,
        "chars": event.chars,
        "timeline": asdict(event.timeline),
    }


def _cancelled(event: Cancelled) -> dict[str, object]:
    return {
        "type": "cancelled",
        "context_id": event.context,
        "audio_ms": event.audio_ms,
        "text_spoken": event.text_spoken,
        "text_remaining": event.text_remaining,
    }


def _notice(kind: str, event: Warned | Failure) -> dict[str, object]:
    body: dict[str, object] = {"type": kind, "code": event.code, "message": event.message}
    if event.field is not None:
        body["field"] = event.field
    if event.context is not None:
        body["context_id"] = event.context
    return body


def _error(event: Failure) -> dict[str, object]:
    later = {} if event.retry_after_s is None else {"retry_after_s": event.retry_after_s}
    return _notice("error", event) | {"retryable": event.retryable, "fatal": event.fatal} | later


_ENCODE: dict[type, Callable[[Any], dict[str, object]]] = {
    KeyWanted: _key_wanted,
    Ready: _ready,
    Started: _started,
    Timestamps: _timestamps,
    Flushed: lambda event: {"type": "flushed", "context_id": event.context, "flush_id": event.flush_id},
    Done: _done,
    Cancelled: _cancelled,
    Closing: lambda event: {"type": "closing", "text_remaining": event.text_remaining},
    Warned: lambda event: _notice("warning", event),
    Failure: _error,
    Pong: lambda event: {"type": "pong", "value": event.value},
}

DOORS = (SocketDoor(STREAM_PATH, enter, NativeAdapter().encode, refuse, explains=True),)
