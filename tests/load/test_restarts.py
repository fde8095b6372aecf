"""Restarts while clients speak: who is within the cap hears every word, who is not is told what is missing."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.load.conftest import Report
from tests.voice_server.serving import PATIENCE_S, Server, Socket, running, socket_of, until
from tests.voice_server.talk import Heard, Message, sentence

pytestmark = pytest.mark.load

CAP_S = 2.0
"""How long a server that is asked to stop lets those speak on who have begun."""

NUM_SHORT = 12
"""Clients whose sentences take less than a second, one after the other."""

NUM_LONG = 4
"""Clients whose texts take half a minute."""

LONG = sentence(400)

AGAIN_S = 0.2
"""After so long a client that was turned away tries again."""


def budget_s(config: pytest.Config) -> float:
    restarts: int = config.getoption("restarts", 20)
    return 10 + 6.0 * restarts


@dataclass
class Callers:
    """Clients of a server that is not always there, and what became of what they said."""

    server: Server
    counts: Counter[str] = field(default_factory=Counter)
    over: bool = False

    async def call(self, random: Random, is_long: bool) -> None:
        """Come in, speak until told to leave, and come again, until all is over."""
        speak = self.speak_long if is_long else self.speak_shortly
        while not self.over:
            try:
                async with socket_of(self.server, max_lead_s=0.3) as socket:
                    while not self.over and await speak(socket, random):
                        pass
            except (OSError, InvalidHandshake, ConnectionClosed):
                self.counts["turned away"] += 1
                await asyncio.sleep(AGAIN_S)

    async def speak_shortly(self, socket: Socket, random: Random) -> bool:
        """Speak a sentence: it is heard whole, or not at all. Return whether the socket is still good."""
        said = sentence(random.randint(3, 8), first=random.randrange(390))
        heard, code = await self._speak(socket, said)
        if heard.of("done"):
            assert heard.words("a", said) == heard.tokens("a") == said.split(), "a word is missing"
            self.counts["heard whole"] += 1
            return True
        assert code == 1012, f"closed with {code}"
        assert not heard.of("audio", "error", "started"), "a sentence that had begun was cut"
        self.counts["not begun"] += 1
        return False

    async def speak_long(self, socket: Socket, random: Random) -> bool:
        """Speak what takes longer than the cap: what was not spoken is told, and no word is missing between."""
        heard, code = await self._speak(socket, LONG)
        assert code == 1012, f"closed with {code}"
        if not heard.of("started"):
            self.counts["not begun"] += 1
            return False
        remaining = heard.of("closing")[-1]["text_remaining"]["a"]
        assert LONG.endswith(remaining)
        spoken = LONG.removesuffix(remaining).split()
        assert remaining
        assert heard.tokens("a")[: len(spoken)] == spoken, "words are missing that were said to be spoken"
        self.counts["told what is missing"] += 1
        return False

    async def _speak(self, socket: Socket, said: str) -> tuple[Heard, int | None]:
        """Speak, and return what came up to its end or the socket's."""
        heard = Heard()
        try:
            await socket.say({"text": said, "context_id": "a", "end": True})
            while not heard.of("done"):
                message: Message = await socket.hear()
                heard.append(message)
        except ConnectionClosed:
            return heard, socket.connection.close_code
        return heard, None


@asynccontextmanager
async def serving(said: Path, port: int) -> AsyncIterator[Server]:
    """A server on a port, if it is not 0; the event loop goes on while it starts and ends."""
    manager = running(said.parent, "--port", str(port), "--drain", str(CAP_S), stderr=said)
    server = await asyncio.to_thread(manager.__enter__)
    try:
        yield server
        assert [line for line in server.log.splitlines() if '"level":"error"' in line] == []
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


async def restart(server: Server, num_busy: int) -> tuple[float, float]:
    """Ask a server to stop while so many speak; return how long it was until it was not ready, and until its end."""
    await until(lambda: server.metrics()["tts_utterances"] >= num_busy)
    asked_at = time.monotonic()
    os.kill(server.process.pid, signal.SIGTERM)
    await until(lambda: server.get("/readyz").status == 503)
    unready_s = time.monotonic() - asked_at
    assert await asyncio.to_thread(server.process.wait, PATIENCE_S) == 0
    return unready_s, time.monotonic() - asked_at


async def test_no_restart_cuts_a_word(tmp_path: Path, seed: int, report: Report, pytestconfig: pytest.Config) -> None:
    restarts: int = pytestconfig.getoption("restarts", 20)
    times: list[tuple[float, float]] = []
    async with serving(tmp_path / "0.txt", 0) as first, asyncio.TaskGroup() as group:
        callers = Callers(first)
        for at in range(NUM_SHORT + NUM_LONG):
            group.create_task(callers.call(Random(f"{seed}/{at}"), at < NUM_LONG))
        times.append(await restart(first, NUM_LONG + NUM_SHORT // 2))
        port = int(first.url.rpartition(":")[2])
        for number in range(1, restarts):
            async with serving(tmp_path / f"{number}.txt", port) as server:
                times.append(await restart(server, NUM_LONG + NUM_SHORT // 2))
        callers.over = True
    unready_s, ended_s = max(times)[0], max(ended for _, ended in times)
    report.tell(f"{restarts} restarts with {NUM_SHORT + NUM_LONG} clients: {dict(callers.counts)}, no word cut")
    report.tell(f"  not ready after {unready_s * 1000:.0f} ms, ended after {ended_s:.2f} s at the latest")
    assert callers.counts["told what is missing"] >= restarts * NUM_LONG / 2
    assert callers.counts["heard whole"] >= restarts * NUM_SHORT / 2
    assert ended_s < CAP_S + 3.0
