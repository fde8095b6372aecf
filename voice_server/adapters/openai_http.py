"""OpenAI's speech over HTTP: one text in, its audio out, as a body or as events; and what there is to choose from.

Any `model` and any `instructions` are taken, and change nothing: one engine speaks here. See docs/clients.md.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from voice_server.adapters.native_http import sound
from voice_server.doors import Agreed, ListDoor, Refusal, Speakers, SpeechDoor, Wanted
from voice_server.errors import BadInput, RateLimited, Refused, Unauthorized, VoiceServerError
from voice_server.forms import NOTHING, Nothing, in_body
from voice_server.messages import AudioOut, Done, Event, Format, Options

SAMPLE_RATE: Literal[24000] = 24000
"""Hz, of every format: clients that ask for bare samples know no other."""

MODELS = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")

_FORMATS: Mapping[str, tuple[Format, str]] = {
    "mp3": ("mp3", "audio/mpeg"),
    "opus": ("ogg_opus", "audio/ogg"),
    "aac": ("aac", "audio/aac"),
    "flac": ("flac", "audio/flac"),
    "wav": ("wav", "audio/wav"),
    "pcm": ("pcm_s16le", "audio/pcm"),
}
"""What clients call a format: how we make it, and its media type."""

_MEDIA_TYPES = {*(media_type for _, media_type in _FORMATS.values()), "text/event-stream"}

_PARAMS = {"text": "input", "format": "response_format"}
"""What fields are called here that have another name elsewhere in this server."""


VoiceName = Annotated[str, Field(max_length=128)]


def _name_of_voice(given: object) -> object:
    """Return a voice's name, which may come as an object with an id."""
    return given.get("id", given) if isinstance(given, dict) else given


class VoiceObject(BaseModel):
    """How some clients name a voice."""

    id: VoiceName


class SpeechRequest(BaseModel):
    """What is to be spoken, and how."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    input: Annotated[str, Field(min_length=1)]
    model: str = ""
    voice: Annotated[VoiceName, BeforeValidator(_name_of_voice, json_schema_input_type=VoiceName | VoiceObject)] = ""
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str = ""


def read(wanted: SpeechRequest) -> Wanted:
    """Read what is asked. Raises InvalidField."""
    format, media_type = _FORMATS[wanted.response_format]
    options = Options(
        voice=wanted.voice,
        format=format,
        sample_rate=SAMPLE_RATE,
        speed=wanted.speed,
        timestamps="none",
        max_lead_s=0.0,
    )
    if wanted.stream_format == "sse":
        return Wanted(wanted.input, Agreed(options), "text/event-stream", events)
    return Wanted(wanted.input, Agreed(options), media_type, sound)


# What a dictionary would become: json looks for what to escape in every character of the data, which has none.
_DELTA = b'data: {"type":"speech.audio.delta","audio":"%s"}\n\n'


def events(event: Event) -> Sequence[bytes]:
    """Return what tells an event to those who asked for events. No tokens are counted here."""
    if isinstance(event, AudioOut):
        return [_DELTA % base64.b64encode(event.data)]
    if isinstance(event, Done):
        usage = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 0)
        return [_line({"type": "speech.audio.done", "usage": usage})]
    return ()


def _line(body: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, separators=(",", ":")).encode("ascii") + b"\n\n"


def refuse(error: VoiceServerError) -> Refusal:
    """Say no."""
    param = _PARAMS.get(error.field or "", error.field)
    told = {"message": error.message, "type": _kind(error), "param": param, "code": _code(error)}
    return Refusal(error.http_status, {"error": told})


def _kind(error: VoiceServerError) -> str:
    if isinstance(error, RateLimited):
        return "rate_limit_error"
    return "invalid_request_error" if isinstance(error, BadInput | Refused) and not error.retryable else "server_error"


def _code(error: VoiceServerError) -> str:
    return "invalid_api_key" if isinstance(error, Unauthorized) else error.code


def models(asked: Nothing, speakers: Speakers) -> object:
    """Tell the names of models that clients know; any other will do as well."""
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "voice-server"} for name in MODELS]
    return {"object": "list", "data": listed}


def voices(asked: Nothing, speakers: Speakers) -> object:
    """Tell whose names are good as a `voice`: those of the engine, and the other names they go by."""
    return {"voices": [*(voice.id for voice in speakers.voices), *speakers.other_names]}


DOORS = (
    SpeechDoor("/v1/audio/speech", in_body(SpeechRequest), read, refuse, _MEDIA_TYPES),
    ListDoor("/v1/audio/voices", NOTHING, voices, refuse),
    ListDoor("/v1/models", NOTHING, models, refuse, summary="List models"),
)
