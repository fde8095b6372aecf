"""A server that is asked to stop: what has begun is heard to its end, nothing new begins, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.serving import Answer, Server, dial, running, socket_of, sockets_of, until
from tests.voice_server.talk import sentence

PROMPT_S = 0.1
"""How soon a server that is asked to stop says that it is not ready."""

SLACK_S = 2.0
"""What ending may take on a busy machine, beyond what it waits for."""


@contextmanager
def stopping(folder: Path, drain_s: float) -> Iterator[Server]:
    with running(folder, "--drain", str(drain_s)) as server:
        yield server
        assert "Traceback" not in server.log
        assert "ERROR" not in server.log


def ask_to_stop(server: Server, sign: signal.Signals = signal.SIGTERM) -> float:
    os.kill(server.process.pid, sign)
    return time.monotonic()


async def ended(server: Server, within_s: float) -> int:
    return await asyncio.to_thread(server.process.wait, within_s)


async def test_every_word_that_has_begun_is_heard_and_nobody_new_comes_in(tmp_path: Path) -> None:
    text = sentence(40)  # 3.2 s
    with stopping(tmp_path, 30) as server:
        async with sockets_of(server, 8, max_lead_s=0.3) as sockets, socket_of(server) as quiet:
            for socket in sockets:
                await socket.ask({"text": sentence(20), "context_id": "a"}, "audio")
            asked_at = ask_to_stop(server)
            await until(lambda: server.get("/readyz").status == 503)
            print(f"not ready after {time.monotonic() - asked_at:.3f} s")
            assert time.monotonic() - asked_at < PROMPT_S
            with pytest.raises(InvalidStatus, match="503"):
                await dial(server)
            heard, code = await quiet.rest()
            assert (heard.one("closing")["text_remaining"], code) == ({}, 1012)
            for socket in sockets:
                await socket.say({"text": f" {sentence(20, 20)}", "context_id": "a", "end": True})
            for socket in sockets:
                heard, code = await socket.rest()
                assert (heard.types[-2:], code) == (["done", "closing"], 1012)
                assert heard.tokens("a")[-20:] == text.split()[-20:]
                assert heard[-1]["text_remaining"] == {}
        assert await ended(server, SLACK_S) == 0


async def test_speech_over_http_is_finished_too(tmp_path: Path) -> None:
    with stopping(tmp_path, 30) as server:
        path = f"/v1/tts?format=pcm_s16le&max_lead_s=0.3&text={sentence(25).replace(' ', '+')}"
        asking = asyncio.gather(*(asyncio.to_thread(server.get, path) for _ in range(4)))
        await until(lambda: server.metrics()["tts_utterances"] == 4)
        ask_to_stop(server)
        answers: list[Answer] = await asking  # a body without its end would have been an error
        assert {answer.status for answer in answers} == {200}
        assert await ended(server, SLACK_S) == 0


async def test_what_takes_longer_than_it_may_is_told(tmp_path: Path) -> None:
    with stopping(tmp_path, 1) as server:
        async with socket_of(server, max_lead_s=0.3) as socket:
            await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
            asked_at = ask_to_stop(server)
            heard, code = await socket.rest()
        assert 1 <= time.monotonic() - asked_at < 1 + SLACK_S
        first, last = heard.of("closing")
        assert code == 1012
        assert len(last["text_remaining"]["a"]) < len(first["text_remaining"]["a"])
        assert await ended(server, SLACK_S) == 0


@pytest.mark.parametrize(("second", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_second_signal_ends_it_at_once(tmp_path: Path, second: signal.Signals, status: int) -> None:
    with stopping(tmp_path, 30) as server:
        async with socket_of(server, max_lead_s=0.3) as socket:
            await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
            ask_to_stop(server)
            await socket.until("closing")
            asked_at = ask_to_stop(server, second)
            heard, code = await socket.rest()
            assert (heard[-1].type, code) == ("closing", 1012)
        assert await ended(server, SLACK_S) == status
        print(f"ended {time.monotonic() - asked_at:.3f} s after the second signal")


async def test_an_interrupt_does_not_wait_for_what_is_spoken(tmp_path: Path) -> None:
    with stopping(tmp_path, 30) as server:
        async with socket_of(server, max_lead_s=0.3) as socket:
            await socket.ask({"text": sentence(400), "context_id": "a", "end": True}, "audio")
            ask_to_stop(server, signal.SIGINT)
            heard, code = await socket.rest()
            assert (len(heard.of("closing")), code) == (1, 1012)
        assert await ended(server, SLACK_S) == 130
