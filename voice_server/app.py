"""Routes and lifespan: starts the engine, mounts the sockets, says how the server is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from engine.types import Loop
from voice_server import openapi
from voice_server.access import Access
from voice_server.adapters.native import NativeAdapter, SocketOptions, query_options
from voice_server.config import Settings
from voice_server.connection import Connection
from voice_server.demo import demo_routes
from voice_server.errors import Busy, InvalidField, VoiceServerError
from voice_server.journal import Caller, note
from voice_server.messages import Failure, Options
from voice_server.metrics import Metrics
from voice_server.reading import Legibility
from voice_server.request_ids import HEADER, RequestIds, caller_of
from voice_server.session import Session
from voice_server.speech import Speaker
from voice_server.stats import snapshot
from voice_server.terms import Limits, Terms

STREAM_PATH = "/v1/tts/stream"

TICK_S = 0.1

LOOK_S = 0.02
"""How often a server that stops looks whether all are gone."""

RETRY_AFTER_S = 1


class ServedLoop(Loop, Protocol):
    """A Loop whose life the server looks after."""

    num_late: int
    num_restarts: int

    async def start(self) -> None:
        """Return when the engine is warm."""

    async def stop(self) -> None:
        """End the engine."""


class Front:
    """What all connections share: settings, the engine's loop, metrics, and who is connected."""

    def __init__(self, settings: Settings, loop: ServedLoop) -> None:
        self.loop = loop
        self.metrics = Metrics()
        self.connections: set[Connection] = set()
        self.stopping = False
        self._began_at = time.monotonic()
        self._settings = settings
        self._access = Access(settings.api_key, settings.allowed_origins)
        self._limits = Limits(settings.max_text_chars, settings.max_contexts, settings.max_frame_bytes)
        self._speaker = Speaker(loop, self.metrics, self._limits, settings.lexicon)
        self._legibility = Legibility(loop)
        self._gauge()

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Run the engine while the app runs."""
        if not self.loop.ready:
            await self.loop.start()
        ticker = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticker.cancel()
            await self.loop.stop()

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The native protocol's socket."""
        websocket = WebSocket(scope, receive, send)
        caller = caller_of(websocket)
        try:
            self._admit(websocket)
        except VoiceServerError as error:
            self.metrics.refusals.labels(error.code).inc()
            _note_refused(websocket, error)
            response = _error_response(error)
            response.headers[HEADER] = caller.request_id
            await websocket.send_denial_response(response)
            return
        await websocket.accept(headers=[(HEADER.lower().encode(), caller.request_id.encode())])
        try:
            options = query_options(websocket.query_params)
        except InvalidField as error:
            _note_refused(websocket, error)
            await _refuse_options(websocket, error)
            return
        adapter = NativeAdapter(options.audio)
        connection = Connection(websocket, send, adapter, partial(self._open_session, options, caller))
        self.connections.add(connection)
        began_at = time.monotonic()
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)
            lasted_s = round(time.monotonic() - began_at, 3)
            over: dict[str, object] = {"peer": _peer(websocket), "lasted_s": lasted_s, "close": connection.close_code}
            note("session", caller.names() | over)

    async def speak(self, request: Request) -> Response:
        """One utterance, as the body of a response."""
        try:
            self._admit(request)
        except VoiceServerError as error:
            self.metrics.refusals.labels(error.code).inc()
            raise
        return await self._speaker.speak(await self._speaker.read(request), caller_of(request))

    async def describe(self, request: Request) -> Response:
        """The HTTP interface, as OpenAPI."""
        return JSONResponse(openapi.description())

    async def voices(self, request: Request) -> Response:
        """What speaks here."""
        self._access.check(request.headers, request.query_params)
        info = self.loop.info
        voices = [
            {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
            for voice in info.voices
        ]
        return JSONResponse(
            {
                "default": info.default_voice,
                "voices": voices,
                "variants": list(info.variants),
                "tags": sorted(info.tags),
            }
        )

    async def text(self, request: Request) -> Response:
        """How a text is read, stage by stage."""
        self._access.check(request.headers, request.query_params)
        return await self._legibility.show(await self._legibility.read(request))

    async def healthz(self, request: Request) -> Response:
        """Whether the process lives."""
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """Whether a new session would be served."""
        if self.stopping:
            return PlainTextResponse("the server is stopping\n", status_code=503)
        if self.loop.ready:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("the engine is not ready\n", status_code=503)

    async def prometheus(self, request: Request) -> Response:
        """The metrics, for Prometheus."""
        self._access.check(request.headers, request.query_params)
        body, media_type = self.metrics.exposition()
        return Response(body, media_type=media_type)

    async def stats(self, request: Request) -> Response:
        """The metrics, for people."""
        self._access.check(request.headers, request.query_params)
        uptime_s = round(time.monotonic() - self._began_at, 3)
        about = {"version": version("voice-server"), "uptime_s": uptime_s, "engine": self.loop.info.name}
        return JSONResponse(about | {"stopping": self.stopping} | snapshot(self.metrics))

    @property
    def num_sessions(self) -> int:
        """Sockets that are open, and speeches over HTTP."""
        return len(self.connections) + len(self._speaker.live)

    async def drain(self, within_s: float, hurried: Callable[[], bool]) -> None:
        """Let nobody in any more, and wait until what has begun is spoken, for so long at most or until hurried."""
        self.stopping = True
        until = time.monotonic() + within_s
        for connection in list(self.connections):
            connection.leave()
        while self.num_sessions and time.monotonic() < until and not hurried():  # noqa: ASYNC110 - a signal sets no event
            await asyncio.sleep(LOOK_S)

    async def shut_down(self, timeout_s: float) -> None:
        """Let nobody in any more, tell every client that the server stops, and wait for them to take it in."""
        self.stopping = True
        self._speaker.shut_down()
        leaving = [asyncio.ensure_future(connection.closed.wait()) for connection in self.connections]
        for connection in list(self.connections):
            connection.shut_down()
        if leaving:
            _, waiting = await asyncio.wait(leaving, timeout=timeout_s)
            for future in waiting:
                future.cancel()

    def _gauge(self) -> None:
        """Have the metrics look where the numbers are, when they are asked."""
        self.metrics.sessions_limit.set(self._settings.max_sessions)
        self.metrics.ready.set_function(lambda: self.loop.ready)
        self.metrics.late.set_function(lambda: self.loop.num_late)
        self.metrics.restarts.set_function(lambda: self.loop.num_restarts)

    def _admit(self, connection: HTTPConnection) -> None:
        """Raise what keeps a client out."""
        self._access.check(connection.headers, connection.query_params)
        if self.stopping:
            raise Busy("the server is stopping: try again in a second")
        if not self.loop.ready:
            raise Busy("the engine is starting: try again in a second")
        if self.num_sessions >= self._settings.max_sessions:
            raise Busy(f"all {self._settings.max_sessions} sessions are taken: try again later")

    def _open_session(self, options: SocketOptions, caller: Caller, wake: Callable[[float], None]) -> Session:
        terms = Terms(Options.of(options), options.audio, self._limits, caller, self._settings.lexicon)
        return Session(self.loop, terms, self.metrics, time.monotonic, wake)

    async def _tick(self) -> None:
        while True:
            due_at = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            self.metrics.loop_lag.observe(max(time.monotonic() - due_at, 0.0))
            for connection in self.connections:
                connection.tick()


@dataclass(frozen=True, slots=True)
class _Socket:
    """Makes of a method what starlette takes for an ASGI app and calls without a wrapper round its `send`."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def create_app(settings: Settings, loop: ServedLoop) -> Starlette:
    """Build the ASGI application. `app.state.front` is its Front."""
    front = Front(settings, loop)
    app = Starlette(
        routes=[
            WebSocketRoute(STREAM_PATH, _Socket(front.stream)),
            Route("/v1/tts", front.speak, methods=["GET", "POST"]),
            Route("/openapi.json", front.describe),
            Route("/v1/voices", front.voices),
            Route("/v1/text", front.text, methods=["GET", "POST"]),
            Route("/healthz", front.healthz),
            Route("/readyz", front.readyz),
            Route("/metrics", front.prometheus),
            Route("/v1/stats", front.stats),
            *demo_routes(),
        ],
        middleware=[Middleware(RequestIds), *_cors(settings.allowed_origins)],
        exception_handlers={VoiceServerError: _on_error},
        lifespan=front.lifespan,
    )
    app.state.front = front
    return app


def _cors(origins: tuple[str, ...]) -> list[Middleware]:
    """Let pages of these origins read the answers to their HTTP requests."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", HEADER],
            expose_headers=["Server-Timing", "Retry-After", HEADER],
        )
    ]


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, VoiceServerError)
    _note_refused(request, error)
    return _error_response(error)


def _note_refused(connection: HTTPConnection, error: VoiceServerError) -> None:
    """Write down who was told what. Paths do not hold texts and keys, queries may."""
    whose = {"request_id": connection.scope.get("request_id"), "peer": _peer(connection)}
    note("refused", whose | {"path": connection.scope.get("path"), "code": error.code, "field": error.field})


def _peer(connection: HTTPConnection) -> str | None:
    return connection.client.host if connection.client else None


def _error_response(error: VoiceServerError) -> Response:
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, Busy) else {}
    return JSONResponse(body, status_code=error.http_status, headers=headers)


async def _refuse_options(websocket: WebSocket, error: InvalidField) -> None:
    """Tell what is wrong with a socket's address. Browsers hide the body of a refused upgrade, so it is accepted."""
    failure = Failure(error.code, error.message, error.field, fatal=True)
    for message in NativeAdapter().encode(failure):
        assert isinstance(message, str)
        await websocket.send_text(message)
    await websocket.close(error.close_code, error.code)
