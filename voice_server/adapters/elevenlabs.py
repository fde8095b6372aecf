"""ElevenLabs' sockets: `stream-input`, which speaks one text, and `multi-stream-input`, with contexts."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from voice_server.adapters.alignment import Aligned, Alignment
from voice_server.adapters.elevenlabs_terms import Chosen, VoiceSettings, name_of, refuse, speed_of
from voice_server.doors import Agreed, Asked, Entered, SocketDoor
from voice_server.errors import BadJson, InvalidField, TooManyContexts, kind_of
from voice_server.fields import from_query, validate
from voice_server.messages import (
    AudioOut,
    Cancel,
    Cancelled,
    Close,
    Command,
    Done,
    End,
    Event,
    Failure,
    Flush,
    Flushed,
    Invalid,
    KeepAlive,
    Options,
    Ping,
    Pong,
    Started,
    Text,
    Timestamps,
)
from voice_server.names import Names

MESSAGE_MS = 100
"""Audio in a message, at the most."""

DEFAULT = "default"
"""The context that is meant where none is named, and the only one of `stream-input`."""

MAX_CONTEXTS = 1024
"""Contexts that may be open, most of them without a text: only those that have one use what is limited elsewhere."""

MAX_FLUSHES = 512
"""Flushes that may wait for their audio; what comes behind more of them is cut where the server would."""


class _Query(Chosen):
    auto_mode: bool = False
    inactivity_timeout: Annotated[int, Field(ge=1, le=180)] | None = None
    close_context: Annotated[str, Field(pattern="^(auto|drain)$")] = "auto"


class _Generation(BaseModel):
    chunk_length_schedule: list[Annotated[int, Field(ge=1)]] = []  # nothing waits for so much here


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str | None = None
    context_id: Annotated[str, Field(max_length=256, validation_alias=AliasChoices("context_id", "contextId"))] = ""
    flush: bool = False
    close_context: bool = False
    close_socket: bool = False
    voice_settings: VoiceSettings | None = None
    generation_config: _Generation | None = None


@dataclass(slots=True)
class _Context:
    """What is known of a context from its messages. `flushed`: the last of them was a flush, and held no text."""

    settings: VoiceSettings | None = None
    speaking: bool = False
    flushed: bool = False
    ending: bool = False
    num_flushes: int = 0  # not answered


@dataclass(slots=True)
class ElevenLabsAdapter:
    """Translates for one socket.

    With `multi` there are contexts. With `auto_mode` each message is a phrase, to be spoken at once. With `drains`
    a context that is closed is always heard to its end. An error that is told of one of the names in `_closing` is
    not about the context that has that name now, if there is one.
    """

    multi: bool
    auto_mode: bool = False
    drains: bool = False
    _contexts: dict[str, _Context] = field(default_factory=dict)
    _alignments: dict[str, Alignment] = field(default_factory=dict)
    _dead: Names = field(default_factory=Names)
    _closing: list[str] = field(default_factory=list)

    def decode(self, message: str) -> Sequence[Command]:
        """Return what a message asks for."""
        try:
            given = json.loads(message)
            if not isinstance(given, dict):
                raise TypeError("it is something else")
        except (ValueError, TypeError, RecursionError) as error:
            return [Invalid(BadJson(f"a message must be one JSON object ({error})"))]
        try:
            said = validate(_Message, {name: value for name, value in given.items() if value is not None})
        except InvalidField as error:
            name = given.get("context_id")
            return [Invalid(error, name if isinstance(name, str) and name else DEFAULT, loses_text="text" in given)]
        return self._decode_multi(said) if self.multi else self._decode_single(said)

    def encode(self, event: Event) -> Sequence[str]:
        """Return the messages that tell an event."""
        match event:
            case AudioOut():
                return [self._audio(event)]
            case Timestamps():
                self._alignments[event.context].add(event.tokens)
            case Started():
                self._alignments[event.context] = Alignment(event)
            case Flushed():
                self._contexts[event.context].num_flushes -= 1
                return self._left(event.context, self._alignments[event.context].flush())
            case Done():
                return self._done(event.context)
            case Cancelled():
                self._alignments.pop(event.context, None)
                return [self._final(event.context)]
            case Failure():
                return self._failed(event)
            case Pong():
                self._closing.remove(event.value)
        return ()

    # From the client

    def _decode_single(self, said: _Message) -> Sequence[Command]:
        context = self._contexts.setdefault(DEFAULT, _Context())
        commands = self._speak(DEFAULT, context, said)
        return [*commands, Close()] if said.text == "" and not said.flush else commands

    def _decode_multi(self, said: _Message) -> Sequence[Command]:
        name = said.context_id or DEFAULT
        context = self._contexts.get(name)
        if said.close_socket:
            return [Close()]
        if said.close_context:
            return self._close(name, context)
        if context is None:
            if not said.text or name in self._dead:
                return [KeepAlive()]  # or a flush for what was never opened
            if len(self._contexts) >= MAX_CONTEXTS:
                error = TooManyContexts(f"at most {MAX_CONTEXTS} contexts may be open: close some", field="context_id")
                return [Invalid(error, name, loses_text=True)]
            context = self._contexts[name] = _Context()
        return self._speak(name, context, said)

    def _speak(self, name: str, context: _Context, said: _Message) -> Sequence[Command]:
        """Return the commands for text and flush. What is blank before any text only opens, or keeps alive."""
        text = said.text or ""
        if said.voice_settings is not None and not context.speaking:
            context.settings = said.voice_settings
        if context.ending:
            return [KeepAlive()]
        if not text or not (context.speaking or text.strip()):
            context.flushed = context.flushed or said.flush
            return _flush(name, context) if said.flush and context.speaking else [KeepAlive()]
        context.flushed = False
        if self.auto_mode and not text[-1].isspace():
            text += " "  # phrases follow one another without
        options = None if context.speaking else Options(**speed_of(context.settings))
        context.speaking = True
        return [Text(text, name, options), *(_flush(name, context) if said.flush or self.auto_mode else ())]

    def _close(self, name: str, context: _Context | None) -> Sequence[Command]:
        """Return how a context ends: heard to its end after a flush, else, and at a second word, at once.

        Clients send the same at the end of a turn and to interrupt it. Before the one they flush; LiveKit does so
        after each sentence too, but then together with its text.
        """
        if context is None or context.ending or not (context.flushed or self.drains or not context.speaking):
            self._contexts.pop(name, None)
            self._dead.discard(name)
            self._closing.append(name)
            return [End(name) if context is None else Cancel(name), Ping(name)]
        context.ending = True
        return [End(name)] if context.speaking else [Text("", name, last=True), End(name)]

    # To the client

    def _audio(self, event: AudioOut) -> str:
        alignment = self._alignments[event.context]
        aligned = alignment.take(event)
        heard = aligned or alignment.silence(event)
        return self._message(event.context, base64.b64encode(event.data).decode("ascii"), heard, aligned)

    def _done(self, name: str) -> Sequence[str]:
        self._contexts.pop(name, None)
        alignment = self._alignments.pop(name, None)
        return [*(self._left(name, alignment.rest()) if alignment else ()), self._final(name)]

    def _left(self, name: str, aligned: Aligned | None) -> Sequence[str]:
        """Return the message for characters whose audio has been sent."""
        return [] if aligned is None else [self._message(name, "", aligned, aligned)]

    def _failed(self, event: Failure) -> Sequence[str]:
        code = kind_of(event.code).close_code
        body: dict[str, Any] = {"message": event.message, "error": name_of(event.code), "code": code}
        if event.context is None or not self.multi:
            return [json.dumps(body)]
        self._alignments.pop(event.context, None)
        if event.context not in self._closing:
            context = self._contexts.pop(event.context, None)
            if context is None or not context.ending:
                self._dead.add(event.context)
        ids = {"contextId": event.context, "context_id": event.context}
        return [json.dumps(body | ids), self._final(event.context)]  # some clients only know that as an end

    def _message(self, name: str, audio: str, heard: Aligned | None, aligned: Aligned | None) -> str:
        """Return audio and its characters: in `alignment` their times restart in every message.

        Those of `normalizedAlignment` do not: who prefers that one, LiveKit, takes them as they are.
        """
        restarting = "null" if heard is None else _times(heard.chars, heard.relative, heard.durations)
        running = "null" if aligned is None else _times(aligned.chars, aligned.starts, aligned.durations)
        told = f'"isFinal":null,"alignment":{restarting},"normalizedAlignment":{running}'
        return f'{{"audio":"{audio}",{told}{self._ids(name)}}}'

    def _final(self, name: str) -> str:
        return f'{{"audio":null,"isFinal":true{self._ids(name)}}}'

    def _ids(self, name: str) -> str:
        """Return a context's name, as clients and the documentation spell it, and as they are spelt to."""
        quoted = json.dumps(name)
        return f',"contextId":{quoted},"context_id":{quoted}' if self.multi else ""


def _flush(name: str, context: _Context) -> Sequence[Command]:
    if context.num_flushes >= MAX_FLUSHES:
        return ()
    context.num_flushes += 1
    return [Flush(name)]


def _times(chars: list[str], starts: list[int], durations: list[int]) -> str:
    told = {"chars": chars, "charStartTimesMs": starts, "charDurationsMs": durations}
    return json.dumps(told, separators=(",", ":"))


def _enter(asked: Asked, *, multi: bool) -> Entered:
    """Read a socket's request. Raises InvalidField."""
    query = validate(_Query, from_query(_Query, asked.query))
    options = query.options(asked.path["voice_id"], "char", None)
    options = options.model_copy(update={"frame_ms": MESSAGE_MS} if options.format.startswith("pcm") else {})
    adapter = ElevenLabsAdapter(multi, query.auto_mode, query.close_context == "drain")
    return Entered(adapter, Agreed(options, "base64", query.inactivity_timeout, frail=not multi))


def _door(ending: str, *, multi: bool) -> SocketDoor:
    tell = ElevenLabsAdapter(multi).encode
    return SocketDoor(
        f"/v1/text-to-speech/{{voice_id}}/{ending}", lambda asked: _enter(asked, multi=multi), tell, refuse
    )


DOORS = (_door("stream-input", multi=False), _door("multi-stream-input", multi=True))
