"""What every request of Cartesia's clients holds, on the socket and over HTTP, and how they are told an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from voice_server.doors import Refusal
from voice_server.errors import VoiceServerError
from voice_server.fields import validate
from voice_server.messages import Format, Options

FORMATS: Mapping[str, Format] = {
    "pcm_s16le": "pcm_s16le",
    "pcm_f32le": "pcm_f32le",
    "pcm_mulaw": "mulaw",
    "pcm_alaw": "alaw",
}
"""What clients call an encoding: what we call it."""

Pace = Literal["slowest", "slow", "normal", "fast", "fastest"]

_PACES: Mapping[str, float] = {"slowest": 0.6, "slow": 0.8, "normal": 1.0, "fast": 1.25, "fastest": 1.5}
"""The factors that older clients have words for."""


def _voice(given: object) -> object:
    """Return a voice's id, which may come in an object. One given as an embedding nobody here can sound like."""
    return given.get("id", "") if isinstance(given, dict) else given


def _pace(given: object) -> object:
    return _PACES.get(given, given) if isinstance(given, str) else given


Encoding = Literal["pcm_s16le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"]

Rate = Literal[8000, 16000, 22050, 24000, 32000, 44100, 48000]

_Factor = Annotated[float, Field(ge=0.25, le=4.0)]

Factor = Annotated[_Factor, BeforeValidator(_pace, json_schema_input_type=_Factor | Pace)]


class Fields(BaseModel):
    """What all of them have in common: what is not known is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False, populate_by_name=True)


class RawFormat(Fields):
    """Samples, one after the other."""

    container: Literal["raw"]
    encoding: Encoding
    sample_rate: Rate


class GenerationConfig(Fields):
    """How it is spoken: factors. An `emotion` is not followed."""

    speed: Factor | None = None
    volume: Annotated[float, Field(ge=0.0, le=2.0)] | None = None


VoiceId = Annotated[str, Field(max_length=128)]


class VoiceById(Fields):
    """How most clients name a voice."""

    id: VoiceId = ""


class Request(Fields):
    """What is to be spoken, and how."""

    transcript: str
    voice: Annotated[VoiceId, BeforeValidator(_voice, json_schema_input_type=VoiceId | VoiceById)] = ""
    language: Annotated[str, Field(max_length=64)] = ""
    locale: Annotated[str, Field(max_length=64)] = ""
    speed: Factor | None = None
    generation_config: GenerationConfig = GenerationConfig()
    add_timestamps: bool = False


def options_of(request: Request, chosen: Mapping[str, object]) -> Options:
    """Return the options of a request, with others that were chosen. Raises InvalidField."""
    how = request.generation_config
    given: dict[str, object] = {
        "voice": request.voice,
        "language": request.language or request.locale,
        "speed": how.speed if how.speed is not None else request.speed,
        "volume": how.volume,
    }
    return validate(Options, {name: value for name, value in given.items() if value} | dict(chosen))


def titled(kind: type[VoiceServerError], code: str, message: str) -> dict[str, object]:
    """Return what clients are told of an error, wherever they are told it."""
    title = code.replace("_", " ").capitalize()
    return {"title": title, "message": message, "error_code": code, "status_code": kind.http_status}


def refuse(error: VoiceServerError) -> Refusal:
    """Say no."""
    return Refusal(error.http_status, titled(type(error), error.code, error.message))
