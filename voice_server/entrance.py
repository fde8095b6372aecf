"""The way in: who a client is, whether there is room for one more, and what that one may use."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from voice_server.access import ANYONE, Access
from voice_server.admission import Admission
from voice_server.allowance import Allowance
from voice_server.journal import Caller
from voice_server.keys import Key, Scope
from voice_server.lobby import Lobby
from voice_server.request_ids import caller_of
from voice_server.tokens import Token


@dataclass(frozen=True, slots=True)
class Guest:
    """Who has come in: with which key, by which names in the logs, and what may be used."""

    key: Key
    caller: Caller
    allowance: Allowance


class Entrance:
    """Lets clients in, one session each. `server` is what all of them may use together."""

    def __init__(self, access: Access, admission: Admission, server: Allowance) -> None:
        self._access = access
        self._admission = admission
        self._server = server
        self._allowances: dict[str, Allowance] = {}  # by the key's id
        self.lobby = Lobby(access)

    @property
    def wants_keys(self) -> bool:
        """Whether there are keys, without which nobody comes in."""
        return self._access.wants_keys

    def check(self, request: HTTPConnection, scope: Scope | None = None) -> Key:
        """Return whose request this is. Raises Unauthorized, MissingScope or ForbiddenOrigin."""
        return self._access.check(request.headers, request.query_params, scope)

    def admit(self, request: HTTPConnection, seat: ExitStack) -> Guest:
        """Count in who sends a request, until `seat` is closed. Raises what keeps it out."""
        return self._seat(self.check(request, "speak"), request, seat)

    def knock(self, websocket: WebSocket, seat: ExitStack) -> Guest | None:
        """Count in who opens a socket. None: it has no key yet, `seat` is a place in the lobby: go on with `hear`.

        Raises what keeps it out.
        """
        offered = websocket.scope["subprotocols"]
        key = self._access.knock(websocket.headers, websocket.query_params, offered, "speak")
        if key is not None:
            return self._seat(key, websocket, seat)
        self._admission.check()
        seat.enter_context(self.lobby.place())
        return None

    async def hear(self, websocket: WebSocket, seat: ExitStack) -> tuple[Guest, str]:
        """Wait for the key of a socket that is accepted; return who it is, and its first message.

        Raises what keeps it out, or WebSocketDisconnect.
        """
        key, first = await self.lobby.hear(websocket)
        seat.close()
        return self._seat(key, websocket, seat), first

    def stays(self, key: Key) -> bool:
        """Whether who came in with this key may still be here."""
        return self._access.stays(key)

    def issue(self, key: Key, ttl_s: int) -> Token:
        """Return a token that opens for so many seconds in place of a key, at most for as long as that does."""
        return self._access.issue(key, ttl_s)

    def refresh(self) -> None:
        """Take in keys that have come, gone, or have other limits. To be called several times a second."""
        self._access.refresh()
        for key_id, allowance in list(self._allowances.items()):
            key = self._access.get(key_id)
            if key is not None:
                allowance.change(key.quota)
            elif not allowance.num_sessions:
                del self._allowances[key_id]

    def _seat(self, key: Key, connection: HTTPConnection, seat: ExitStack) -> Guest:
        self._admission.check()
        allowance = self._allowance(key)
        seat.enter_context(allowance.session())
        return Guest(key, replace(caller_of(connection), key=key.id), allowance)

    def _allowance(self, key: Key) -> Allowance:
        if key is ANYONE:
            return self._server
        return self._allowances.setdefault(key.id, Allowance(key.quota, self._server))
