"""Where sockets wait that came without a key: for a short time, and not many, until their first message has one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_server.access import NEEDED, Access
from voice_server.credentials import said
from voice_server.errors import Unauthorized
from voice_server.keys import Key

CAPACITY = 64

PATIENCE_S = 5.0

REMEDY = 'send {"api_key": KEY} first, or the key with the request'


class Lobby:
    """Lets in those who say a key in time."""

    def __init__(self, access: Access, capacity: int = CAPACITY, patience_s: float = PATIENCE_S) -> None:
        self._access = access
        self._capacity = capacity
        self.patience_s = patience_s
        self._num_waiting = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place while this lasts. Raises Unauthorized where there is none."""
        if self._num_waiting >= self._capacity:
            raise Unauthorized(NEEDED)
        self._num_waiting += 1
        try:
            yield
        finally:
            self._num_waiting -= 1

    async def hear(self, websocket: WebSocket) -> tuple[Key, str]:
        """Return whose socket this is, and its first message, which may hold more than the key.

        Raises Unauthorized, MissingScope, WebSocketDisconnect.
        """
        try:
            async with asyncio.timeout(self.patience_s):
                message = await websocket.receive()
        except TimeoutError:
            raise Unauthorized(f"no API key came within {self.patience_s:g} s: {REMEDY}") from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        first = message.get("text") or ""
        if not (given := said(first)):
            raise Unauthorized(f"the first message holds no API key: {REMEDY}")
        return self._access.unlock(given, "speak"), first
