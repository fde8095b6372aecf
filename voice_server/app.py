"""Routes and lifespan: starts the engine, mounts the sockets, says how the server is."""

from __future__ import annotations

import asyncio
import logging
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
from starlette.websockets import WebSocket, WebSocketDisconnect

from engine.types import Loop
from voice_server import openapi
from voice_server.access import Access
from voice_server.adapters.native import NativeAdapter, SocketOptions, query_options
from voice_server.admission import Admission
from voice_server.allowance import Allowance, Quota
from voice_server.bodies import json_object
from voice_server.config import Settings
from voice_server.connection import Connection
from voice_server.credentials import chosen
from voice_server.demo import demo_routes
from voice_server.entrance import Entrance, Guest
from voice_server.errors import InvalidField, Unauthorized, VoiceServerError
from voice_server.exchange import MAX_BYTES, TokenRequest, told
from voice_server.fields import validate
from voice_server.journal import note
from voice_server.key_file import KeyFile
from voice_server.keys import Key, KeyRing, SingleKey
from voice_server.messages import KeyWanted, Options
from voice_server.metrics import Metrics
from voice_server.reading import Legibility
from voice_server.refusals import deny, note_refused, on_error, peer, refuse, tell
from voice_server.request_ids import HEADER, RequestIds
from voice_server.session import Session
from voice_server.speech import Speaker, Speech
from voice_server.stats import snapshot
from voice_server.terms import Limits, Terms

STREAM_PATH = "/v1/tts/stream"

TICK_S = 0.1

KEYS_S = 0.5
"""How often it is looked whether keys have come or gone."""

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
        self.connections: dict[Connection, Key] = {}
        self.allowance = Allowance(_quota(settings))
        self.admission = Admission(loop, self.allowance, settings.max_load, time.monotonic())
        self._began_at = time.monotonic()
        access = Access(_rings(settings), settings.allowed_origins)
        self._entrance = Entrance(access, self.admission, self.allowance)
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
        with ExitStack() as seat:
            try:
                guest = self._entrance.knock(websocket, seat)
            except VoiceServerError as error:
                self._count_refused(websocket, error)
                await deny(websocket, error)
                return
            headers = [(HEADER.lower().encode(), scope["request_id"].encode())]
            await websocket.accept(chosen(scope["subprotocols"]), headers)
            if guest is not None:
                await self._converse(websocket, send, guest)
            elif heard := await self._hear_key(websocket, seat):
                await self._converse(websocket, send, *heard)

    async def _hear_key(self, websocket: WebSocket, seat: ExitStack) -> tuple[Guest, str] | None:
        """Return who a socket is that came without a key, and its first message; None: it is not let in."""
        try:
            await tell(websocket, KeyWanted(self._entrance.lobby.patience_s))
            return await self._entrance.hear(websocket, seat)
        except VoiceServerError as error:
            self._count_refused(websocket, error)
            await refuse(websocket, error)
        except WebSocketDisconnect:
            pass
        return None

    async def _converse(self, websocket: WebSocket, send: Send, guest: Guest, first: str | None = None) -> None:
        """Serve a socket that is let in, and whose first message may have come already."""
        try:
            options = query_options(websocket.query_params)
        except InvalidField as error:
            note_refused(websocket, error)
            await refuse(websocket, error)
            return
        adapter = NativeAdapter(options.audio)
        connection = Connection(websocket, send, adapter, partial(self._open_session, options, guest), first)
        self.connections[connection] = guest.key
        began_at = time.monotonic()
        try:
            await connection.run()
        finally:
            del self.connections[connection]
            lasted_s = round(time.monotonic() - began_at, 3)
            over: dict[str, object] = {"peer": peer(websocket), "lasted_s": lasted_s, "close": connection.close_code}
            note("session", guest.caller.names() | over)

    async def speak(self, request: Request) -> Response:
        """One utterance, as the body of a response."""
        with ExitStack() as seat:
            try:
                guest = self._entrance.admit(request, seat)
            except VoiceServerError as error:
                self.metrics.refusals.labels(error.code).inc()
                raise
            asked = await self._speaker.read(request)
            return await self._speaker.speak(asked, guest, seat.pop_all())

    async def tokens(self, request: Request) -> Response:
        """A token that opens in place of the key, for a short time."""
        key = self._entrance.check(request, "speak")
        asked = validate(TokenRequest, await json_object(request, MAX_BYTES))
        answer = told(self._entrance.issue(key, asked.ttl_s), time.time())
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def describe(self, request: Request) -> Response:
        """The HTTP interface, as OpenAPI."""
        return JSONResponse(openapi.description())

    async def voices(self, request: Request) -> Response:
        """What speaks here."""
        self._entrance.check(request)
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
        self._entrance.check(request, "speak")
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
        self._entrance.check(request, "metrics")
        body, media_type = self.metrics.exposition()
        return Response(body, media_type=media_type)

    async def stats(self, request: Request) -> Response:
        """The metrics, for people."""
        self._entrance.check(request, "metrics")
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

    def _count_refused(self, connection: HTTPConnection, error: VoiceServerError) -> None:
        self.metrics.refusals.labels(error.code).inc()
        note_refused(connection, error)

    def _open_session(self, options: SocketOptions, guest: Guest, wake: Callable[[float], None]) -> Session:
        terms = Terms(Options.of(options), options.audio, self._limits, guest.allowance, guest.caller, self._lexicon)
        return Session(self.loop, terms, self.metrics, time.monotonic, wake)

    def look_at_keys(self) -> None:
        """Take in which keys there are now, and part with those who came with one that is no longer good."""
        self._entrance.refresh()
        inside: list[tuple[Connection | Speech, Key]] = [*self.connections.items(), *self._speaker.live.items()]
        for each, key in inside:
            if not self._entrance.stays(key):
                each.shut_down(Unauthorized(f"API key {key.id} has been revoked, or has expired"))

    async def _tick(self) -> None:
        look_at = 0.0
        while True:
            due_at = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            late_s = max(now - due_at, 0.0)
            self.metrics.loop_lag.observe(late_s)
            self.admission.measure(now, late_s, time.thread_time())
            for connection in self.connections:
                connection.tick()
            if now >= look_at:
                look_at = now + KEYS_S
                self.look_at_keys()


@dataclass(frozen=True, slots=True)
class _Socket:
    """Makes of a method what starlette takes for an ASGI app and calls without a wrapper round its `send`."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _rings(settings: Settings) -> list[KeyRing]:
    """Return where keys are looked up. Raises BadKeyFile."""
    rings: list[KeyRing] = [SingleKey(settings.api_key)] if settings.api_key else []
    if settings.keys_file is not None:
        rings.append(KeyFile(settings.keys_file, _complain_of_keys))
    return rings


def _complain_of_keys(problem: str) -> None:
    note("keys unusable", {"reason": problem}, logging.ERROR)


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
            Route("/v1/tokens", front.tokens, methods=["POST"]),
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
        exception_handlers={VoiceServerError: on_error},
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
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "XI-API-Key", HEADER],
            expose_headers=["Server-Timing", "Retry-After", HEADER],
        )
    ]
