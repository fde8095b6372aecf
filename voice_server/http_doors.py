"""Serves what is asked for over HTTP at every door: speech, and lists of what there is."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voice_server.bodies import asked_for
from voice_server.credentials import place
from voice_server.doors import ListDoor, SpeechDoor
from voice_server.entrance import Entrance
from voice_server.errors import VoiceServerError
from voice_server.refusals import no, note_refused
from voice_server.request_ids import id_headers, warning_header
from voice_server.speech import Speaker


@dataclass(frozen=True, slots=True)
class Requests:
    """Answers requests, through any of the doors."""

    speaker: Speaker
    entrance: Entrance

    def speech_route(self, door: SpeechDoor[Any]) -> Route:
        """Return the route of a door with speech behind it."""
        return Route(door.path, partial(self._speak, door), methods=list(door.methods))

    def list_routes(self, doors: Iterable[ListDoor[Any]]) -> list[Route]:
        """Return a route for each path, which chooses among the doors that share it."""
        by_path: dict[str, list[ListDoor[Any]]] = {}
        for door in doors:
            by_path.setdefault(door.path, []).append(door)
        return [Route(path, partial(self._list, shared)) for path, shared in by_path.items()]

    async def _speak(self, door: SpeechDoor[Any], request: Request) -> Response:
        try:
            response = await self._spoken(door, request)
        except VoiceServerError as error:
            note_refused(request, error)
            response = no(error, door.refuse)
        response.headers.update(id_headers(request.scope["request_id"], door.id_headers))
        return response

    async def _spoken(self, door: SpeechDoor[Any], request: Request) -> Response:
        house = self.speaker.house
        with ExitStack() as seat:
            try:
                guest = self.entrance.admit(request, seat)
            except VoiceServerError as error:
                house.metrics.refusals.labels(error.code).inc()
                raise
            wanted = door.read(await asked_for(door.form, request, house.limits.frame_bytes))
            response = await self.speaker.speak(wanted, guest, seat.pop_all())
            if wanted.agreed.any_voice:
                response.headers.update(warning_header(house.warning(wanted.agreed.options)))
            return response

    async def _list(self, doors: list[ListDoor[Any]], request: Request) -> Response:
        key_in = place(request.headers)
        door = next((door for door in doors if door.key_in in (None, key_in)), doors[-1])
        try:
            self.entrance.check(request)
            asked = await asked_for(door.form, request, 0)
            return JSONResponse(door.answer(asked, self.speaker.house.speakers()))
        except VoiceServerError as error:
            note_refused(request, error)
            return no(error, door.refuse)
