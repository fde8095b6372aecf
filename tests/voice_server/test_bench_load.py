"""The load generator against a server whose every delay is known."""

from __future__ import annotations

import asyncio
import http
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from voice_server.bench import hearing
from voice_server.bench.drive import drive
from voice_server.bench.floor import SAMPLE_RATE
from voice_server.bench.log import CallLog, RunLog
from voice_server.bench.machine import Sampling, Watched, cpu_s, descendants, listener, rss, watch
from voice_server.bench.plan import Call, Plan
from voice_server.bench.setting import Load, Wishes, floor

SLACK_S = 0.04
"""By which the promptest of several may be late on a busy machine. Nothing is ever early, nor may any other be."""

SILENCE = bytes(1920)
SOUND = (np.sin(np.arange(960) / 7) * 8000).astype("<i2").tobytes()

Speaker = Callable[[ServerConnection, str], Awaitable[None]]


async def tell(socket: ServerConnection, kind: str, **body: object) -> None:
    await socket.send(json.dumps({"type": kind, **body}, separators=(",", ":")))


@asynccontextmanager
async def server(speak: Speaker, sockets: int = 99) -> AsyncIterator[str]:
    """A server that says ready and started, then leaves the rest to `speak`; it lets so many sockets in."""
    open_: set[ServerConnection] = set()

    def admit(connection: ServerConnection, request: Request) -> Response | None:
        if len(open_) >= sockets:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "full")
        open_.add(connection)
        return None

    async def handle(socket: ServerConnection) -> None:
        await tell(socket, "ready", protocol=1)
        async for message in socket:
            body = json.loads(message)
            if body.get("end"):
                await tell(socket, "started", format="pcm_s16le", sample_rate=SAMPLE_RATE, frame_ms=20)
                await speak(socket, body["text"])

    async with serve(handle, "127.0.0.1", 0, compression=None, process_request=admit) as served:
        yield f"ws://127.0.0.1:{served.sockets[0].getsockname()[1]}/v1/tts/stream"


async def run(plan: Plan) -> RunLog:
    return (await asyncio.to_thread(drive, plan, Sampling(None))).log


async def done(socket: ServerConnection, audio_ms: float) -> None:
    await tell(socket, "done", audio_ms=audio_ms, timeline={"text_wait_ms": 0.0, "rtf": 0.1})


async def late_and_silent_first(socket: ServerConnection, text: str) -> None:
    await asyncio.sleep(0.05)
    await socket.send(SILENCE)
    await asyncio.sleep(0.05)
    await socket.send(SILENCE + SOUND)
    if text == "stall":
        await asyncio.sleep(0.3)
    for _ in range(10):
        await socket.send(SOUND)
    await done(socket, 260.0)


async def test_fifty_milliseconds_are_found_where_they_were_added_and_a_stall_where_it_was_put() -> None:
    async with server(late_and_silent_first) as url:
        calls = (*(Call(0.1 * number, ("fluent",)) for number in range(10)), Call(1.0, ("stall",)))
        log = await run(Plan(url, calls, 1.2, num_sockets=3))
    *fluent, stalled = log.calls
    first = [hearing.first_byte(call) or 0.0 for call in log.calls]
    audible = [hearing.audible(call) or 0.0 for call in log.calls]
    assert 0.05 <= min(first) < 0.05 + SLACK_S
    assert 0.10 <= min(audible) < 0.10 + SLACK_S
    assert [call.audible_s for call in log.calls] == pytest.approx([0.04] * 11, abs=0.002)
    assert min(hearing.underruns(hearing.delays(call), 0.06) for call in fluent) == (0, 0.0)
    num, worst_s = hearing.underruns(hearing.delays(stalled), 0.06)
    assert num >= 1
    assert worst_s >= 0.2


async def test_a_server_that_is_slow_with_one_is_not_spared_the_next() -> None:
    """Whoever waits until the first is answered measures what he likes: the second comes when it was planned."""

    async def slow(socket: ServerConnection, text: str) -> None:
        await asyncio.sleep(0.6)
        await socket.send(SOUND)
        await done(socket, 20.0)

    async with server(slow) as url:
        log = await run(Plan(url, (Call(0.0, ("a",)), Call(0.1, ("b",))), 0.2))
    first, second = log.calls
    assert second.sent_at is not None
    assert second.sent_at < first.times[0]
    assert log.num_sockets == 2
    assert all((hearing.first_byte(call) or 0.0) >= 0.6 for call in log.calls)


async def test_time_before_a_socket_could_be_had_counts() -> None:
    async def at_once(socket: ServerConnection, text: str) -> None:
        await socket.send(SOUND)
        await done(socket, 20.0)

    async with server(at_once) as url:
        log = await run(Plan(url, (Call(0.05, ("a",)),), 0.2, num_sockets=0))
    (call,) = log.calls
    assert call.sent_at is not None
    assert call.sent_at > 0.05
    assert hearing.first_byte(call) == pytest.approx(call.times[0] - 0.05)


async def test_who_is_refused_is_counted() -> None:
    async def never(socket: ServerConnection, text: str) -> None:
        await socket.wait_closed()

    async with server(never, sockets=1) as url:
        log = await run(Plan(url, (Call(0.0, ("a",)), Call(0.05, ("b",))), 0.1, patience_s=0.2))
    waiting, refused = log.calls
    assert (waiting.refused, waiting.is_over) == (False, False)
    assert (refused.refused, refused.error) == (True, "HTTP 503")
    assert refused.error_at is not None
    assert 0.05 < refused.error_at < 0.2


async def test_with_a_socket_for_each_call_none_is_used_twice_and_each_is_closed_when_it_has_been_heard() -> None:
    lasted: list[float] = []

    async def at_once(socket: ServerConnection, text: str) -> None:
        began_at = time.monotonic()
        await socket.send(SOUND * 10)
        await done(socket, 200.0)
        await socket.wait_closed()
        lasted.append(time.monotonic() - began_at)

    async with server(at_once) as url:
        calls = (Call(0.0, ("a",)), Call(0.4, ("b",)))
        log = await run(Plan(url, calls, 0.8, num_sockets=0, hold="once"))
    assert log.num_sockets == 2
    assert all(call.is_over and call.error is None for call in log.calls)
    assert all(0.2 - SLACK_S <= each < 0.35 for each in lasted)


async def test_text_is_fed_at_the_rate_that_was_planned() -> None:
    came: list[tuple[float, str]] = []

    async def handle(socket: ServerConnection) -> None:
        await tell(socket, "ready")
        async for message in socket:
            came.append((time.monotonic(), json.loads(message)["text"]))

    async with serve(handle, "127.0.0.1", 0, compression=None) as served:
        url = f"ws://127.0.0.1:{served.sockets[0].getsockname()[1]}/"
        log = await run(Plan(url, (Call(0.0, tuple("abcdefg"), pieces_per_s=20.0),), 0.5, patience_s=0.2))
    assert "".join(text for _, text in came) == "abcdefg"
    assert all(at - log.began_at >= number / 20.0 for number, (at, _) in enumerate(came))


async def test_a_cancel_is_timed_and_what_follows_cancelled_is_held_against_the_server() -> None:
    async def handle(socket: ServerConnection) -> None:
        await tell(socket, "ready")
        async for message in socket:
            if "cancel" in json.loads(message):
                await socket.send(SOUND)
                await asyncio.sleep(0.05)
                await tell(socket, "cancelled", context_id="1")
                await socket.send(SOUND)
            else:
                await tell(socket, "started", format="pcm_s16le", sample_rate=SAMPLE_RATE, frame_ms=20)
                await socket.send(SOUND)

    async with serve(handle, "127.0.0.1", 0, compression=None) as served:
        url = f"ws://127.0.0.1:{served.sockets[0].getsockname()[1]}/"
        log = await run(Plan(url, (Call(0.0, ("a",), cancel_s=0.2),), 0.3))
    (call,) = log.calls
    last_s, told_s, num_bytes = hearing.after_cancel(call)
    assert last_s <= told_s
    assert told_s >= 0.05
    assert (call.stray, num_bytes) == (1920, 2 * 1920)


async def test_a_slow_client_reads_no_faster_than_it_plays() -> None:
    async def all_at_once(socket: ServerConnection, text: str) -> None:
        for _ in range(40):
            await socket.send(SOUND)
        await done(socket, 800.0)

    plan = Plan("", (Call(0.0, ("a",)),), 0.9)
    async with server(all_at_once) as url:
        slow, fast = [await run(replace(plan, url=url, slow=slow)) for slow in (True, False)]
    assert slow.calls[0].times[-1] - slow.calls[0].times[0] >= 0.7
    assert fast.calls[0].times[-1] - fast.calls[0].times[0] < 0.5


async def test_a_server_that_breaks_off_in_the_middle_is_an_error_not_a_silence() -> None:
    async def hang_up(socket: ServerConnection, text: str) -> None:
        await socket.send(SOUND)
        await socket.close(1011, "oops")

    async with server(hang_up) as url:
        (call,) = (await run(Plan(url, (Call(0.0, ("a",)),), 0.2))).calls
    assert call.error is not None
    assert "1011 oops" in call.error
    assert isinstance(call, CallLog)


async def test_the_generator_tells_how_it_was_itself() -> None:
    async with server(late_and_silent_first) as url:
        log = await run(Plan(url, (Call(0.1, ("a",)),), 0.5))
    assert len(log.lags) > 10
    assert min(log.lags) >= 0.0
    assert 0.0 < log.cores < 1.0


def test_the_floor_sends_everyone_every_frame_from_one_ticker() -> None:
    with floor(Wishes(), "test") as bare:
        assert bare.watched is not None
        run_ = bare.run(Load([Call(0.0, (".",)), Call(0.0, (".",))], 1.0, num_sockets=2, patience_s=0.0))
    first, second = run_.log.calls
    assert 30 <= len(first.times) <= 51
    assert abs(len(first.times) - len(second.times)) <= 5
    assert set(first.sizes) == {1920}
    assert run_.window(0.0, 1.0) is not None


async def test_the_process_behind_a_port_is_found_with_what_it_uses() -> None:
    async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0) as served:
        port = served.sockets[0].getsockname()[1]
        found = listener(port)
        assert found is not None
        child = await asyncio.create_subprocess_exec("sleep", "9")
        try:
            assert child.pid in descendants(found)
        finally:
            child.kill()
            await child.wait()
        before = cpu_s(found)
        sum(range(3_000_000))
        assert cpu_s(found) > before
        assert rss(found) > 10_000_000
        watched = watch(port)
        assert isinstance(watched, Watched)
        assert watched.usage(memory=True).server_rss > 10_000_000
    assert listener(port) is None
