"""Routes and lifespan: starts the engine, mounts the sockets, says how the server is."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
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
from voice_server.admission import Admission
from voice_server.allowance import Allowance, Quota
from voice_server.config import Settings
from voice_server.connection import Connection
from voice_server.demo import demo_routes
from voice_server.errors import InvalidField, VoiceServerError
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


class ServedLoop(Loop, Protocol):
    """A Loop whose life the server looks after."""

    num_late: int
    num_restarts: int

    @property
    def load(self) -> float:
        """The share of its time, lately, that the engine worked on what listeners wait for."""

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
        self.allowance = Allowance(_quota(settings))
        self.admission = Admission(loop, self.allowance, settings.max_load, time.monotonic())
        self._began_at = time.monotonic()
        self._access = Access(settings.api_key, settings.allowed_origins)
        self._limits = _limits(settings)
        self._lexicon = settings.lexicon
        self._speaker = Speaker(loop, self.metrics, self._limits, self._lexicon)
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
        with ExitStack() as seat:
            try:
                self._admit(websocket, seat)
            except VoiceServerError as error:
                self.metrics.refusals.labels(error.code).inc()
                _note_refused(websocket, error)
                response = _error_response(error)
                response.headers[HEADER] = caller.request_id
                await websocket.send_denial_response(response)
                return
            await self._converse(websocket, send, caller)

    async def _converse(self, websocket: WebSocket, send: Send, caller: Caller) -> None:
        """Serve a socket that is let in."""
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
        with ExitStack() as seat:
            try:
                allowance = self._admit(request, seat)
            except VoiceServerError as error:
                self.metrics.refusals.labels(error.code).inc()
                raise
            asked = await self._speaker.read(request)
            return await self._speaker.speak(asked, caller_of(request), allowance, seat.pop_all())

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
        if self.admission.stopping:
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
        return JSONResponse(about | {"stopping": self.admission.stopping} | snapshot(self.metrics))

    async def drain(self, within_s: float, hurried: Callable[[], bool]) -> None:
        """Let nobody in any more, and wait until what has begun is spoken, for so long at most or until hurried."""
        self.admission.stopping = True
        until = time.monotonic() + within_s
        for connection in list(self.connections):
            connection.leave()
        while self.allowance.num_sessions and time.monotonic() < until and not hurried():  # noqa: ASYNC110 - a signal sets no event
            await asyncio.sleep(LOOK_S)

    async def shut_down(self, timeout_s: float) -> None:
        """Let nobody in any more, tell every client that the server stops, and wait for them to take it in."""
        self.admission.stopping = True
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
        self.metrics.sessions_limit.set(self.allowance.quota.sessions or math.inf)
        self.metrics.ready.set_function(lambda: self.loop.ready)
        self.metrics.late.set_function(lambda: self.loop.num_late)
        self.metrics.restarts.set_function(lambda: self.loop.num_restarts)
        self.metrics.load.labels("engine").set_function(lambda: self.loop.load)
        self.metrics.load.labels("server").set_function(lambda: self.admission.own_load)

    def _admit(self, connection: HTTPConnection, seat: ExitStack) -> Allowance:
        """Count a session in until `seat` is closed, and return what it may use; else raise what keeps it out."""
        self._access.check(connection.headers, connection.query_params)
        self.admission.check()
        seat.enter_context(self.allowance.session())
        return self.allowance

    def _open_session(self, options: SocketOptions, caller: Caller, wake: Callable[[float], None]) -> Session:
        terms = Terms(Options.of(options), options.audio, self._limits, self.allowance, caller, self._lexicon)
        return Session(self.loop, terms, self.metrics, time.monotonic, wake)

    async def _tick(self) -> None:
        while True:
            due_at = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            late_s = max(now - due_at, 0.0)
            self.metrics.loop_lag.observe(late_s)
            self.admission.measure(now, late_s, time.thread_time())
            for connection in self.connections:
                connection.tick()


@dataclass(frozen=True, slots=True)
class _Socket:
    """Makes of a method what starlette takes for an ASGI app and calls without a wrapper round its `send`."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _quota(settings: Settings) -> Quota:
    return Quota(settings.max_sessions, settings.max_utterances, settings.max_chars_per_minute)


def _limits(settings: Settings) -> Limits:
    sizes = (settings.max_text_chars, settings.max_contexts, settings.max_frame_bytes)
    return Limits(*sizes, settings.idle_timeout_s)


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
    headers = {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}
    return JSONResponse(body, status_code=error.http_status, headers=headers)


async def _refuse_options(websocket: WebSocket, error: InvalidField) -> None:
    """Tell what is wrong with a socket's address. Browsers hide the body of a refused upgrade, so it is accepted."""
    failure = Failure.of(error, fatal=True)
    for message in NativeAdapter().encode(failure):
        assert isinstance(message, str)
        await websocket.send_text(message)
    await websocket.close(error.close_code, error.code)
