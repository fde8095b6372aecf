"""All sorts of clients at a time, for as long as one likes: the server's memory stays what it is."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from websockets.exceptions import InvalidStatus

from tests.load.conftest import Report
from tests.load.conversation import Conversation, Words
from tests.load.malformed.requests import routes_of_the_app
from tests.load.memory import MIB, watched
from tests.load.test_fuzz import Attacker, Tally
from tests.voice_server.serving import KIB, Server, idle, running, socket_of
from tests.voice_server.talk import sentence

pytestmark = pytest.mark.load

GROWTH = 8 * MIB
"""What memory may gain after the warm-up, however long it lasts."""

REST_S = 0.5
"""How long a client pauses between two visits, at most."""

UNREAD_S = 2.0
"""How long a client is there that never reads."""


def budget_s(config: pytest.Config) -> float:
    minutes: float = config.getoption("minutes", 2.0)
    return 60 * minutes + 30


@dataclass
class Visitors:
    """Clients of one server, each kind with its own manners, and how often each has come."""

    server: Server
    random: Random
    words: Words = field(default_factory=Words)
    tally: Tally = field(default_factory=Tally)
    counts: Counter[str] = field(default_factory=Counter)

    async def talk(self) -> None:
        """Hold a conversation, cancels and all, and hear only oneself."""
        with self.words.lent(self.random.randint(1, 3)) as pairs:
            conversation = Conversation.planned(pairs, self.random)
            await conversation.hold(self.server, self.random)
        assert conversation.faults == []

    async def ignore(self) -> None:
        """Ask for a lot and never read, then be gone."""
        async with socket_of(self.server, max_lead_s=0) as socket:
            for _ in range(20):
                await socket.say(sentence(200))
            await asyncio.sleep(UNREAD_S)
            socket.vanish()

    async def vanish(self) -> None:
        """Be gone in the middle of what is spoken."""
        async with socket_of(self.server, "tagged", max_lead_s=self.random.choice((0.3, 10))) as socket:
            await socket.say({"text": sentence(100), "context_id": "a"})
            await socket.ask({"text": sentence(10), "context_id": "b", "format": "opus"}, "audio")
            socket.vanish()

    async def listen(self) -> None:
        """Have something spoken over HTTP."""
        kind = self.random.choice(("wav", "mp3", "flac", "ogg_opus"))
        text = sentence(20, first=self.random.randrange(300)).replace(" ", "+")
        answer = await asyncio.to_thread(self.server.get, f"/v1/tts?format={kind}&text={text}")
        assert answer.status in (200, 503), answer
        self.counts["turned away"] += answer.status == 503

    async def attack(self) -> None:
        """Send what nobody should."""
        attacker = Attacker(self.server, routes_of_the_app(), self.random, self.tally, may_be_full=True)
        await attacker.send_requests(10)

    async def visit(self, manner: Callable[[], Awaitable[None]], until_s: float) -> None:
        """Come again and again."""
        while time.monotonic() < until_s:
            try:
                await manner()
            except InvalidStatus as error:
                if error.response.status_code != 503:
                    raise
                self.counts["turned away"] += 1
            self.counts[manner.__name__] += 1
            await asyncio.sleep(self.random.random() * REST_S)


async def test_memory_stays_what_it_is(tmp_path: Path, seed: int, report: Report, pytestconfig: pytest.Config) -> None:
    minutes: float = pytestconfig.getoption("minutes", 2.0)
    with running(tmp_path, "--log-level", "warning") as server:
        visitors, began_at = Visitors(server, Random(seed)), time.monotonic()
        manners = [visitors.talk] * 8 + [visitors.ignore] * 2 + [visitors.vanish] * 4 + [visitors.listen] * 2
        async with watched(server, lambda: (time.monotonic() - began_at) / 60) as memory, asyncio.TaskGroup() as group:
            for manner in [*manners, visitors.attack]:
                group.create_task(visitors.visit(manner, began_at + 60 * minutes))
        await idle(server)
        assert "Traceback" not in server.log
    report.tell(f"{minutes:g} minutes: {dict(visitors.counts.most_common())}")
    slope_kib = memory.slope / KIB
    report.tell(f"memory: {slope_kib:+.0f} KiB a minute, at most {memory.highest / MIB:.0f} MiB")
    assert visitors.tally.faults == []
    assert memory.growth < GROWTH
