"""Serves the sockets of every door: lets clients in, and drives their connections."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_server.connection import Connection
from voice_server.credentials import chosen
from voice_server.doors import Asked, Entered, SocketDoor
from voice_server.entrance import Entrance, Guest
from voice_server.errors import VoiceServerError
from voice_server.house import House
from voice_server.journal import note
from voice_server.keys import Key
from voice_server.messages import KeyWanted
from voice_server.refusals import close, deny, note_refused, peer, tell
from voice_server.request_ids import id_headers, warning_header


@dataclass(frozen=True, slots=True)
class Sockets:
    """Who is connected, with which key, through any of the doors."""

    house: House
    entrance: Entrance
    connections: dict[Connection, Key] = field(default_factory=dict)

    def route(self, door: SocketDoor) -> WebSocketRoute:
        """Return the route of a door."""
        return WebSocketRoute(door.path, _Socket(partial(self._serve, door)))

    async def _serve(self, door: SocketDoor, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        with ExitStack() as seat:
            try:
                guest = self.entrance.knock(websocket, seat)
                entered = None if door.explains else _enter(door, websocket)
            except VoiceServerError as error:
                self._count_refused(websocket, error)
                await deny(websocket, error, door.refuse)
                return
            await websocket.accept(chosen(scope["subprotocols"]), self._headers(door, scope, entered))
            first = None
            if guest is None:
                if (heard := await self._hear_key(door, websocket, seat)) is None:
                    return
                guest, first = heard
            try:
                entered = entered or _enter(door, websocket)
            except VoiceServerError as error:
                note_refused(websocket, error)
                await close(websocket, error, door.tell)
                return
            await self._converse(websocket, send, guest, entered, first)

    def _headers(self, door: SocketDoor, scope: Scope, entered: Entered | None) -> list[tuple[bytes, bytes]]:
        """Return the headers of an upgrade: the request's id, and what there is to say about a voice."""
        headers = id_headers(scope["request_id"], door.id_headers)
        if entered is not None and entered.agreed.any_voice:
            headers |= warning_header(self.house.warning(entered.agreed.options))
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def _hear_key(self, door: SocketDoor, websocket: WebSocket, seat: ExitStack) -> tuple[Guest, str] | None:
        """Return who a socket is that came without a key, and its first message; None: it is not let in."""
        try:
            await tell(websocket, KeyWanted(self.entrance.lobby.patience_s), door.tell)
            return await self.entrance.hear(websocket, seat)
        except VoiceServerError as error:
            self._count_refused(websocket, error)
            await close(websocket, error, door.tell)
        except WebSocketDisconnect:
            pass
        return None

    async def _converse(
        self, websocket: WebSocket, send: Send, guest: Guest, entered: Entered, first: str | None
    ) -> None:
        """Serve a socket that is let in, and whose first message may have come already."""
        open_session = partial(self.house.open, entered.agreed, guest)
        connection = Connection(websocket, send, entered.adapter, open_session, first)
        self.connections[connection] = guest.key
        began_at = time.monotonic()
        try:
            await connection.run()
        finally:
            del self.connections[connection]
            lasted_s = round(time.monotonic() - began_at, 3)
            over: dict[str, object] = {"peer": peer(websocket), "lasted_s": lasted_s, "close": connection.close_code}
            note("session", guest.caller.names() | over)

    def _count_refused(self, connection: HTTPConnection, error: VoiceServerError) -> None:
        self.house.metrics.refusals.labels(error.code).inc()
        note_refused(connection, error)


def _enter(door: SocketDoor, websocket: WebSocket) -> Entered:
    """Read a socket's request. Raises InvalidField."""
    return door.enter(Asked(websocket.path_params, websocket.query_params))


@dataclass(frozen=True, slots=True)
class _Socket:
    """Makes of a method what starlette takes for an ASGI app and calls without a wrapper round its `send`."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
