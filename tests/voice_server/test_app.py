from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import pytest
from starlette.requests import Request

from engine.local import LocalLoop
from engine.tone import ToneEngine
from engine.types import Voice
from voice_server.config import Settings
from voice_server.errors import Busy
from voice_server.front import Front
from voice_server.pages import Pages
from voice_server.reading import Legibility


class ServedLocally(LocalLoop):
    """A loop in the calling thread, with the life that a server gives it."""

    num_restarts = 0
    queued_s = 0.0
    load = 0.0
    counts: Mapping[str, float] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def enroll(self, voice: Voice, pcm: bytes) -> None: ...

    async def forget(self, voice_id: str) -> None: ...


def build_front() -> Front:
    return Front(Settings(), ServedLocally(ToneEngine()))


def build_request() -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": b"text=hello"})


async def test_a_server_that_stops_says_so_and_lets_nobody_in() -> None:
    front = build_front()
    pages = Pages(front, Legibility(front.loop))
    assert (await pages.readyz(build_request())).status_code == 200
    await front.shut_down(timeout_s=0.0)
    assert (await pages.readyz(build_request())).status_code == 503
    with ExitStack() as seat, pytest.raises(Busy, match="stopping"):
        front.entrance.admit(build_request(), seat)
