"""Cartesia's speech over HTTP, as a body or as the events that its socket tells; and its list of voices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from voice_server.adapters.cartesia import CartesiaAdapter
from voice_server.adapters.cartesia_terms import FORMATS, Encoding, Fields, RawFormat, Request, options_of, refuse
from voice_server.adapters.native_http import sound
from voice_server.adapters.wav_body import WavBody
from voice_server.doors import Agreed, ListDoor, Speakers, SpeechDoor, Wanted
from voice_server.errors import InvalidField
from voice_server.forms import in_body, in_query
from voice_server.messages import AudioOut, Done, Event, Failure, Timestamps, Voice


class FileFormat(Fields):
    """Samples as they are or in a WAV file, or an MP3 of so many bits per second."""

    container: Literal["raw", "wav", "mp3"]
    sample_rate: Literal[8000, 16000, 22050, 24000, 32000, 44100, 48000]
    encoding: Encoding = "pcm_s16le"
    bit_rate: Annotated[int, Field(ge=8_000, le=320_000)] | None = None


class BytesRequest(Request):
    """What is to be spoken as a body."""

    transcript: Annotated[str, Field(min_length=1)]
    output_format: FileFormat


class EventsRequest(Request):
    """What is to be spoken as events; they name the context, if that has a name."""

    transcript: Annotated[str, Field(min_length=1)]
    output_format: RawFormat
    context_id: Annotated[str, Field(max_length=256)] = ""


def read_bytes(wanted: BytesRequest) -> Wanted:
    """Read what is asked as a body. Raises InvalidField."""
    file = wanted.output_format
    audio_format = "mp3" if file.container == "mp3" else FORMATS[file.encoding]
    chosen: dict[str, object] = {"format": audio_format, "sample_rate": file.sample_rate}
    if file.container == "mp3" and file.bit_rate is not None:
        chosen["bitrate"] = file.bit_rate
    agreed = Agreed(options_of(wanted, chosen | {"max_lead_s": 0.0, "timestamps": "none"}))
    if file.container == "wav":
        return Wanted(wanted.transcript, agreed, "audio/wav", WavBody(audio_format, file.sample_rate))
    return Wanted(wanted.transcript, agreed, "audio/mpeg" if file.container == "mp3" else "audio/pcm", sound)


def read_events(wanted: EventsRequest) -> Wanted:
    """Read what is asked as events. Raises InvalidField."""
    chosen: dict[str, object] = {
        "format": FORMATS[wanted.output_format.encoding],
        "sample_rate": wanted.output_format.sample_rate,
        "timestamps": "word" if wanted.add_timestamps else "none",
        "max_lead_s": 0.0,
    }
    agreed = Agreed(options_of(wanted, chosen))
    return Wanted(wanted.transcript, agreed, "text/event-stream", _Events(wanted.context_id))


class _Events:
    """Tells events as the socket does, each with its type before it, all of one context."""

    def __init__(self, context: str) -> None:
        self._context = context
        self._adapter = CartesiaAdapter()

    def __call__(self, event: Event) -> Sequence[bytes]:
        if isinstance(event, AudioOut | Timestamps | Done | Failure) and self._context:
            event = replace(event, context=self._context)
        return [_event(message) for message in self._adapter.encode(event)]


def _event(message: str) -> bytes:
    return f"event: {json.loads(message)['type']}\ndata: {message}\n\n".encode()


class VoicesQuery(BaseModel):
    """Which part of the list of voices is wanted: so many, after that one, with this in their name."""

    model_config = ConfigDict(strict=True, extra="ignore")

    limit: Annotated[int, Field(ge=1, le=100)] = 10
    starting_after: str = ""
    q: str = ""


def voices(query: VoicesQuery, speakers: Speakers) -> object:
    """Tell who speaks here, a part at a time. Raises InvalidField."""
    ids = [voice.id for voice in speakers.voices]
    if query.starting_after and query.starting_after not in ids:
        raise InvalidField("starting_after: must be the id of a voice of this list", field="starting_after")
    begin = ids.index(query.starting_after) + 1 if query.starting_after else 0
    found = [voice for voice in speakers.voices[begin:] if query.q.lower() in voice.name.lower()]
    return {"data": [_listed(voice) for voice in found[: query.limit]], "has_more": len(found) > query.limit}


def _listed(voice: Voice) -> dict[str, object]:
    gender = {"female": "feminine", "male": "masculine"}.get(voice.gender or "")
    return {
        "id": voice.id,
        "name": voice.name,
        "language": voice.language.partition("-")[0],
        "locales": [{"locale": voice.language, "is_native": True}],
        "gender": gender,
        "tagline": "",
        "description": "",
        "access": "public",
        "visibility": "all",
        "is_owner": False,
        "created_at": "1970-01-01T00:00:00Z",  # voices here have no date, and clients will have one
    }


DOORS = (
    SpeechDoor("/tts/bytes", in_body(BytesRequest), read_bytes, refuse, ("audio/mpeg", "audio/pcm", "audio/wav")),
    SpeechDoor("/tts/sse", in_body(EventsRequest), read_events, refuse, ("text/event-stream",)),
    ListDoor("/voices", in_query(VoicesQuery), voices, refuse),
)
