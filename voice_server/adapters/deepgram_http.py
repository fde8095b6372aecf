"""Deepgram's speech over HTTP, and its list of models, which are the voices here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from voice_server.adapters.deepgram_terms import FORMATS, ID_HEADERS, Query, options_of, refuse
from voice_server.adapters.native_http import sound
from voice_server.adapters.wav_body import WavBody
from voice_server.doors import Agreed, ListDoor, Speakers, SpeechDoor, Wanted
from voice_server.forms import NOTHING, Form, Nothing
from voice_server.messages import Format


@dataclass(frozen=True, slots=True)
class _File:
    """A format that compresses: how we make it, its media type, and its rate and bit rate where none is asked for."""

    format: Format
    media_type: str
    sample_rate: int
    bitrate: int | None = None


_FILES = {
    "mp3": _File("mp3", "audio/mpeg", 22050, 48_000),
    "opus": _File("ogg_opus", "audio/ogg", 48000, 12_000),
    "flac": _File("flac", "audio/flac", 48000),
    "aac": _File("aac", "audio/aac", 22050, 48_000),
}

_BARE = {"linear16": "audio/pcm", "mulaw": "audio/basic", "alaw": "audio/x-alaw"}

_MEDIA_TYPES = {*(file.media_type for file in _FILES.values()), *_BARE.values(), "audio/wav"}


class SpeechQuery(Query):
    """How a text is spoken; `container` is only for formats that do not compress."""

    encoding: Literal["linear16", "mulaw", "alaw", "mp3", "opus", "flac", "aac"] = "mp3"
    container: Literal["none", "wav", "ogg"] = "wav"
    bit_rate: Annotated[int, Field(ge=6_000, le=320_000)] | None = None


class SpeechRequest(SpeechQuery):
    """What is spoken, and how."""

    text: Annotated[str, Field(min_length=1)]


def read(asked: SpeechRequest) -> Wanted:
    """Read what is asked. Raises InvalidField."""
    unpaced = {"max_lead_s": 0.0, "timestamps": "none"}
    if (file := _FILES.get(asked.encoding)) is not None:
        chosen = {"format": file.format, "sample_rate": asked.sample_rate or file.sample_rate, **unpaced}
        if (bitrate := asked.bit_rate or file.bitrate) is not None and file.format != "flac":
            chosen["bitrate"] = bitrate
        return Wanted(asked.text, Agreed(options_of(asked, chosen)), file.media_type, sound)
    rate = asked.sample_rate or (24000 if asked.encoding == "linear16" else 8000)
    options = options_of(asked, {"format": FORMATS[asked.encoding], "sample_rate": rate, **unpaced})
    if asked.container == "none":
        return Wanted(asked.text, Agreed(options), _BARE[asked.encoding], sound)
    return Wanted(asked.text, Agreed(options), "audio/wav", WavBody(options.format, rate))


def models(asked: Nothing, speakers: Speakers) -> object:
    """Tell who speaks here."""
    listed = [
        {"name": voice.name, "canonical_name": voice.id, "languages": [voice.language], "uuid": voice.id}
        for voice in speakers.voices
    ]
    return {"stt": [], "tts": listed}


_FORM = Form(SpeechRequest, tuple(SpeechQuery.model_fields), ("text",))

DOORS = (
    SpeechDoor("/v1/speak", _FORM, read, refuse, _MEDIA_TYPES, id_headers=ID_HEADERS),
    SpeechDoor("/v2/speak", _FORM, read, refuse, _MEDIA_TYPES, id_headers=ID_HEADERS),
    ListDoor("/v1/models", NOTHING, models, refuse, key_in="token"),
)
