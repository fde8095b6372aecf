"""The native protocol over HTTP: one text in, its audio out; and who speaks here. See docs/http.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from voice_server.doors import Agreed, ListDoor, Refusal, Speakers, SpeechDoor, Wanted
from voice_server.errors import InvalidField, VoiceServerError
from voice_server.forms import NOTHING, Nothing, in_either
from voice_server.messages import AudioOut, Event, Format, Options

MEDIA_TYPES: dict[Format, str] = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
    "ogg_opus": "audio/ogg",
    "pcm_s16le": "audio/pcm",
    "pcm_f32le": "audio/pcm",
    "mulaw": "audio/basic",
    "alaw": "audio/x-alaw",
}
"""The formats of a body, by what HTTP calls them. Bare Opus packets are not among them: they need a container."""


class SpeechRequest(Options):
    """What is to be spoken, and how."""

    text: Annotated[str, Field(min_length=1)]
    format: Annotated[Format, Field(json_schema_extra={"enum": list(MEDIA_TYPES)})] = "wav"
    max_lead_s: Annotated[float, Field(ge=0.0, le=3600.0)] = 0.0
    timestamps: Literal["none", "word", "char"] = "none"


def refuse(error: VoiceServerError) -> Refusal:
    """Say no."""
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    return Refusal(error.http_status, body)


def read(wanted: SpeechRequest) -> Wanted:
    """Read what is asked. Raises InvalidField."""
    if wanted.format not in MEDIA_TYPES:
        raise InvalidField(f"format: must be one of {', '.join(MEDIA_TYPES)}", field="format")
    agreed = Agreed(Options.of(wanted), any_voice=False)
    return Wanted(wanted.text, agreed, MEDIA_TYPES[wanted.format], sound)


def sound(event: Event) -> Sequence[bytes]:
    """Return the audio of an event as it is: a body without anything else."""
    return [bytes(event.data)] if isinstance(event, AudioOut) else ()


def voices(asked: Nothing, speakers: Speakers) -> object:
    """Tell what speaks here."""
    return {
        "default": speakers.default,
        "voices": [
            {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
            for voice in speakers.voices
        ],
        "variants": list(speakers.variants),
        "tags": sorted(speakers.tags),
    }


DOORS = (
    SpeechDoor(
        "/v1/tts",
        in_either(SpeechRequest),
        read,
        refuse,
        set(MEDIA_TYPES.values()),
        methods=("GET", "POST"),
    ),
    ListDoor("/v1/voices", NOTHING, voices, refuse),
)
