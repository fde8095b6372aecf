"""A network between a client and a server that is as bad as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 1 << 16


@dataclass
class Network:
    """How bad it is. Bytes take `delay_s` longer, come `piece` at a time, and do not come at all while it is `dead`."""

    url: str = ""
    delay_s: float = 0.0
    piece: int = PIECE
    _alive: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def die(self) -> None:
        """Carry nothing from now on, and tell nobody: as where a phone has lost its radio."""
        self._alive.clear()

    def half_close(self) -> None:
        """Tell both ends that nothing more comes from the other."""
        for writer in self._writers:
            writer.write_eof()

    def reset(self) -> None:
        """Break all connections off."""
        for writer in self._writers:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(OSError):
            while data := await reader.read(self.piece):
                await self._alive.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
            await self._alive.wait()
            writer.close()


@asynccontextmanager
async def network_to(url: str) -> AsyncIterator[Network]:
    """A network that has the address `url` of its own, and leads to a server."""
    there = urlsplit(url)
    network = Network()
    network._alive.set()
    tasks: set[asyncio.Task[None]] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection(there.hostname, there.port)
        ways = [network.carry(reader, their_writer), network.carry(their_reader, writer)]
        tasks.update(asyncio.create_task(way) for way in ways)

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    network.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        network.reset()
        await asyncio.gather(*tasks, return_exceptions=True)
