"""How a text is read, over HTTP: every stage it goes through before an engine gets it, as JSON. Nothing is spoken."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from engine.text.markup import Reading
from engine.text.stages import stages
from engine.text.wording import is_followed
from engine.types import EngineInfo, Loop
from voice_server.bodies import asked_for
from voice_server.casting import cast
from voice_server.errors import Busy, TextTooLong
from voice_server.forms import in_either
from voice_server.messages import Options, Warned
from voice_server.notices import of_language, of_mark
from voice_server.text import document

MAX_CHARS = 20_000
"""Code points of text in one request: about a tenth of a second of work."""

MAX_BYTES = 1 << 18
"""Bytes of a body: so many characters in the longest spelling JSON has for them fit."""

MAX_WAITING = 16
"""Texts are read one after the other, so that speech keeps the processor; more than these need not wait."""


class TextRequest(BaseModel):
    """The text to look at, and the options that decide how it is read: see Options."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    text: Annotated[str, Field(min_length=1)]
    voice: Annotated[str, Field(max_length=128)] = ""
    language: Annotated[str, Field(max_length=64)] = ""
    markup: Reading = "on"


TEXT_FORM = in_either(TextRequest)


class Legibility:
    """Shows texts as the server would read them; each in a thread, so that speech goes on meanwhile."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._one = asyncio.Lock()
        self._waiting = 0

    async def read(self, request: Request) -> TextRequest:
        """Read what is asked, from the query, and for a POST from a JSON body over it. Raises BadInput."""
        asked = await asked_for(TEXT_FORM, request, MAX_BYTES)
        if len(asked.text) > MAX_CHARS:
            raise TextTooLong(f"a text has at most {MAX_CHARS} characters here: show a part of it", field="text")
        return asked

    async def show(self, asked: TextRequest) -> Response:
        """Return the stages of a text. Raises UnknownVoice, Busy."""
        if self._waiting >= MAX_WAITING:
            raise Busy("too many texts are waiting to be read: try again in a second")
        self._waiting += 1
        try:
            async with self._one:
                body = await asyncio.to_thread(_body, asked, self._loop.info)
        finally:
            self._waiting -= 1
        return Response(body, media_type="application/json")


def _body(asked: TextRequest, info: EngineInfo) -> bytes:
    options = Options(voice=asked.voice, language=asked.language)
    voice, language = cast(options, info)
    found = stages(asked.text, language, asked.markup, tags=info.tags)
    ignored = (mark for mark in found.marks if not is_followed(mark, info.tags))
    warnings = dict.fromkeys((of_language(options, info), *map(of_mark, ignored)))
    told = {"voice": voice} | document(found) | {"warnings": [_told(warned) for warned in warnings if warned]}
    return json.dumps(told, ensure_ascii=False).encode()


def _told(warned: Warned) -> dict[str, str | None]:
    return {"code": warned.code, "message": warned.message, "field": warned.field}
