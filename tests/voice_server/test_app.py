from __future__ import annotations

import pytest
from starlette.requests import Request

from engine.loop import LocalLoop
from engine.tone import ToneEngine
from voice_server.app import Front
from voice_server.config import Settings
from voice_server.errors import Busy


class ServedLocally(LocalLoop):
    """A loop in the calling thread, with the life that a server gives it."""

    num_restarts = 0
    load = 0.0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def build_front() -> Front:
    return Front(Settings(), ServedLocally(ToneEngine()))


def build_request() -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": b"text=hello"})


async def test_a_server_that_stops_says_so_and_lets_nobody_in() -> None:
    front = build_front()
    assert (await front.readyz(build_request())).status_code == 200
    await front.shut_down(timeout_s=0.0)
    assert (await front.readyz(build_request())).status_code == 503
    with pytest.raises(Busy, match="stopping"):
        await front.speak(build_request())
