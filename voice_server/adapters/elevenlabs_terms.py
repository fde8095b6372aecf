"""What ElevenLabs' sockets and HTTP have in common: formats, settings, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from voice_server.doors import Refusal
from voice_server.errors import InvalidField, VoiceServerError
from voice_server.messages import Format, Options

FORMATS: Mapping[str, Format] = {
    "mp3": "mp3",
    "pcm": "pcm_s16le",
    "ulaw": "mulaw",
    "alaw": "alaw",
    "opus": "ogg_opus",
}
"""What clients call a codec: how we make it."""

_RATES = {
    "mp3": ("22050_32", "24000_48", "44100_32", "44100_64", "44100_96", "44100_128", "44100_192"),
    "pcm": ("8000", "16000", "22050", "24000", "32000", "44100", "48000"),
    "ulaw": ("8000",),
    "alaw": ("8000",),
    "opus": ("48000_32", "48000_64", "48000_96", "48000_128", "48000_192"),
}

OUTPUT_FORMATS = tuple(f"{codec}_{rate}" for codec, rates in _RATES.items() for rate in rates)
"""Codec, rate in Hz, and of those that have one the bit rate in thousands."""

ERRORS = {
    "unauthorized": "invalid_api_key",
    "missing_scope": "missing_permissions",
    "rate_limited": "too_many_concurrent_requests",
    "busy": "system_busy",
    "text_too_long": "max_character_limit_exceeded",
    "too_many_contexts": "max_active_contexts_exceeded",
}
"""What ElevenLabs calls errors that we call otherwise."""


class VoiceSettings(BaseModel):
    """How a voice is to speak. There is more in it that the engines here cannot do, and which is ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    speed: Annotated[float, Field(strict=True, ge=0.25, le=4.0)] | None = None


class Chosen(BaseModel):
    """What the query of a socket, or the query and the body of a request, may choose."""

    model_config = ConfigDict(extra="ignore")

    output_format: Annotated[str, Field(json_schema_extra={"enum": list(OUTPUT_FORMATS)})] = "mp3_44100_128"
    language_code: Annotated[str, Field(max_length=64)] = ""
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] | None = None

    def options(self, voice: str, timestamps: Literal["none", "char"], settings: VoiceSettings | None) -> Options:
        """Return them as options. Raises InvalidField."""
        if self.output_format not in OUTPUT_FORMATS:
            message = f"output_format: must be one of {', '.join(OUTPUT_FORMATS)}"
            raise InvalidField(message, field="output_format")
        codec, rate, *kbps = self.output_format.split("_")
        given: dict[str, Any] = {
            "voice": voice[:128],
            "language": self.language_code,
            "format": FORMATS[codec],
            "sample_rate": int(rate),
            "bitrate": int(kbps[0]) * 1000 if kbps else None,
            "timestamps": timestamps,
            "seed": self.seed,
            **speed_of(settings),
        }
        return Options(**given)


def speed_of(settings: VoiceSettings | None) -> dict[str, Any]:
    """Return the options that voice settings choose."""
    return {} if settings is None or settings.speed is None else {"speed": settings.speed}


def name_of(code: str) -> str:
    """Return what ElevenLabs calls an error."""
    return ERRORS.get(code, code)


def refuse(error: VoiceServerError) -> Refusal:
    """Say no over HTTP."""
    return Refusal(error.http_status, {"detail": {"status": name_of(error.code), "message": error.message}})
