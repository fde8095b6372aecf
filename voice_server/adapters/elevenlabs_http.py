"""ElevenLabs over HTTP: speech, with times of characters or without, and the lists that its clients ask for."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from voice_server.adapters.alignment import Aligned, Alignment
from voice_server.adapters.elevenlabs_terms import FORMATS, Chosen, VoiceSettings, refuse
from voice_server.adapters.native_http import MEDIA_TYPES, sound
from voice_server.doors import Agreed, ListDoor, Speakers, SpeechDoor, Wanted
from voice_server.errors import UnknownVoice
from voice_server.forms import NOTHING, Form, Nothing
from voice_server.messages import AudioOut, Done, Event, Started, Timestamps, Voice

MODELS = ("eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_multilingual_v2")
"""Names that clients may ask for, which all mean the engine. Those of v3 and later are left out: with them clients
speak a protocol that is not spoken here."""

JSON_LINES = "application/x-ndjson"


class SpeechRequest(Chosen):
    """What is to be spoken, and how. There is more in it that the engines here cannot do, and which is ignored."""

    voice_id: str
    text: Annotated[str, Field(min_length=1)]
    voice_settings: VoiceSettings | None = None

    def agreed(self, timestamps: Literal["none", "char"]) -> Agreed:
        """Return what is agreed: nothing is paced, since clients wait for so long and no longer."""
        options = self.options(self.voice_id, timestamps, self.voice_settings)
        return Agreed(options.model_copy(update={"max_lead_s": 0.0}))


def speech(wanted: SpeechRequest) -> Wanted:
    """Read a request for sound. Raises InvalidField."""
    agreed = wanted.agreed("none")
    return Wanted(wanted.text, agreed, MEDIA_TYPES[agreed.options.format], sound)


def timed(wanted: SpeechRequest) -> Wanted:
    """Read a request for sound and times, as one JSON object. Raises InvalidField."""
    return Wanted(wanted.text, wanted.agreed("char"), "application/json", Timed(whole=True).encode)


def timed_stream(wanted: SpeechRequest) -> Wanted:
    """Read a request for sound and times, as a JSON object in each line. Raises InvalidField."""
    return Wanted(wanted.text, wanted.agreed("char"), JSON_LINES, Timed(whole=False).encode)


@dataclass(slots=True)
class Timed:
    """Tells an utterance as lines of JSON, whose times go on from line to line; or, if `whole`, as one at its end."""

    whole: bool
    _alignment: Alignment | None = None
    _data: bytearray = field(default_factory=bytearray)

    def encode(self, event: Event) -> Sequence[bytes]:
        """Return the line that tells an event, if any does."""
        if isinstance(event, Started):
            self._alignment = Alignment(event)
        if self._alignment is None:
            return ()
        if isinstance(event, Timestamps):
            self._alignment.add(event.tokens)
        if isinstance(event, AudioOut):
            if not self.whole:
                return [_line(event.data, self._alignment.take(event))]
            self._data += event.data
        if isinstance(event, Done) and ((rest := self._alignment.rest()) or self.whole):
            return [_line(self._data, rest)]
        return ()


def _line(data: bytes | bytearray | memoryview, aligned: Aligned | None) -> bytes:
    told = None if aligned is None else _times(aligned)
    body = {"audio_base64": base64.b64encode(data).decode("ascii"), "alignment": told, "normalized_alignment": told}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


def _times(aligned: Aligned) -> dict[str, object]:
    return {
        "characters": aligned.chars,
        "character_start_times_seconds": [start / 1000 for start in aligned.starts],
        "character_end_times_seconds": [end / 1000 for end in aligned.ends],
    }


def voices(asked: Nothing, speakers: Speakers) -> object:
    """Tell who speaks here."""
    return {"voices": [_voice(voice) for voice in speakers.voices]}


def voices_page(asked: Nothing, speakers: Speakers) -> object:
    """Tell who speaks here, as a page of a list that has one."""
    found = [_voice(voice) for voice in speakers.voices]
    return {"voices": found, "has_more": False, "total_count": len(found), "next_page_token": None}


class VoiceRequest(BaseModel):
    """Which voice it is about."""

    voice_id: str


def voice(asked: VoiceRequest, speakers: Speakers) -> object:
    """Tell about one voice, by any of its names. Raises UnknownVoice."""
    wanted = asked.voice_id
    voice_id = speakers.other_names.get(wanted, wanted)
    found = next((voice for voice in speakers.voices if voice.id == voice_id), None)
    if found is None:
        raise UnknownVoice(f"there is no voice {wanted[:64]!a}: /v1/voices lists them", field="voice_id")
    return _voice(found)


def _voice(voice: Voice) -> dict[str, object]:
    labels = {"language": voice.language} | ({"gender": voice.gender} if voice.gender else {})
    return {"voice_id": voice.id, "name": voice.name, "category": "premade", "labels": labels}


def models(asked: Nothing, speakers: Speakers) -> object:
    """Tell which models may be asked for."""
    tags = sorted({voice.language.partition("-")[0] for voice in speakers.voices})
    languages = [{"language_id": tag, "name": tag} for tag in tags]
    can = {"can_do_text_to_speech": True, "can_do_voice_conversion": False, "can_use_style": False}
    return [{"model_id": model, "name": model, "languages": languages} | can for model in MODELS]


def user(asked: Nothing, speakers: Speakers) -> object:
    """Tell clients that count what they may use that there is enough."""
    return {"user_id": "voice-server", "is_new_user": False, "subscription": subscription(asked, speakers)}


def subscription(asked: Nothing, speakers: Speakers) -> object:
    """Tell that there is nothing to pay."""
    return {"tier": "self-hosted", "status": "active", "character_count": 0, "character_limit": 1 << 31}


_PATH = "/v1/text-to-speech/{voice_id}"
_OURS = "xi-api-key"

_FORM = Form(SpeechRequest, ("output_format",), ("text", "language_code", "seed", "voice_settings"))
_MEDIA_TYPES = {MEDIA_TYPES[format] for format in FORMATS.values()}
_TIMED = [json.loads(_line(b"\0\0", aligned)) for aligned in (None, Aligned(0, ["a"], [0], [50]))]

DOORS = (
    SpeechDoor(_PATH, _FORM, speech, refuse, _MEDIA_TYPES),
    SpeechDoor(f"{_PATH}/stream", _FORM, speech, refuse, _MEDIA_TYPES),
    SpeechDoor(f"{_PATH}/with-timestamps", _FORM, timed, refuse, ("application/json",), _TIMED),
    SpeechDoor(f"{_PATH}/stream/with-timestamps", _FORM, timed_stream, refuse, (JSON_LINES,)),
    ListDoor("/v1/voices", NOTHING, voices, refuse, _OURS),
    ListDoor("/v1/voices/{voice_id}", Form(VoiceRequest), voice, refuse, summary="Tell about one voice"),
    ListDoor("/v2/voices", NOTHING, voices_page, refuse),
    ListDoor("/v1/models", NOTHING, models, refuse, _OURS, "List models"),
    ListDoor("/v1/user", NOTHING, user, refuse, summary="Tell what may be used"),
    ListDoor("/v1/user/subscription", NOTHING, subscription, refuse, summary="Tell what is paid"),
)
