"""One TCP connection to a server, with nothing between a test and the bytes."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.load.malformed.frames import BINARY, CLOSE, PONG, TEXT

PATIENCE_S = 15.0
"""A server that says nothing for so long hangs. It waits ten for what has begun to come."""

MAX_HEAD = 1 << 17

ENOUGH = 1 << 16
"""Bytes of a body after which the rest does not matter."""


@dataclass(frozen=True)
class Reply:
    """What a server said to a request; `body` is its beginning where it is not `whole`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True

    @property
    def said(self) -> Mapping[str, Any]:
        """The JSON object in the body; an empty one if there is none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


class Line:
    """Bytes to a server, and its replies or frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def finish(self) -> None:
        """Say that nothing more comes."""
        with suppress(OSError):
            self._writer.write_eof()

    async def reply(self, method: bytes = b"GET") -> Reply | None:
        """Return the next reply; None: the connection is closed without one."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                reply = await self._reply(method)
                while reply.status in (100, 102, 103):
                    reply = await self._reply(method)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
        return reply

    async def replies(self, method: bytes) -> list[Reply]:
        """Return all that is said until the server closes the connection; `method` is the first request's."""
        told: list[Reply] = []
        while reply := await self.reply(b"GET" if told else method):
            told.append(reply)
            if not reply.whole or reply.status == 101:
                break
        return told

    async def frame(self) -> tuple[int, bytes] | None:
        """Return the next frame's opcode and payload; None: the connection is closed."""
        try:
            first, length = await self._reader.readexactly(2)
            assert not length & 0x80, "servers do not mask"
            if length == 126:
                (length,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return first & 15, await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def _reply(self, method: bytes) -> Reply:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        assert version == "HTTP/1.1", f"a reply begins with {head[:60]!r}"
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        reply = Reply(int(rest[:3]), headers)
        if method == b"HEAD" or reply.status in (101, 204, 304) or reply.status < 200:
            return reply
        body, whole = await self._body(headers)
        return Reply(reply.status, headers, body, whole)

    async def _body(self, headers: Mapping[str, str]) -> tuple[bytes, bool]:
        if "content-length" in headers:
            length = int(headers["content-length"])
            return await self._reader.readexactly(min(length, ENOUGH)), length <= ENOUGH
        if headers.get("transfer-encoding") != "chunked":
            return await self._reader.read(ENOUGH), False
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
            if len(body) > ENOUGH:
                return body, False
        await self._reader.readexactly(2)
        return body, True


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    """A connection to a server, broken off in the end."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=MAX_HEAD)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


@dataclass
class Told:
    """What a socket was told: messages, and in the end the code it was closed with, if any was given."""

    messages: list[Mapping[str, Any]] = field(default_factory=list)
    code: int | None = None
    over: bool = False


async def listen(line: Line, told: Told, until: str) -> None:
    """Hear a socket until there is a message of this type or a pong with this payload, or it is closed."""
    async with asyncio.timeout(PATIENCE_S):
        while heard := await line.frame():
            opcode, payload = heard
            if opcode == TEXT:
                told.messages.append(json.loads(payload))
                if told.messages[-1].get("type") == until:
                    return
            elif opcode == CLOSE:
                told.code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                break
            elif opcode == PONG and payload.decode("latin-1") == until:
                return
            else:
                assert opcode in (BINARY, PONG), f"a frame with opcode {opcode}"
    told.over = True
