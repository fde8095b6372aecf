"""Sockets that come without a key: they may say one in their first message, soon, and not too many wait at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.voice_server.key_rings import KeyRingFile
from tests.voice_server.serving import Server, Socket, dial, running, until
from tests.voice_server.talk import Message
from voice_server.allowance import Quota
from voice_server.client import Refused, connect
from voice_server.keys import mint

PLACES = 3
SHORTER = f"import voice_server.lobby as lobby; lobby.Lobby.__init__.__defaults__ = ({PLACES}, 0.5)"
"""Two things are less here than they are: places in the lobby, and patience."""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRingFile:
    return KeyRingFile(tmp_path_factory.mktemp("keys") / "keys.jsonl")


@pytest.fixture(scope="module")
def key(keys: KeyRingFile) -> str:
    return keys.make("a friend's")


@pytest.fixture(scope="module")
def small(keys: KeyRingFile) -> str:
    return keys.make("small", quota=Quota(sessions=1))


@pytest.fixture(scope="module")
def reader(keys: KeyRingFile) -> str:
    return keys.make("Prometheus", "metrics")


@pytest.fixture(scope="module")
def server(
    keys: KeyRingFile, key: str, small: str, reader: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), "--keys", str(keys.path), first=SHORTER) as server:
        yield server
        assert "Traceback" not in server.log
        assert key[11:] not in server.log


async def asked(connection: ClientConnection) -> Socket:
    """Hear that a key is wanted."""
    socket = Socket(connection, "binary")
    wanted = await socket.hear()
    assert (wanted.type, wanted["within_s"]) == ("authenticate", 0.5)
    return socket


async def refused(server: Server, first: str | bytes, **query: str) -> tuple[Message, int | None]:
    """Say something first; return the error there is and the close code."""
    async with dial(server, query) as connection:
        socket = await asked(connection)
        await socket.say(first)
        heard, code = await socket.rest()
    assert heard.one("error")["fatal"]
    return heard.one("error"), code


@pytest.mark.parametrize("name", ["api_key", "xi_api_key", "xi-api-key"])
async def test_a_key_in_the_first_message_lets_in(server: Server, key: str, name: str) -> None:
    async with dial(server) as connection:
        socket = await asked(connection)
        await socket.ask({name: key}, "ready")
        assert (await socket.ask("bako", "done")).words("1", "bako") == ["bako"]


async def test_the_first_message_may_hold_text_too(server: Server, key: str) -> None:
    async with dial(server) as connection:
        socket = await asked(connection)
        heard = await socket.ask({"api_key": key, "text": "bako", "context_id": "a", "end": True}, "done")
        assert [message.type for message in heard][:2] == ["ready", "started"]
        assert heard.words("a", "bako") == ["bako"]


async def test_a_key_that_is_said_where_none_is_needed_does_no_harm(server: Server, key: str) -> None:
    async with dial(server, {"api_key": key}) as connection:
        socket = Socket(connection, "binary")
        await socket.ask({"api_key": key}, "ready")
        await socket.say({"api_key": mint()})
        heard = await socket.ask({"ping": 1}, "pong")
        assert not heard.of("error")


async def test_a_wrong_key_closes_the_socket(server: Server, reader: str) -> None:
    for first in (mint(), "vs_", "x" * 100_000):
        error, code = await refused(server, json.dumps({"api_key": first}))
        assert (error["code"], code) == ("unauthorized", 1008)
    error, code = await refused(server, json.dumps({"api_key": reader}))
    assert (error["code"], code) == ("missing_scope", 1008)


@pytest.mark.parametrize(
    "first", ["bako", '{"text": "bako"}', "{", "", b"\x00", '{"api_key": null}', '{"close": true}']
)
async def test_anything_but_a_key_closes_the_socket_and_is_not_spoken(server: Server, first: str | bytes) -> None:
    error, code = await refused(server, first)
    assert (error["code"], code) == ("unauthorized", 1008)
    assert 'send {"api_key": KEY} first' in error["message"]


async def test_who_says_nothing_is_shown_out(server: Server) -> None:
    async with dial(server) as connection:
        heard, code = await (await asked(connection)).rest()
        assert (heard.one("error")["code"], code) == ("unauthorized", 1008)
        assert "within 0.5 s" in heard.one("error")["message"]


async def test_who_is_gone_before_being_told_makes_no_noise(server: Server, key: str) -> None:
    for query, first in (({}, "bako"), ({"speed": "99"}, json.dumps({"api_key": key})), ({}, "")):
        for leave in (True, False):
            async with dial(server, query) as connection:
                socket = await asked(connection)
                if first:
                    await socket.say(first)
                if leave:
                    socket.vanish()
    async with dial(server, {"api_key": key}) as connection:
        await Socket(connection, "binary").alive()  # and the fixture looks into the log


async def test_options_that_are_wrong_are_told_only_to_those_who_are_let_in(server: Server, key: str) -> None:
    error, _ = await refused(server, '{"text": "bako"}', speed="99")
    assert error["code"] == "unauthorized"
    error, code = await refused(server, json.dumps({"api_key": key}), speed="99")
    assert (error["code"], error["field"], code) == ("invalid_field", "speed", 1008)


async def test_only_so_many_wait_and_nobody_with_a_key_is_kept_out_by_them(server: Server, key: str) -> None:
    async with AsyncExitStack() as waiting:
        sockets = [await asked(await waiting.enter_async_context(dial(server))) for _ in range(PLACES)]
        with pytest.raises(InvalidStatus) as caught:
            await dial(server)
        assert caught.value.response.status_code == 401
        async with dial(server, {"api_key": key}) as connection:
            await Socket(connection, "binary").alive()
        for socket in sockets:
            socket.vanish()
    async with asyncio.timeout(0.4):  # before their patience would have ended, had they stayed
        await has_place(server)


async def has_place(server: Server) -> None:
    """Return when a socket without a key is let into the lobby."""
    while True:
        try:
            async with dial(server) as connection:
                await asked(connection)
                return
        except InvalidStatus:
            await asyncio.sleep(0.01)


async def test_who_has_said_a_key_leaves_the_lobby(server: Server, key: str) -> None:
    async with AsyncExitStack() as inside:
        for _ in range(PLACES + 1):
            socket = await asked(await inside.enter_async_context(dial(server)))
            await socket.ask({"api_key": key}, "ready")


async def test_a_key_whose_sessions_are_taken_is_told_when_to_come_again(server: Server, small: str) -> None:
    async with dial(server, {"api_key": small}):
        error, code = await refused(server, json.dumps({"api_key": small}))
        assert (error["code"], error["retryable"], error["retry_after_s"], code) == ("rate_limited", True, 1, 1013)
    await until(lambda: server.get("/v1/tts?text=bako", {"X-API-Key": small}).status == 200)


async def test_refusals_are_counted(server: Server, reader: str) -> None:
    def count() -> float:
        return server.metrics({"X-API-Key": reader}).get('tts_refusals_total{code="unauthorized"}', 0.0)

    before = count()
    await refused(server, "bako")
    assert count() == before + 1


async def test_our_client_without_a_key_is_told_that_it_needs_one(server: Server) -> None:
    with pytest.raises(Refused, match="API key") as caught:
        async with connect(server.url):
            pass
    assert caught.value.code == "unauthorized"
