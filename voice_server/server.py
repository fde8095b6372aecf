"""Runs the app on uvicorn, with the settings that sound needs."""

from __future__ import annotations

import logging
import socket
import sys

import uvicorn
from starlette.applications import Starlette

from engine.process import EngineError, EngineProcess
from voice_server.app import STREAM_PATH, Front, create_app
from voice_server.config import Settings

__all__ = ["EngineError", "serve"]

SEND_BUFFER = 16 * 1024
"""Bytes the kernel may hold per socket. With its own default, a client that does not read takes 44 s of audio in."""

GOODBYE_S = 1.0


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError where the address cannot be bound, EngineError without engine."""
    listening = listen(settings.host, settings.port)
    loop = EngineProcess(settings.engine, settings.engine_options)
    app = create_app(settings, loop)
    config = configure(app, settings.max_frame_bytes)
    _log_to_stderr()
    server = _Server(config, app.state.front, _address(settings.host, listening))
    server.run(sockets=[listening])
    if server.failure is not None:
        raise server.failure


def configure(app: Starlette, max_frame_bytes: int) -> uvicorn.Config:
    """Return how uvicorn is to run an app that sends sound. What it is compared with runs the same way."""
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=max_frame_bytes,
        timeout_graceful_shutdown=3,
        log_config=None,
    )


class _Server(uvicorn.Server):
    """Says when it is ready, and tells clients before it closes their sockets."""

    def __init__(self, config: uvicorn.Config, front: Front, address: str) -> None:
        super().__init__(config)
        self._front = front
        self._address = address
        self.failure: EngineError | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._front.loop.start()
        except EngineError as error:
            self.failure, self.should_exit = error, True
            return
        await super().startup(sockets)
        if self.started:
            _greet(self._front, self._address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._front.shut_down(GOODBYE_S)
        await super().shutdown(sockets)


class _Discreet(logging.Filter):
    """Keeps queries, which may hold keys, and what clients did wrong out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(part) for part in record.args)
        return not (record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError))


def _without_query(part: object) -> object:
    return part.partition("?")[0] if isinstance(part, str) and part.startswith("/") else part


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).addFilter(_Discreet())


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, whose connections have a small send buffer. Raises OSError."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, proto)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    try:
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    listening.listen(1024)
    return listening


def _address(host: str, listening: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{listening.getsockname()[1]}"


def _greet(front: Front, address: str) -> None:
    info = front.loop.info
    print(
        f"voice-server is ready: engine {info.name}, {len(info.voices)} voices, http://{address}\n"
        f'  type to it:    npx wscat -c "ws://{address}{STREAM_PATH}?audio=none"\n'
        f'  or hear it:    voice-server say "Hello there" --url ws://{address} -o hello.wav',
        flush=True,
    )
