"""Servers in processes of their own, seen from outside: sockets, routes, log, memory, engine."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.voice_server.talk import Heard, Message
from voice_server.adapters.native import HEADER
from voice_server.client import stream_url
from voice_server.private import ADDRESS

PATIENCE_S = 20.0

KIB = 1024


@dataclass(frozen=True)
class Answer:
    """What an HTTP route said."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Server:
    """A running `voice-server serve`. Whatever it writes to its stderr is in the file `said`."""

    url: str
    process: subprocess.Popen[str]
    said: Path

    @property
    def log(self) -> str:
        return self.said.read_text("utf-8", "replace")

    @property
    def engine(self) -> int:
        """The process id of the engine that runs now."""
        (child,) = children_of(self.process.pid)
        return child

    @property
    def memory(self) -> int:
        """Resident bytes of the server and of its engine."""
        return resident(self.process.pid) + resident(self.engine)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def metrics(self, headers: Mapping[str, str] | None = None) -> dict[str, float]:
        """The value of each sample at /metrics, by its name with its labels."""
        lines = [line for line in self.get("/metrics", headers).body.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def faulty(**faults: str | float) -> str:
    """What to run first for a server whose tone engine has these faults."""
    return (
        "import voice_server.server as server\n"
        "whole = server.EngineProcess\n"
        f"server.EngineProcess = lambda name, options, *more: whole(name, {{**options, 'faults': {faults!r}}}, *more)"
    )


@contextmanager
def running(
    folder: Path, *arguments: str, engine: str = "tone", stderr: Path | None = None, first: str = ""
) -> Iterator[Server]:
    """A server on a free port, in a process group of its own; it is killed if it has not ended by itself.

    `first` is Python that its process runs before: to shorten a time, or to break its engine.
    """
    said = stderr or folder / "stderr.txt"
    program = f"import sys\n{first}\nfrom voice_server.cli import main\nsys.exit(main(sys.argv[1:]))"
    how = ["-c", program] if first else ["-m", "voice_server"]
    command = [sys.executable, *how, "serve", "--port", "0", "--engine", engine, *arguments]
    with said.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
    assert process.stdout
    with process.stdout as greeting:
        try:
            addresses = (ADDRESS.search(line) for line in greeting)
            url = next((found[0] for found in addresses if found), None)
            assert url is not None, said.read_text("utf-8") if said.is_file() else said
            yield Server(url, process, said)
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Socket:
    """One native socket: `say` something, and `hear` it answered message by message. Patience has its limits."""

    def __init__(self, connection: ClientConnection, audio: str) -> None:
        self.connection = connection
        self.audio = audio
        self._contexts: dict[int, str] = {}
        self._sounding: str | None = None

    async def say(self, message: str | bytes | dict[str, Any]) -> None:
        """Send an object as JSON, anything else as it is."""
        await self.connection.send(json.dumps(message) if isinstance(message, dict) else message)

    async def hear(self) -> Message:
        """Return the next message. Raises ConnectionClosed."""
        async with asyncio.timeout(PATIENCE_S):
            return self._read(await self.connection.recv())

    async def until(self, kind: str, context: str | None = None) -> Heard:
        """Return what comes up to and with the next message of this type, of this context if one is named."""
        heard = Heard()
        while not heard.of(kind, context=context):
            heard.append(await self.hear())
        return heard

    async def ask(self, message: str | bytes | dict[str, Any], kind: str, context: str | None = None) -> Heard:
        """Say something and hear what comes, up to a message of this type."""
        await self.say(message)
        return await self.until(kind, context)

    async def rest(self) -> tuple[Heard, int | None]:
        """Return what comes until the server closes the socket, and its close code."""
        heard = Heard()
        try:
            while True:
                heard.append(await self.hear())
        except ConnectionClosed:
            return heard, self.connection.close_code

    async def alive(self) -> None:
        """Return when the server has answered a ping of the protocol."""
        await self.ask({"ping": 1}, "pong")

    def vanish(self) -> None:
        """Be gone from one moment to the next, without a word."""
        self.connection.transport.abort()

    def _read(self, frame: str | bytes) -> Message:
        if isinstance(frame, bytes):
            return self._read_audio(frame)
        body = json.loads(frame)
        kind = body["type"]
        if kind == "started":
            self._contexts[body["stream"]] = self._sounding = body["context_id"]
        elif kind in ("done", "cancelled", "error") and body.get("context_id") == self._sounding:
            self._sounding = None
        data = base64.b64decode(body["data"]) if kind == "audio" else b""
        return Message(time.monotonic(), kind, body, data)

    def _read_audio(self, frame: bytes) -> Message:
        if self.audio == "binary":
            assert self._sounding is not None, "audio came between utterances"
            return Message(time.monotonic(), "audio", {"context_id": self._sounding}, frame)
        version, flags, zero, stream, first_sample = HEADER.unpack(frame[: HEADER.size])
        assert (version, flags, zero) == (1, 0, 0)
        body = {"context_id": self._contexts[stream], "first_sample": first_sample}
        return Message(time.monotonic(), "audio", body, frame[HEADER.size :])


@asynccontextmanager
async def sockets_of(
    server: Server, num: int, audio: str = "binary", **query: str | float
) -> AsyncIterator[list[Socket]]:
    """Several sockets alike."""
    async with AsyncExitStack() as opened:
        yield [await opened.enter_async_context(socket_of(server, audio, **query)) for _ in range(num)]


@asynccontextmanager
async def socket_of(server: Server, audio: str = "binary", **query: str | float) -> AsyncIterator[Socket]:
    """A socket of a server, with these fields in its query."""
    async with dial(server, {"audio": audio, **query}) as connection:
        yield Socket(connection, audio)


def dial(
    server: Server,
    query: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    subprotocols: Sequence[str] = (),
) -> connect:
    """The opening of a socket: to be awaited, or entered. Raises InvalidStatus where the server refuses it."""
    return connect(
        stream_url(server.url, query or {}),
        additional_headers=headers,
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        proxy=None,
        max_size=None,
        close_timeout=PATIENCE_S,
    )


async def until(happens: Callable[[], bool]) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(happens):
        assert time.monotonic() < deadline, "it does not come about"
        await asyncio.sleep(0.005)


async def idle(server: Server, headers: Mapping[str, str] | None = None) -> None:
    """Return when nobody is connected and nothing is spoken any more."""
    busy = ("tts_sessions", "tts_utterances", "tts_live_segments")

    def nothing_left() -> bool:
        values = server.metrics(headers)
        return not any(values[name] for name in busy)

    await until(nothing_left)


def children_of(pid: int) -> list[int]:
    """Return the process ids of the living children of a process."""
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found
    return int(found[1]) * KIB
