"""How clients are told that they are not let in, or that what they ask for cannot be done; and what the log is."""

from __future__ import annotations

import math
from contextlib import suppress

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_server.adapters.native import NativeAdapter
from voice_server.errors import Unauthorized, VoiceServerError
from voice_server.journal import note
from voice_server.messages import Event, Failure
from voice_server.request_ids import HEADER


async def on_error(request: Request, error: Exception) -> Response:
    """Answer a request that cannot be served."""
    assert isinstance(error, VoiceServerError)
    note_refused(request, error)
    return _response(error)


async def deny(websocket: WebSocket, error: VoiceServerError) -> None:
    """Answer a socket's request instead of the upgrade."""
    response = _response(error)
    response.headers[HEADER] = websocket.scope["request_id"]
    await websocket.send_denial_response(response)


async def refuse(websocket: WebSocket, error: VoiceServerError) -> None:
    """Tell an accepted socket why it is closed. Browsers hide the body of a refused upgrade."""
    with suppress(WebSocketDisconnect):  # it may be gone already
        await tell(websocket, Failure.of(error, fatal=True))
        await websocket.close(error.close_code, error.code)


async def tell(websocket: WebSocket, event: Event) -> None:
    """Tell something to a socket that has no session yet. Raises WebSocketDisconnect."""
    for message in NativeAdapter().encode(event):
        assert isinstance(message, str)
        await websocket.send_text(message)


def note_refused(connection: HTTPConnection, error: VoiceServerError) -> None:
    """Write down who was told what. Paths do not hold texts and keys, queries may."""
    whose = {"request_id": connection.scope.get("request_id"), "peer": peer(connection)}
    note("refused", whose | {"path": connection.scope.get("path"), "code": error.code, "field": error.field})


def peer(connection: HTTPConnection) -> str | None:
    """Return the address a connection comes from."""
    return connection.client.host if connection.client else None


def _response(error: VoiceServerError) -> Response:
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    headers = {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status_code=error.http_status, headers=headers)
