"""Deepgram's newer socket, `/v2/speak`: turns that have a name, and interrupts that tell what was heard.

An offset of an interrupt counts the session's audio from its beginning, as the listener heard it: what was sent and
never played does not count any more once an interrupt has said so. See docs/clients.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from voice_server.adapters.deepgram import Turns, decoded, error_of, not_understood, warning, written
from voice_server.adapters.deepgram_terms import ID_HEADERS, refuse, socket_options
from voice_server.doors import Agreed, Asked, Entered, SocketDoor
from voice_server.errors import InvalidField
from voice_server.fields import validate
from voice_server.messages import (
    AudioOut,
    Cancel,
    Cancelled,
    Command,
    Done,
    Event,
    Failure,
    Options,
    Ping,
    Pong,
    Ready,
    Started,
    Text,
    Warned,
)

KNOWN = "Speak, Flush, Interrupt, Configure, Close"

MAX_HEARD = 64
"""Turns that are over and may still be playing, which an interrupt can be about."""


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class _Speak(_Fields):
    text: str


class _Offset(_Fields):
    type: Literal["time_ms"] = "time_ms"
    value: Annotated[int, Field(ge=0)]


class _Interrupt(_Fields):
    playback_offset: _Offset | None = None


class _Configure(_Fields):
    speed: Annotated[float, Field(ge=0.25, le=4.0)] | None = None


@dataclass(frozen=True, slots=True)
class _Interrupted:
    """Comes back when all that an interrupt stops has stopped; `offset_ms` is what the client said."""

    offset_ms: int | None


@dataclass(slots=True)
class _Turn:
    """Where in the session's audio a turn begins, and how much of it there is, in milliseconds; its characters."""

    begins_ms: float | None = None
    audio_ms: float = 0.0
    chars: int = 0
    over: bool = False


@dataclass(slots=True)
class FluxAdapter:
    """Decodes one socket's messages and encodes what it is told; `model` is the name the client knows us by."""

    options: Options
    model: str = ""
    _numbers: Turns = field(default_factory=Turns)
    _turns: dict[str, _Turn] = field(default_factory=dict)
    _speed: Options | None = None
    _sent_ms: float = 0.0
    _told_ms: int = 0
    _totals: _Turn = field(default_factory=_Turn)
    _cut: list[Cancelled] = field(default_factory=list)
    _warned: str = ""

    def decode(self, message: str) -> Sequence[Command]:
        """Return what a message asks for, in the order it is to be done."""
        return decoded(message, self._commands)

    def encode(self, event: Event) -> Sequence[str | bytes]:
        """Return the messages that tell an event."""
        if isinstance(event, AudioOut):
            ms = 1000 * event.num_samples / self.options.sample_rate
            self._turns[event.context].audio_ms += ms
            self._sent_ms += ms
            return [bytes(event.data)]
        return [written(body) for body in self._told(event)]

    def _commands(self, given: dict[str, Any]) -> Iterator[Command]:
        match given["type"]:
            case "Speak":
                yield from self._speak(validate(_Speak, given).text)
            case "Flush":
                yield from self._numbers.end() if self._numbers.is_open else [Ping(_no_speech("end"))]
            case "Interrupt":
                yield from self._interrupt(validate(_Interrupt, given).playback_offset)
            case "Configure":
                yield Ping(self._configured(given))
            case "Close":
                yield from self._numbers.close()
                if not any(not turn.over for turn in self._turns.values()):
                    yield Ping(self._session())
            case unknown:
                yield Ping(not_understood(unknown, KNOWN))

    def _speak(self, text: str) -> Iterator[Command]:
        for command in self._numbers.speak(text, self._speed):
            if isinstance(command, Text) and command.context is not None:
                self._turns.setdefault(command.context, _Turn()).chars += len(text)
            yield command

    def _interrupt(self, offset: _Offset | None) -> Iterator[Command]:
        """Yield what stops every turn that the listener has not heard to its end."""
        if offset is not None and offset.value < self._told_ms:
            told = f"playback_offset {offset.value} lies before {self._told_ms}, of the interrupt before"
            yield Ping(warning("INVALID_INTERRUPT_OFFSET", told))
            return
        self._numbers.drop()
        for context, turn in self._turns.items():
            if turn.over and (offset is None or (turn.begins_ms or 0.0) + turn.audio_ms <= offset.value):
                continue
            begins_ms = turn.begins_ms if turn.begins_ms is not None else self._sent_ms
            yield Cancel(context, None if offset is None else max(offset.value - begins_ms, 0.0))
        yield Ping(_Interrupted(offset.value if offset is not None else None))

    def _configured(self, given: dict[str, Any]) -> dict[str, object]:
        """Take in how turns from the next one on are spoken, and return the answer."""
        try:
            speed = validate(_Configure, given).speed
        except InvalidField as error:
            failed = {"code": "SPEED_OUT_OF_RANGE", "field": "speed", "description": error.message}
            return {"type": "ConfigureFailure", **failed}
        if speed is not None:
            self._speed = Options(speed=speed)
        return {"type": "ConfigureSuccess", "applied": {} if self._speed is None else {"speed": self._speed.speed}}

    def _told(self, event: Event) -> Iterator[object]:
        match event:
            case Started():
                self._turns[event.context].begins_ms = self._sent_ms
                yield {"type": "SpeechStarted", "speech_id": _speech_id(event.context)}
            case Done():
                yield from self._done(event.context)
            case Cancelled():
                self._cut.append(event)
            case Pong():
                yield self._interrupted(event.value) if isinstance(event.value, _Interrupted) else event.value
            case Ready():
                self._numbers.limit(event.limits)
                known = {"request_id": event.request_id, "model_name": self.model or event.engine}
                yield {"type": "Connected", **known, "model_version": event.engine, "model_uuids": [event.engine]}
            case Warned() if event.message != self._warned:
                self._warned = event.message
                yield warning(event.code, event.message)
            case Failure():
                yield error_of(event)

    def _done(self, context: str) -> Iterator[object]:
        turn = self._turns[context]
        self._numbers.over(context)
        self._count(turn)
        if not turn.audio_ms:
            yield warning("NO_SYNTHESIZABLE_TEXT", "there is no word in this turn's text")
        if self._numbers.ended(context):  # before what ends the turn, so that nothing of it is read in the next
            yield {"type": "Flushed", "speech_id": _speech_id(context)}
        yield {"type": "SpeechMetadata", **_metadata(context, turn)}
        over = [name for name, each in self._turns.items() if each.over]
        for name in over[: len(over) - MAX_HEARD]:
            del self._turns[name]
        if self._numbers.closed and len(over) == len(self._turns):
            yield self._session()

    def _count(self, turn: _Turn) -> None:
        if not turn.over:
            turn.over = True
            self._totals.audio_ms += turn.audio_ms
            self._totals.chars += turn.chars

    def _interrupted(self, interrupted: _Interrupted) -> dict[str, object]:
        cut, self._cut = self._cut, []
        if not cut:
            return _no_speech("interrupt")
        offset_ms = interrupted.offset_ms
        first = cut[0].context
        metadata = _metadata(first, self._turns[first])
        for each in cut:
            self._count(self._turns.pop(each.context))
        told: dict[str, object] = {"type": "SpeechInterrupted", "audio_played_ms": round(self._sent_ms)}
        if offset_ms is not None:
            self._sent_ms, told["audio_played_ms"] = offset_ms, offset_ms
            told["text_spoken"] = "".join(each.text_spoken for each in cut)
            told["text_remaining"] = "".join(each.text_remaining for each in cut)
        self._told_ms = round(self._sent_ms)
        return told | {"metadata": metadata}

    def _session(self) -> dict[str, object]:
        chars = {"total_input_character_count": self._totals.chars, "total_billable_character_count": 0}
        return {"type": "SessionMetadata", "total_audio_duration_ms": round(self._totals.audio_ms), **chars}


def _speech_id(context: str) -> str:
    return f"dg_sp_{int(context):012x}"


def _no_speech(what: str) -> dict[str, object]:
    return warning("NO_ACTIVE_SPEECH", f"there is no turn to {what}")


def _metadata(context: str, turn: _Turn) -> dict[str, object]:
    """Return what is told of a turn. Nothing is billed here, and controls in the text are none."""
    applied = dict.fromkeys(("pronunciations_applied", "breaks_applied", "pronunciation_warnings"), 0)
    counts = {"input_character_count": turn.chars, "billable_character_count": 0}
    spoken = {"speech_id": _speech_id(context), "audio_duration_ms": round(turn.audio_ms)}
    return {**spoken, **counts, "controls_applied": applied}


def enter(asked: Asked) -> Entered:
    """Read a socket's request. Raises InvalidField."""
    options = socket_options(asked.query)
    adapter = FluxAdapter(options, asked.query.get("model", ""))
    return Entered(adapter, Agreed(options, "binary", frail=True))


DOORS = (SocketDoor("/v2/speak", enter, FluxAdapter(Options()).encode, refuse, id_headers=ID_HEADERS),)
