"""The least that sending sound can cost here: a bare app on the server's own uvicorn settings, with one ticker.

Every 20 ms a single timer wakes all senders, and each sends one ready-made frame. No text, no engine, no pacing,
no metrics: what the server needs beyond this, it needs for what it does. As a module it serves until it is ended.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from voice_server.bench.log import FRAME_S
from voice_server.server import configure, listen

SAMPLE_RATE = 48_000

READY = {"type": "ready", "protocol": 1, "engine": "floor"}

STARTED = {"type": "started", "format": "pcm_s16le", "sample_rate": SAMPLE_RATE, "frame_ms": 20}

MAX_FRAME_BYTES = 1 << 20


class Floor:
    """Sends `frame` to everyone who has said something, at every tick."""

    def __init__(self, frame: bytes = b"\x00\x20" * int(SAMPLE_RATE * FRAME_S)) -> None:
        self._message = {"type": "websocket.send", "bytes": frame}
        self._tick = asyncio.Event()

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Tick while the app runs."""
        ticking = asyncio.create_task(self._run())
        yield
        ticking.cancel()

    async def stream(self, websocket: WebSocket) -> None:
        """One client: like the native protocol, as far as a load generator can tell."""
        await websocket.accept()
        await websocket.send_text(json.dumps(READY, separators=(",", ":")))
        try:
            await websocket.receive_text()
            await websocket.send_text(json.dumps(STARTED, separators=(",", ":")))
            while True:
                await self._tick.wait()
                await websocket.send(self._message)
        except (WebSocketDisconnect, OSError):
            return

    async def _run(self) -> None:
        due_at = time.monotonic()
        while True:
            due_at += FRAME_S
            await asyncio.sleep(max(due_at - time.monotonic(), 0.0))
            ticked, self._tick = self._tick, asyncio.Event()
            ticked.set()


def main() -> None:
    """Serve on a free port of this machine, and print the address."""
    floor = Floor()
    app = Starlette(routes=[WebSocketRoute("/v1/tts/stream", floor.stream)], lifespan=floor.lifespan)
    listening = listen("127.0.0.1", 0)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(configure(app, MAX_FRAME_BYTES)).run(sockets=[listening])


if __name__ == "__main__":
    main()
