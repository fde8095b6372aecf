"""The engine dies or hangs, the server is asked to stop or is killed: what clients notice, and what is left behind."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.voice_server.serving import Server, Socket, faulty, idle, is_alive, running, socket_of, sockets_of, until
from tests.voice_server.talk import Heard, sentence

NUM_SESSIONS = 64
LATEST_S = 5.0
"""Much longer than it takes: a test that measures this machine's mood helps nobody."""

LONG = sentence(400)


@dataclass
class Speaking:
    """Sessions that are hearing the context `a` of each. `b` has text: no clause yet, or not its turn."""

    mixed: list[Socket]
    in_turn: list[Socket]

    @property
    def all(self) -> list[Socket]:
        return self.mixed + self.in_turn


@asynccontextmanager
async def speaking(server: Server) -> AsyncIterator[Speaking]:
    half = NUM_SESSIONS // 2
    async with sockets_of(server, half, "tagged") as mixed, sockets_of(server, half, "binary") as in_turn:
        sessions = Speaking(mixed, in_turn)
        for socket in sessions.all:
            await socket.say({"text": LONG, "context_id": "a", "end": True})
            await socket.say({"text": "bako", "context_id": "b", "max_buffer_delay_ms": 10_000})
        for socket in sessions.all:
            await socket.until("audio", "a")
        yield sessions


@asynccontextmanager
async def ignored(socket: Socket) -> AsyncIterator[None]:
    """A client that is told a lot and never reads."""
    await socket.say(" ".join([LONG] * 20))
    yield
    socket.vanish()


async def hear_the_end(socket: Socket) -> Heard:
    """Write the rest of `b` when `a` has failed, and hear it."""
    heard = await socket.until("error")
    await socket.say({"text": " bade", "context_id": "b", "end": True})
    heard.extend(await socket.until("done", "b"))
    await socket.alive()
    return heard


def check(heard: Heard) -> None:
    error = heard.one("error")
    assert (error.context, error["code"], error["retryable"], error["fatal"]) == ("a", "engine_failed", True, False)
    assert heard.of("audio", "timestamps", "done", "error", context="a")[-1] is error
    assert heard.words("b", "bako bade") == ["bako", "bade"]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
async def test_when_the_engine_dies_who_heard_something_is_told_and_who_waited_is_spoken(
    server: Server, sign: signal.Signals
) -> None:
    restarts = server.metrics()["tts_engine_restarts"]
    async with speaking(server) as sessions:
        engine = server.engine
        died_at = time.monotonic()
        os.kill(engine, sign)
        heard = await asyncio.gather(*(hear_the_end(socket) for socket in sessions.all))
    for each in heard:
        check(each)
    first_at = min(each.of("audio", context="b")[0].at for each in heard)
    told_at = max(each.one("error").at for each in heard)
    print(f"{sign.name}: told after {told_at - died_at:.3f} s, first new audio after {first_at - died_at:.3f} s")
    assert first_at - died_at < LATEST_S
    assert server.metrics()["tts_engine_restarts"] == restarts + 1
    assert not is_alive(engine)
    await idle(server)


@pytest.mark.parametrize(
    ("fault", "last_words"),
    [("hang_on", "no answer for"), ("crash_on", "exit status 70"), ("hoard_on", "MemoryError")],
    ids=["never ends a step", "crashes", "runs out of memory"],
)
async def test_a_text_that_the_engine_cannot_bear_costs_those_who_were_speaking_and_nobody_after(
    tmp_path: Path, fault: str, last_words: str
) -> None:
    with running(tmp_path, first=faulty(**{fault: "culprit"})) as server:
        engine = server.engine
        async with sockets_of(server, 4, max_lead_s=0.3) as sockets, socket_of(server) as culprit:
            for socket in sockets:
                await socket.ask({"text": LONG, "context_id": "a", "end": True}, "audio")
            error = (await culprit.ask("culprit", "error")).one("error")
            assert (error["code"], error["retryable"]) == ("engine_failed", True)
            for socket in sockets:
                assert (await socket.until("error")).one("error").context == "a"
                assert (await socket.ask("bako", "done")).of("audio")
        assert not is_alive(engine)
        assert last_words in server.log
        await idle(server)


async def test_an_engine_that_cannot_be_started_for_want_of_files_is_tried_again(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        os.kill(server.engine, signal.SIGKILL)
        await until(lambda: "Too many open files" in server.log)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)
        await until(lambda: server.get("/readyz").status == 200)
        assert "Traceback" not in server.log


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server that may be ended."""
    with running(tmp_path, "--drain", "0") as server:
        yield server
        assert "Traceback" not in server.log


@pytest.mark.parametrize("whole_group", [False, True], ids=["server", "group"])
async def test_a_server_that_is_asked_to_stop_tells_what_it_has_not_spoken(own: Server, whole_group: bool) -> None:
    async with socket_of(own, max_lead_s=0) as deaf, ignored(deaf), speaking(own) as sessions:
        engine = own.engine
        send = os.killpg if whole_group else os.kill
        asked_at = time.monotonic()
        send(own.process.pid, signal.SIGTERM)
        for heard, code in await asyncio.gather(*(socket.rest() for socket in sessions.all)):
            assert code == 1012
            assert not heard.of("error")
            closing = heard[-1]
            assert closing.type == "closing"
            remaining = closing["text_remaining"]
            assert set(remaining) == {"a", "b"}
            assert LONG.endswith(remaining["a"])
            assert len(remaining["a"]) > len(LONG) / 2
            assert remaining["b"] == "bako"
        status = await asyncio.to_thread(own.process.wait, LATEST_S)
        print(f"ended {time.monotonic() - asked_at:.3f} s after it was asked to")
        assert status == 0
        assert not is_alive(engine)
    assert "ERROR" not in own.log


async def test_an_engine_does_not_outlive_its_server(own: Server) -> None:
    async with speaking(own) as sessions:
        engine = own.engine
        own.process.kill()
        killed_at = time.monotonic()
        for _, code in await asyncio.gather(*(socket.rest() for socket in sessions.all)):
            assert code == 1006
        await until(lambda: not is_alive(engine))
        print(f"the engine ended {time.monotonic() - killed_at:.3f} s after its server")
