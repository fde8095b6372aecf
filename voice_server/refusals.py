"""How clients are told that they are not let in, or that what they ask for cannot be done; and what the log is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_server.adapters.native_http import refuse as native_no
from voice_server.doors import Refuse
from voice_server.errors import Unauthorized, VoiceServerError
from voice_server.journal import note
from voice_server.messages import Event, Failure
from voice_server.request_ids import HEADER

Encode = Callable[[Event], Sequence[str | bytes]]


async def on_error(request: Request, error: Exception) -> Response:
    """Answer a request that cannot be served, of no dialect in particular."""
    assert isinstance(error, VoiceServerError)
    note_refused(request, error)
    return no(error, native_no)


async def on_wrong_method(request: Request, error: Exception) -> Response:
    """Answer a request whose path is there for other methods: those of all its routes."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route.methods or () for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    allowed = sorted({method for methods in found for method in methods})
    return PlainTextResponse("Method Not Allowed", 405, {"Allow": ", ".join(allowed)})


async def deny(websocket: WebSocket, error: VoiceServerError, refuse: Refuse) -> None:
    """Answer a socket's request instead of the upgrade."""
    response = no(error, refuse)
    response.headers[HEADER] = websocket.scope["request_id"]
    await websocket.send_denial_response(response)


async def close(websocket: WebSocket, error: VoiceServerError, encode: Encode) -> None:
    """Tell an accepted socket why it is closed. Browsers hide the body of a refused upgrade."""
    with suppress(WebSocketDisconnect):  # it may be gone already
        await tell(websocket, Failure.of(error, fatal=True), encode)
        await websocket.close(error.close_code, error.code)


async def tell(websocket: WebSocket, event: Event, encode: Encode) -> None:
    """Tell something to a socket that has no session. Raises WebSocketDisconnect."""
    for message in encode(event):
        assert isinstance(message, str)
        await websocket.send_text(message)


def note_refused(connection: HTTPConnection, error: VoiceServerError) -> None:
    """Write down who was told what. Paths do not hold texts and keys, queries may."""
    whose = {"request_id": connection.scope.get("request_id"), "peer": peer(connection)}
    note("refused", whose | {"path": connection.scope.get("path"), "code": error.code, "field": error.field})


def peer(connection: HTTPConnection) -> str | None:
    """Return the address a connection comes from."""
    return connection.client.host if connection.client else None


def no(error: VoiceServerError, refuse: Refuse) -> Response:
    """Return the answer that says no, as a dialect does; what HTTP wants said goes with it whatever the dialect."""
    refusal = refuse(error)
    later = {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}
    how = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
    return JSONResponse(refusal.body, refusal.status, {**refusal.headers, **how, **later})
