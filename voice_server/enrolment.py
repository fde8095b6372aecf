"""Voices that clients add and remove: `POST /v1/voices` with a recording as its body, `DELETE /v1/voices/NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.audio.clip import MOST_BYTES
from engine.learning import NAME, NotAnswered, VoiceRefused
from engine.learning import VoicesFixed as Fixed
from engine.types import Voice
from voice_server.bodies import whole
from voice_server.clips import listen
from voice_server.errors import Busy, EngineFailed, InvalidField, UnknownVoice, VoicesFixed
from voice_server.forms import in_query
from voice_server.front import Front
from voice_server.journal import note

MOST_AT_A_TIME = 2
"""Recordings taken in at a time: each is held in memory, and decoded by a process of its own."""

CLIP_S = 30.0
"""Seconds a recording may take to come."""

AGAIN_S = 2.0


class VoiceRequest(BaseModel):
    """How a new voice is called, and which language it speaks unless it is told otherwise: in the query."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    language: Annotated[str, Field(pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)] = "en"
    gender: Literal["female", "male"] | None = None


VOICE_FORM = in_query(VoiceRequest)


class Enrolment:
    """Answers for a Front."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._num_listening = 0

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/v1/voices", self.add, methods=["POST"]),
            Route("/v1/voices/{voice_id}", self.remove, methods=["DELETE"]),
        ]

    async def add(self, request: Request) -> Response:
        """Learn a voice. It is there for everybody when this is answered."""
        key = self._front.entrance.check(request, "voices")
        asked = VOICE_FORM.read({}, request.query_params, {})
        if self._front.loop.info.voice(asked.name):
            raise InvalidField(f"name: there is a voice {asked.name!r} already: choose another", field="name")
        voice = Voice(asked.name, asked.name, asked.language, asked.gender)
        with self._place():
            clip = await whole(request, MOST_BYTES, CLIP_S)
            pcm = await listen(clip)
            with _told():
                await self._front.loop.enroll(voice, pcm)
        note("voice added", {"voice": voice.id, "key": key.id or None})
        listed = {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
        return JSONResponse(listed, 201)

    async def remove(self, request: Request) -> Response:
        """Part with a voice that was learnt. What is being said with it is said to its end."""
        key = self._front.entrance.check(request, "voices")
        name = request.path_params["voice_id"]
        if self._front.loop.info.voice(name) is None:
            raise UnknownVoice(f"there is no voice {name!r}: /v1/voices lists them", field="name")
        with _told():
            await self._front.loop.forget(name)
        note("voice removed", {"voice": name, "key": key.id or None})
        return Response(status_code=204)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._num_listening >= MOST_AT_A_TIME:
            raise Busy("other recordings are being taken in: come again", retry_after_s=AGAIN_S)
        self._num_listening += 1
        try:
            yield
        finally:
            self._num_listening -= 1


@contextmanager
def _told() -> Iterator[None]:
    """Say what the engine said in the server's own errors."""
    try:
        yield
    except Fixed as error:
        raise VoicesFixed(str(error)) from None
    except VoiceRefused as error:
        raise InvalidField(f"name: {error}", field="name") from None
    except NotAnswered as error:
        raise EngineFailed(str(error)) from None
