"""What a running server is: its engine's loop, who is connected, and how both are looked after until it stops."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette

from engine.types import Loop, Voice
from voice_server.access import Access
from voice_server.admission import Admission
from voice_server.allowance import Allowance, Quota
from voice_server.config import Settings
from voice_server.connection import Connection
from voice_server.entrance import Entrance
from voice_server.errors import Unauthorized
from voice_server.house import House
from voice_server.journal import note
from voice_server.key_file import KeyFile
from voice_server.keys import Key, KeyRing, SingleKey
from voice_server.metrics import Metrics
from voice_server.socket_doors import Sockets
from voice_server.speech import Speaker, Speech
from voice_server.terms import Limits

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

    @property
    def queued_s(self) -> float:
        """How much longer than a step someone new waits for the engine, as it was with the last one."""

    @property
    def counts(self) -> Mapping[str, float]:
        """What the engine has counted since its start, by name."""

    async def start(self) -> None:
        """Return when the engine is warm."""

    async def stop(self) -> None:
        """End the engine."""

    async def enroll(self, voice: Voice, pcm: bytes) -> None:
        """Have the engine learn a voice from a clip, see `engine.learning`. Raises VoiceRefused, NotAnswered."""

    async def forget(self, voice_id: str) -> None:
        """Have the engine part with a voice. Raises VoiceRefused, NotAnswered."""


class Front:
    """What all connections share: settings, the engine's loop, metrics, and who is connected."""

    def __init__(self, settings: Settings, loop: ServedLoop) -> None:
        self.loop = loop
        self.metrics = Metrics()
        self.allowance = Allowance(_quota(settings))
        self.admission = Admission(loop, self.allowance, settings.max_load, time.monotonic())
        self.began_at = time.monotonic()
        access = Access(_rings(settings), settings.allowed_origins)
        self.entrance = Entrance(access, self.admission, self.allowance)
        house = House(loop, self.metrics, _limits(settings), settings.lexicon, settings.voice_map)
        self.sockets = Sockets(house, self.entrance)
        self.speaker = Speaker(house)
        self._gauge()

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Run the engine while the app runs."""
        if not self.loop.ready:
            await self.loop.start()
        for name, voice in self.speaker.house.strays().items():
            note("voice map", {"reason": f"{name!a} is to be {voice!a}, which no voice here is"}, logging.WARNING)
        ticker = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticker.cancel()
            await self.loop.stop()

    async def drain(self, within_s: float, hurried: Callable[[], bool]) -> None:
        """Let nobody in any more, and wait until what has begun is spoken, for so long at most or until hurried."""
        self.admission.stopping = True
        until = time.monotonic() + within_s
        for connection in list(self.sockets.connections):
            connection.leave()
        while self.allowance.num_sessions and time.monotonic() < until and not hurried():  # noqa: ASYNC110 - a signal sets no event
            await asyncio.sleep(LOOK_S)

    async def shut_down(self, timeout_s: float) -> None:
        """Let nobody in any more, tell every client that the server stops, and wait for them to take it in."""
        self.admission.stopping = True
        self.speaker.shut_down()
        leaving = [asyncio.ensure_future(connection.closed.wait()) for connection in self.sockets.connections]
        for connection in list(self.sockets.connections):
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
        self.metrics.engine_counts.look = lambda: self.loop.counts
        self.metrics.load.labels("engine").set_function(lambda: self.loop.load)
        self.metrics.load.labels("server").set_function(lambda: self.admission.own_load)

    def look_at_keys(self) -> None:
        """Take in which keys there are now, and part with those who came with one that is no longer good."""
        self.entrance.refresh()
        inside: list[tuple[Connection | Speech, Key]] = [*self.sockets.connections.items(), *self.speaker.live.items()]
        for each, key in inside:
            if not self.entrance.stays(key):
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
            for connection in self.sockets.connections:
                connection.tick()
            if now >= look_at:
                look_at = now + KEYS_S
                self.look_at_keys()


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
