"""Cartesia's socket: contexts that interleave, each with its own format, words and end. One object per connection.

Any `model_id` and any version are taken. What a cancelled context still had to say is never sent, its `done`
included: the vendor's client would take it for the end of whichever context it reads. See docs/clients.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from voice_server.adapters.cartesia_terms import FORMATS, RawFormat, Request, options_of, refuse, titled
from voice_server.doors import Agreed, Asked, Entered, SocketDoor
from voice_server.errors import BadJson, InvalidField, kind_of
from voice_server.fields import validate
from voice_server.messages import (
    AudioOut,
    Cancel,
    Command,
    Done,
    End,
    Event,
    Failure,
    Flush,
    Flushed,
    Invalid,
    Options,
    Ready,
    Text,
    Timestamps,
)
from voice_server.names import Names

MAX_CONTEXT_ID = 256


class _Address(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    context_id: Annotated[str, Field(min_length=1, max_length=MAX_CONTEXT_ID)]


class _Message(Request, _Address):
    """What a client sends; every message of a context repeats all of it."""

    transcript: str = ""
    output_format: RawFormat
    continue_: Annotated[bool, Field(alias="continue")] = False
    flush: bool = False
    max_buffer_delay_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None


@dataclass(slots=True)
class CartesiaAdapter:
    """Decodes one socket's messages and encodes what it is told; `_begun` are contexts that it has heard of."""

    request_id: str = ""
    _begun: Names = field(default_factory=Names)

    def decode(self, message: str) -> Sequence[Command]:
        """Return what a message asks for, in the order it is to be done."""
        try:
            given = json.loads(message)
        except (ValueError, RecursionError) as error:
            return [Invalid(BadJson(f"a message must be one JSON object ({error})"))]
        if not isinstance(given, dict):
            return [Invalid(BadJson("a message must be one JSON object"))]
        return list(self._commands({name: value for name, value in given.items() if value is not None}))

    def encode(self, event: Event) -> Sequence[str]:
        """Return the messages that tell an event."""
        if isinstance(event, AudioOut):
            data = base64.b64encode(event.data).decode("ascii")
            return [_CHUNK % (json.dumps(event.context), data)]
        if isinstance(event, Ready):
            self.request_id = event.request_id
        if isinstance(event, Failure):
            return [_json(_error(event, self.request_id))]
        return [_json(_TELL[type(event)](event))] if type(event) in _TELL else ()

    def _commands(self, given: dict[str, Any]) -> Iterator[Command]:
        try:
            context = validate(_Address, given).context_id
        except InvalidField as error:
            yield Invalid(error)
            return
        is_new = context not in self._begun
        self._begun.add(context)
        if given.get("cancel") is True:
            yield Cancel(context)
            return
        try:
            message = validate(_Message, given)
            options = _options(message)
        except InvalidField as error:
            yield Invalid(error, context, loses_text=bool(given.get("transcript")))
            if given.get("continue") is not True:
                yield End(context)
            return
        yield from _spoken(message, options, is_new=is_new)


def _options(message: _Message) -> Options:
    """Return how a context is spoken. Raises InvalidField."""
    chosen: dict[str, object] = {
        "format": FORMATS[message.output_format.encoding],
        "sample_rate": message.output_format.sample_rate,
        "timestamps": "word" if message.add_timestamps else "none",
    }
    if message.max_buffer_delay_ms is not None and not _is_phrase(message):
        chosen["max_buffer_delay_ms"] = message.max_buffer_delay_ms
    return options_of(message, chosen)


def _is_phrase(message: _Message) -> bool:
    """Whether a message is to be spoken as it is, though its last word might go on: a flush keeps it in one piece."""
    text = message.transcript
    return message.max_buffer_delay_ms == 0 and text.rstrip() == text != ""


def _spoken(message: _Message, options: Options, *, is_new: bool) -> Iterator[Command]:
    """Yield what a message asks for. One that is new is opened without a text too: clients wait for its end.

    One that is over is not: its client no longer reads, and would take a second end for that of another.
    """
    context = message.context_id
    if message.transcript or is_new:
        yield Text(message.transcript, context, options, last=not message.continue_)
    if message.flush or (message.continue_ and _is_phrase(message)):
        yield Flush(context)
    if not message.continue_:
        yield End(context)


def enter(asked: Asked) -> Entered:
    """Read a socket's request, which says nothing but who it is."""
    return Entered(CartesiaAdapter(), Agreed(Options(), "base64"))


# What a dictionary would become, written at once since one goes out for every frame. No time of a step is told apart.
_CHUNK = '{"type":"chunk","context_id":%s,"data":"%s","done":false,"status_code":206,"step_time":0}'


def _json(body: dict[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))


def _told(kind: str, context: str, *, done: bool = False) -> dict[str, object]:
    return {"type": kind, "context_id": context, "done": done, "status_code": 200 if done else 206}


def _timestamps(event: Timestamps) -> dict[str, object]:
    words = {
        "words": [token.text for token in event.tokens],
        "start": [round(token.start_ms / 1000, 4) for token in event.tokens],
        "end": [round(token.end_ms / 1000, 4) for token in event.tokens],
    }
    return _told("timestamps", event.context) | {"word_timestamps": words}


def _flushed(event: Flushed) -> dict[str, object]:
    return _told("flush_done", event.context) | {"flush_done": True, "flush_id": event.flush_id}


def _error(event: Failure, request_id: str) -> dict[str, object]:
    """Tell an error: never as `done`, which some take for a good end, and never without a `context_id`."""
    told = titled(kind_of(event.code), event.code, event.message) | {"request_id": request_id}
    return {"type": "error", "context_id": event.context, "done": False} | told


_TELL: dict[type, Callable[[Any], dict[str, object]]] = {
    Timestamps: _timestamps,
    Flushed: _flushed,
    Done: lambda event: _told("done", event.context, done=True),
}

DOORS = (SocketDoor("/tts/websocket", enter, CartesiaAdapter().encode, refuse),)
