"""Limits over real sockets: what is announced holds, and who is over it is told when to come again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.serving import Server, dial, idle, running, socket_of, until
from tests.voice_server.talk import sentence

ARGUMENTS = ("--max-chars-per-minute", "600", "--max-utterances", "2", "--idle-timeout", "1")


async def test_what_is_announced_is_what_was_chosen(server: Server) -> None:
    async with socket_of(server) as socket:
        ready = await socket.hear()
    assert ready["idle_timeout_s"] == 1
    assert {"utterances": 2, "chars_per_minute": 600}.items() <= ready["limits"].items()


async def test_a_socket_that_is_not_used_is_closed_and_its_seat_is_free(server: Server) -> None:
    async with socket_of(server) as socket:
        _, code = await socket.rest()
        assert (code, socket.connection.close_reason) == (1000, "idle for 1 s")
    await idle(server)


async def test_what_is_too_much_for_a_minute_is_told_on_the_socket_and_over_http(server: Server) -> None:
    async with socket_of(server, max_lead_s=0) as socket:
        error = (await socket.ask("x" * 601, "error")).one("error")
        assert (error["code"], error["retryable"], error["retry_after_s"]) == ("rate_limited", True, 60)
        heard = await socket.ask("bako", "done")
        assert heard.words("2", "bako") == ["bako"]
    answer = server.get(f"/v1/tts?text={'x' * 601}")
    assert (answer.status, answer.headers["retry-after"]) == (429, "60")
    assert json.loads(answer.body)["error"]["code"] == "rate_limited"


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Server]:
    """A server that has had enough as soon as anything is spoken."""
    with running(tmp_path, "--max-load", "0.0001") as server:
        yield server


async def test_a_server_at_its_capacity_refuses_before_the_upgrade_and_goes_on_speaking(slow: Server) -> None:
    async with socket_of(slow, max_lead_s=0.3) as socket:
        await socket.ask({"text": sentence(1000), "context_id": "a", "end": True}, "audio")
        await until(lambda: slow.get("/v1/tts?text=bako").status == 503)
        with pytest.raises(InvalidStatus) as caught:
            await dial(slow)
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "1"
        assert "capacity" in json.loads(caught.value.response.body or b"")["error"]["message"]
        for _ in range(20):
            await socket.until("audio")
        await socket.ask({"cancel": True}, "cancelled")
    await idle(slow)
    async with socket_of(slow, max_lead_s=0) as socket:
        await socket.ask("bako", "done")
