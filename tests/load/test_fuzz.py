"""A hundred thousand requests and messages that nobody should send: none goes unanswered, none hurts anybody."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from tests.load.conftest import Report
from tests.load.judge import CODES, fault_of_reply, fault_of_socket
from tests.load.line import PATIENCE_S, Line, Told, line_to, listen
from tests.load.malformed.frames import PING, TEXT, Break, broken, frame, text
from tests.load.malformed.requests import SOCKET, Attack, Routes, attack, routes_of_the_app
from tests.load.malformed.values import message
from tests.load.memory import MIB, watched
from tests.voice_server.key_rings import KeyRingFile
from tests.voice_server.serving import KIB, Server, idle, running, socket_of, until
from tests.voice_server.talk import sentence
from voice_server.adapters.native import STREAM_PATH

pytestmark = pytest.mark.load

NUM_REQUESTS = 32_000
NUM_MESSAGES = 72_000
NUM_KEYED = 2_000
"""Of each kind, for a server that wants keys."""

WORKERS = 16
EACH = 60
"""Messages a socket is sent, before its connection is broken."""

GROWTH = 10 * MIB
"""What memory may gain after the warm-up: the heap still finds its shape. To keep 150 bytes of each attack is more."""

SENTENCES = 20
"""Different ones that are spoken meanwhile: so few that the tones of all their words are kept before it counts."""

NEVER_FULL = ("--max-load", "1000")
"""Who is refused for want of capacity has not been attacked."""


def budget_s(config: pytest.Config) -> float:
    return 220


@dataclass
class Tally:
    """How many attacks there were, what came of them, and which were not taken as they should be."""

    counts: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.counts.total()

    def tell(self, report: Report, lasted_s: float) -> None:
        report.tell(f"{self.total} attacks in {lasted_s:.0f} s, {self.total / lasted_s:.0f} a second")
        report.tell(f"  of these {told(self.counts)}; answered {told(self.answers)}")

    def blame(self, what: str, data: bytes, fault: str | None) -> None:
        if fault is not None:
            self.faults.append(f"{what}: {fault}\n    after {data[:600]!r}")
        assert len(self.faults) < 20, "\n".join(self.faults)


@dataclass
class Attacker:
    """One of those who attack a server at the same time."""

    server: Server
    routes: Routes
    random: Random
    tally: Tally
    num_messages: int = EACH
    may_be_full: bool = False

    async def send_requests(self, num: int) -> None:
        """Make requests: those that are complete one after the other on a connection, as long as it is kept."""
        left = num
        while left:
            async with line_to(self.server.url) as line:
                kept = True
                while left and kept:
                    left -= 1
                    kept = await self._asking(line, attack(self.random, self.routes))

    async def _asking(self, line: Line, made: Attack) -> bool:
        try:
            return await self._request(line, made)
        except TimeoutError:
            self.tally.blame(made.kind, made.data, f"no reply in {PATIENCE_S:g} s")
            return False

    async def _request(self, line: Line, made: Attack) -> bool:
        """Make a request, and return whether the connection is good for another one."""
        self.tally.counts[made.kind] += 1
        line.send(made.data)
        method = made.data.partition(b" ")[0]
        if not made.complete:
            line.finish()
            for each in await line.replies(method):
                self.tally.answers[str(each.status)] += 1
                self.tally.blame(made.kind, made.data, fault_of_reply(each, may_be_full=self.may_be_full))
            return False
        reply = await line.reply(method)
        if reply is None:
            self.tally.blame(made.kind, made.data, "no reply")
            return False
        self.tally.answers[str(reply.status)] += 1
        self.tally.blame(made.kind, made.data, fault_of_reply(reply, may_be_full=self.may_be_full))
        return reply.whole and reply.headers.get("connection") != "close"

    async def send_messages(self, num: int) -> None:
        """Open sockets, send malformed messages on each, and break it in the end."""
        left = num
        while left > 0:
            path = self.random.choice(self.routes.sockets)
            async with line_to(self.server.url) as line:
                left -= await self._converse(line, path)

    async def _converse(self, line: Line, path: str) -> int:
        line.send(handshake(path))
        reply = await line.reply()
        assert reply is not None
        assert reply.status in (101, 401), reply
        if reply.status == 401:
            return 1
        heard = Told()
        said = [text(message(self.random), self.random) for _ in range(self.num_messages)]
        for each in said:
            line.send(each)
        line.send(frame(TEXT, b'{"ping": "so far"}') if path == STREAM_PATH else frame(PING, b"so far"))
        await listen(line, heard, "pong" if path == STREAM_PATH else "so far")
        self._note("message", heard, b"".join(said))
        if not heard.over:
            made = broken(self.random)
            await self._break(line, made if path == STREAM_PATH else replace(made, codes=made.codes and CODES))
        elif self.num_messages > 1 and path == STREAM_PATH:
            self.tally.blame("message", b"".join(said), f"it ended: {heard.code}, {heard.messages[-1:]}")
        return self.num_messages + 1

    async def _break(self, line: Line, made: Break) -> None:
        heard = Told()
        line.send(made.data)
        if not made.codes:
            line.finish()
        await listen(line, heard, "nothing")
        self.tally.counts["frame"] += 1
        if made.codes and heard.code is None:
            self.tally.blame("frame", made.data, "closed without a code")
        self.tally.blame("frame", made.data, fault_of_socket(heard, made.codes or CODES))
        self.tally.answers[str(heard.code)] += 1

    def _note(self, what: str, heard: Told, data: bytes) -> None:
        self.tally.counts[what] += self.num_messages
        errors = (said for said in heard.messages if said.get("type") == "error")
        self.tally.answers.update(str(said.get("code") or said.get("error_code")) for said in errors)
        self.tally.blame(what, data, fault_of_socket(heard))


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def handshake(path: str) -> bytes:
    lines = "\r\n".join((f"GET {path}?audio=none HTTP/1.1", "Host: localhost", *SOCKET))
    return f"{lines}\r\n\r\n".encode("ascii")


@asynccontextmanager
async def a_canary(server: Server, **query: str) -> AsyncIterator[list[float]]:
    """Somebody who speaks all the while, and hears what was said; yields how long each sentence took, in seconds."""
    took: list[float] = []

    async def speak() -> None:
        async with socket_of(server, max_lead_s=0.3, **query) as socket:
            while True:
                said, began_at = sentence(12, first=len(took) % SENTENCES), time.monotonic()
                heard = await socket.ask({"text": said, "context_id": "canary", "end": True}, "done")
                assert heard.words("canary", said) == said.split()
                took.append(time.monotonic() - began_at)

    speaking = asyncio.create_task(speak())
    try:
        yield took
    finally:
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking
    assert took, "it never came to speak"


async def assault(server: Server, seed: int, tally: Tally, num_requests: int, num_messages: int, each: int) -> None:
    """Have a server attacked by many at the same time."""
    routes = routes_of_the_app()
    attackers = [Attacker(server, routes, Random(f"{seed}/{at}"), tally, each) for at in range(2 * WORKERS)]
    async with asyncio.TaskGroup() as group:
        for attacker in attackers[:WORKERS]:
            group.create_task(attacker.send_requests(num_requests // WORKERS))
        for attacker in attackers[WORKERS:]:
            group.create_task(attacker.send_messages(num_messages // WORKERS))


async def test_a_hundred_thousand_attacks_hurt_nobody(tmp_path: Path, seed: int, share: float, report: Report) -> None:
    tally = Tally()
    with running(tmp_path, *NEVER_FULL) as server:
        engine, began_at = server.engine, time.monotonic()
        async with watched(server, lambda: tally.total) as memory, a_canary(server) as took:
            await assault(server, seed, tally, round(NUM_REQUESTS * share), round(NUM_MESSAGES * share), EACH)
        lasted_s = time.monotonic() - began_at
        await idle(server)
        async with a_canary(server) as after:
            await until(lambda: len(after) > 0)
        assert server.engine == engine, "the engine was started anew"
        assert server.process.poll() is None
        assert "Traceback" not in server.log
    tally.tell(report, lasted_s)
    slope_kib = memory.slope * 1000 / KIB
    report.tell(f"memory: {slope_kib:+.1f} KiB for 1000 attacks, at most {memory.highest / MIB:.0f} MiB")
    report.tell(f"meanwhile {len(took)} sentences of a second were spoken, the slowest in {max(took):.2f} s")
    assert tally.faults == []
    assert tally.total >= 100_000 * share
    assert memory.growth < GROWTH


async def test_who_has_no_key_is_told_so_however_it_is_asked(
    tmp_path: Path, seed: int, share: float, report: Report
) -> None:
    num, tally, keys = round(NUM_KEYED * share), Tally(), KeyRingFile(tmp_path / "keys.jsonl")
    key, mine = keys.make("a friend's"), keys.make("mine", "metrics")
    with running(tmp_path, "--keys", str(keys.path), *NEVER_FULL) as server:
        began_at = time.monotonic()
        async with a_canary(server, api_key=key):
            await assault(server, seed + 1, tally, num, num, 1)
        await idle(server, {"X-API-Key": mine})
        assert "Traceback" not in server.log
    tally.tell(report, time.monotonic() - began_at)
    assert tally.faults == []
