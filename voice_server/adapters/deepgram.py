"""Deepgram's socket, `/v1/speak`: turns of text, each ended by a flush and heard one after another.

Nothing names a turn on the wire: audio belongs to the turn whose `Flushed` comes next. So a cleared turn gets none.
An error closes the socket, as its clients expect; what is only not understood is warned about. See docs/clients.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from voice_server.adapters.deepgram_terms import ID_HEADERS, code_of, refuse, socket_options
from voice_server.doors import Agreed, Asked, Entered, SocketDoor
from voice_server.errors import BadJson, InvalidField, kind_of
from voice_server.fields import validate
from voice_server.messages import (
    AudioOut,
    Cancel,
    Close,
    Command,
    Done,
    End,
    Event,
    Failure,
    Invalid,
    Options,
    Ping,
    Pong,
    Ready,
    Text,
    Warned,
)


class _Type(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: str


class _Speak(_Type):
    text: str


@dataclass(slots=True)
class Turns:
    """Which turn of a socket takes text: turns are utterances named 1, 2, ..., of which the last may be open.

    So many as `most` may wait to be heard. Where the vendor's server has enough of flushes it ignores them, and warns:
    so do we, and what follows goes on in the same turn. What comes after `close` has no turn.
    """

    number: int = 0
    is_open: bool = False
    most: int | None = None
    _num_over: int = 0
    closed: bool = False

    def speak(self, text: str, options: Options | None = None) -> Iterator[Command]:
        """Yield what adds a text to the open turn, or begins one with it, and with these options."""
        if self.closed:
            return
        begins, self.is_open = not self.is_open, True
        self.number += begins
        yield Text(text, str(self.number), options if begins else None)

    def end(self) -> Iterator[Command]:
        """Yield what ends the open turn, or an empty one: that is answered in its place as any other."""
        if self.closed:
            return
        num_waiting = self.number + (not self.is_open) - self._num_over
        if self.most is not None and num_waiting > max(self.most - 1, 1):
            yield Ping(warning("TOO_MANY_TURNS", f"{self.most} turns wait to be heard: this Flush is ignored"))
            return
        if not self.is_open:
            yield from self.speak("")
        self.is_open = False
        yield End(str(self.number))

    def close(self) -> Iterator[Command]:
        """Yield what closes the socket when all is heard."""
        self.closed = True
        yield Close()

    def limit(self, limits: Mapping[str, int | None]) -> None:
        """Take in how many utterances there may be at a time, on this socket and by its key."""
        told = (limits[name] for name in ("contexts", "utterances"))
        self.most = min((each for each in told if each is not None), default=None)

    def over(self, context: str) -> None:
        """Take in that a turn has been heard, and so those before it."""
        self._num_over = int(context)

    def drop(self) -> None:
        """Take in that no turn is heard any more."""
        self.is_open, self._num_over = False, self.number

    def ended(self, context: str) -> bool:
        """Whether a turn was ended by its client, and not by the end of all."""
        return not self.is_open or int(context) < self.number


@dataclass(slots=True)
class DeepgramAdapter:
    """Decodes one socket's messages and encodes what it is told; `model` is the name the client knows us by."""

    model: str = ""
    turns: Turns = field(default_factory=Turns)
    _sequence: int = -1
    _warned: str = ""

    def decode(self, message: str) -> Sequence[Command]:
        """Return what a message asks for, in the order it is to be done."""
        return decoded(message, self._commands)

    def encode(self, event: Event) -> Sequence[str | bytes]:
        """Return the messages that tell an event."""
        match event:
            case AudioOut():
                return [bytes(event.data)]
            case Done():
                self.turns.over(event.context)
                return [self._numbered("Flushed")] if self.turns.ended(event.context) else ()
            case Pong():
                return [self._numbered("Cleared") if event.value == "Cleared" else written(event.value)]
            case Ready():
                self.turns.limit(event.limits)
                known = {"request_id": event.request_id, "model_name": self.model or event.engine}
                return [
                    written({"type": "Metadata", **known, "model_version": event.engine, "model_uuid": event.engine})
                ]
            case Warned() if event.message != self._warned:  # about each turn what was said of the one before
                self._warned = event.message
                return [written(warning(event.code, event.message))]
            case Failure():
                return [written(error_of(event))]
        return ()

    def _commands(self, given: dict[str, Any]) -> Iterator[Command]:
        match given["type"]:
            case "Speak":
                yield from self.turns.speak(validate(_Speak, given).text)
            case "Flush":
                yield from self.turns.end()
            case "Clear":
                self.turns.drop()
                yield Cancel()
                yield Ping("Cleared")  # comes back when nothing of what is cancelled can come any more
            case "Close":
                yield from self.turns.close()
            case unknown:
                yield Ping(not_understood(unknown, "Speak, Flush, Clear, Close"))

    def _numbered(self, kind: Literal["Flushed", "Cleared"]) -> str:
        self._sequence += 1
        return written({"type": kind, "sequence_id": self._sequence})


def decoded(message: str, commands: Callable[[dict[str, Any]], Iterable[Command]]) -> Sequence[Command]:
    """Return what a message asks for, if it is one: an object with a type, for which there are `commands`."""
    try:
        return list(commands(_read(message)))
    except (BadJson, InvalidField) as error:
        return [Invalid(error)]


def _read(message: str) -> dict[str, Any]:
    try:
        given = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BadJson(f"a message must be one JSON object ({error})") from None
    if not isinstance(given, dict):
        raise BadJson("a message must be one JSON object")
    validate(_Type, given)
    return given


def written(body: object) -> str:
    """Return a message as it is sent."""
    return json.dumps(body, separators=(",", ":"))


def warning(code: str, description: str) -> dict[str, object]:
    """Return a warning, whose text some clients look for under another name."""
    return {"type": "Warning", "code": code, "description": description, "warn_msg": description}


def not_understood(kind: str, known: str) -> dict[str, object]:
    """Return the warning about a type of message that nobody knows."""
    return warning("UNKNOWN_MESSAGE", f"there is no message of type {kind[:64]!a}: send one of {known}")


def error_of(event: Failure) -> dict[str, object]:
    """Return how an error is told."""
    return {"type": "Error", "code": code_of(kind_of(event.code)), "description": event.message}


def enter(asked: Asked) -> Entered:
    """Read a socket's request. Raises InvalidField."""
    adapter = DeepgramAdapter(asked.query.get("model", ""))
    return Entered(adapter, Agreed(socket_options(asked.query), "binary", frail=True))


DOORS = (SocketDoor("/v1/speak", enter, DeepgramAdapter().encode, refuse, id_headers=ID_HEADERS),)
