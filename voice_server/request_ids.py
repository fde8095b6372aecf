"""Gives every request an id: the client's own, from X-Request-ID, or a new one. It is in the answer and in the logs."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voice_server.journal import Caller, request_id
from voice_server.messages import Warned

HEADER = "X-Request-ID"

WARNING = "X-Voice-Warning"
"""Where an answer that is not JSON of ours says that another voice speaks than was asked for."""


@dataclass(frozen=True, slots=True)
class RequestIds:
    """ASGI middleware. Sockets are given their `send` as it is; who accepts one adds the header."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request under its id."""
        if scope["type"] in ("http", "websocket"):
            scope["request_id"] = request_id(Headers(scope=scope).get(HEADER))
        if scope["type"] == "http":
            send = _Named(send, scope["request_id"])
        await self.app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Named:
    """A `send` that adds the header."""

    send: Send
    id: str

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[HEADER] = self.id
        await self.send(message)


def caller_of(connection: HTTPConnection) -> Caller:
    """Return the names that a request's session goes by."""
    return Caller(connection.scope.get("request_id", ""))


def id_headers(request_id: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the headers that tell a request's id by our name, and by a vendor's."""
    return dict.fromkeys((HEADER, *names), request_id)


def warning_header(warned: Warned | None) -> dict[str, str]:
    """Return the header that tells a warning."""
    return {} if warned is None else {WARNING: warned.message}
