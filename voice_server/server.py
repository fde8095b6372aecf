"""Runs the app on uvicorn, with the settings that sound needs."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from engine.process import EngineError, EngineProcess
from voice_server.adapters.native import STREAM_PATH
from voice_server.app import create_app
from voice_server.config import Settings
from voice_server.front import Front
from voice_server.handshakes import BoundedHttp, BoundedWebSocket
from voice_server.journal import note
from voice_server.key_file import BadKeyFile
from voice_server.logs import logging_to_stderr
from voice_server.progress import Progress
from voice_server.speech import BrokenSpeechError
from voice_server.tls import BadCertificateError, Certificate, make_certificate

__all__ = ["BadCertificateError", "BadKeyFile", "EngineError", "serve"]

SEND_BUFFER = 16 * 1024
"""Bytes the kernel may hold per socket. With its own default, a client that does not read takes 44 s of audio in."""

GOODBYE_S = 1.0

LOOKS = 20
"""How often, in that time, it is looked whether the clients have taken it in."""

UNREAD_S = 30
"""After so long without a byte taken in, a client is gone. Closing its socket waits for what is unsent: for ever."""

MANY_FILES = 65536

REFUSED = "ASGI callable returned without completing handshake."
"""An error, to uvicorn, after every refusal, though its answer has been sent."""

GONE = "the handler is closed"
"""What uvloop says of a write to a client that is gone, but whose connection has not been told lost yet."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM, or until SIGINT, which then is raised as KeyboardInterrupt.

    Raises OSError where the address cannot be bound, EngineError without engine, BadCertificateError, BadKeyFile.
    """
    if settings.tls_self_signed is not None:
        make_certificate(settings.tls_self_signed, settings.host)
    if certificate := settings.certificate:
        certificate.check()
    _raise_file_limit()
    with logging_to_stderr(settings.log_format, settings.log_level) as spool, _discreet():
        loop = EngineProcess(settings.engine, settings.engine_options, settings.start_limit_s, Progress(sys.stderr))
        app = create_app(settings, loop)
        listening = listen(settings.host, settings.port)
        front: Front = app.state.front
        front.metrics.log_lines_lost.set_function(lambda: spool.num_lost)
        config = configure(app, settings.max_frame_bytes, certificate, settings.ping_s)
        server = _Server(config, front, _address(settings.host, listening), settings)
        server.run(sockets=[listening])
        if server.failure is not None:
            raise server.failure
        if server.interrupted:
            raise KeyboardInterrupt


def configure(
    app: Starlette, max_frame_bytes: int, certificate: Certificate | None = None, ping_s: float = 20.0
) -> uvicorn.Config:
    """Return how uvicorn is to run an app that sends sound. What it is compared with runs the same way."""
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=BoundedHttp,
        ws=_SoundSocket,
        ws_per_message_deflate=False,
        ws_ping_interval=ping_s,
        ws_ping_timeout=ping_s,
        ws_max_size=max_frame_bytes,
        timeout_graceful_shutdown=3,
        log_config=None,
        ssl_certfile=certificate.cert if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


class _SoundSocket(BoundedWebSocket):
    """Keeps TLS from holding half a megabyte of sound for a client that does not read: no more than the kernel may."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if transport.get_extra_info("sslcontext"):
            transport.set_write_buffer_limits(high=SEND_BUFFER)
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Says when it is ready, and when asked to stop lets clients hear what has begun, and tells them what has not.

    The first SIGTERM does that; a second one, or a SIGINT, cuts short what is spoken, and one more does not even wait
    for the clients to be told.
    """

    def __init__(self, config: uvicorn.Config, front: Front, address: str, settings: Settings) -> None:
        super().__init__(config)
        self._front = front
        self._certificate = settings.certificate
        self._url = f"{'https' if self._certificate else 'http'}://{address}"
        self._drain_s = settings.drain_s
        self._hurried = False
        self.interrupted = False
        self.failure: EngineError | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await self._front.loop.start()
        except EngineError as error:
            self.failure, self.should_exit = error, True
            return
        await super().startup(sockets)
        if self._certificate:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._renew, self._certificate)
        if self.started:
            what = {"version": version("voice-server"), "engine": self._front.loop.info.name}
            note("started", what | {"url": self._url, "pid": os.getpid()})
            _greet(self._front, self._url)
            gc.freeze()  # what is there now stays: to look through it for garbage held up everybody for 70 to 250 ms

    def _renew(self, certificate: Certificate) -> None:
        """Show the certificate as it is now, to those who come from now on."""
        assert self.config.ssl is not None
        try:
            certificate.check()
            certificate.load_into(self.config.ssl)
        except BadCertificateError as error:
            note("certificate not renewed", {"reason": str(error)}, logging.ERROR)
        else:
            note("certificate renewed")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self._hurried
        self._hurried = self.should_exit or sig != signal.SIGTERM
        self.should_exit = self._front.admission.stopping = True
        self.interrupted = self.interrupted or sig != signal.SIGTERM  # to be asked to stop is no failure

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if (num_sessions := self._front.allowance.num_sessions) and not self._hurried:
            note("draining", {"sessions": num_sessions, "drain_s": self._drain_s})
            await self._front.drain(self._drain_s, lambda: self._hurried)
        await self._front.shut_down(0.0 if self.force_exit else GOODBYE_S)
        for _ in range(LOOKS):
            if self._unsent():
                await asyncio.sleep(GOODBYE_S / LOOKS)
        for transport in self._unsent():
            transport.abort()
        await super().shutdown(sockets)
        note("stopped")

    def _unsent(self) -> list[asyncio.Transport]:
        """The WebSockets whose clients have not taken in all they were told."""
        kind = self.config.ws_protocol_class
        assert kind is not None
        transports = [each.transport for each in self.server_state.connections if isinstance(each, kind)]
        return [transport for transport in transports if transport.get_write_buffer_size()]


class _Discreet(logging.Filter):
    """Keeps queries, which may hold keys, and what clients did wrong out of the log, and needless tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(part) for part in record.args)
        if record.msg == REFUSED:
            return False
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, BrokenSpeechError):
            record.exc_info, record.msg, record.args = None, "speech over HTTP broke off: %s", (str(error),)
        return not isinstance(error, UnicodeDecodeError) and GONE not in str(error)


def _without_query(part: object) -> object:
    """Cut a path before its query, or before what was meant for one and was escaped too often."""
    return re.split(r"\?|%3F", part)[0] if isinstance(part, str) else part


@contextmanager
def _discreet() -> Iterator[None]:
    """Have the library's loggers keep what they must not tell, while this lasts."""
    discreet = _Discreet()
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "uvicorn.access")]
    for logger in loggers:
        logger.addFilter(discreet)
    yield
    for logger in loggers:
        logger.removeFilter(discreet)


def _raise_file_limit() -> None:
    """Allow as many open files as this process may have: each socket is one, and the usual limit is 1024."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, whose connections have a small send buffer. Raises OSError."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, proto)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_S * 1000)
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


def _greet(front: Front, url: str) -> None:
    info, socket_url = front.loop.info, url.replace("http", "ws", 1)
    print(
        f"voice-server is ready: engine {info.name}, {len(info.voices)} voices, {url}\n"
        f'  type to it:    npx wscat -c "{socket_url}{STREAM_PATH}?audio=none"\n'
        f'  or hear it:    voice-server say "Hello there" --url {socket_url} -o hello.wav',
        flush=True,
    )
