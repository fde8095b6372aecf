"""What Deepgram's clients say in a query, and how they are told no. A `model` there is what a voice is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from voice_server.doors import Refusal
from voice_server.errors import (
    BinaryFrame,
    EngineError,
    MessageTooLarge,
    TextTooLong,
    VoiceServerError,
)
from voice_server.fields import from_query, validate
from voice_server.messages import Format, Options

ID_HEADERS = ("dg-request-id",)

FORMATS: Mapping[str, Format] = {"linear16": "pcm_s16le", "mulaw": "mulaw", "alaw": "alaw"}
"""What clients call bare samples: what we call them."""

Rate = Literal[8000, 16000, 22050, 24000, 32000, 44100, 48000]


class Query(BaseModel):
    """How everything of a request is spoken."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    model: Annotated[str, Field(max_length=128)] = ""
    sample_rate: Rate | None = None
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0


class SocketQuery(Query):
    """How everything on a socket is spoken."""

    encoding: Literal["linear16", "mulaw", "alaw"] = "linear16"


def socket_options(query: Mapping[str, str]) -> Options:
    """Return the options of a socket's turns. Raises InvalidField."""
    asked = validate(SocketQuery, from_query(SocketQuery, query))
    rate = asked.sample_rate or (24000 if asked.encoding == "linear16" else 8000)
    return options_of(asked, {"format": FORMATS[asked.encoding], "sample_rate": rate, "timestamps": "none"})


def options_of(asked: Query, chosen: Mapping[str, Any]) -> Options:
    """Return options with the voice and the speed of a query. Raises InvalidField."""
    return validate(Options, {"voice": asked.model, "language": _language(asked.model), "speed": asked.speed, **chosen})


def _language(model: str) -> str:
    """Return the language at the end of the vendor's names; of others nothing is known."""
    found = re.fullmatch(r"(?:aura|flux)-.*-([a-z]{2,3})", model)
    return found[1] if found else ""


def code_of(kind: type[VoiceServerError]) -> str:
    """Return what the vendor calls such an error."""
    if issubclass(kind, BinaryFrame):
        return "MESSAGE-0000"
    if issubclass(kind, TextTooLong | MessageTooLarge):
        return "BIG-0000"
    if issubclass(kind, EngineError):
        return "NET-0001"
    return "NET-0000" if kind is VoiceServerError else "DATA-0000"


def refuse(error: VoiceServerError) -> Refusal:
    """Say no."""
    told = {"err_code": error.code.upper(), "err_msg": error.message}
    header = error.message.encode("ascii", "replace").decode("ascii").replace("\n", " ")
    return Refusal(error.http_status, told, {"dg-error": header})
