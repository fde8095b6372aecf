"""`POST /v1/tokens`: what a page is given in place of a key."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.key_rings import PLACES, KeyRingFile, of_requests
from tests.voice_server.serving import Answer, Server, Socket, dial, running, until
from voice_server.allowance import Quota
from voice_server.keys import id_of


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRingFile:
    return KeyRingFile(tmp_path_factory.mktemp("keys") / "keys.jsonl")


@pytest.fixture(scope="module")
def key(keys: KeyRingFile) -> str:
    return keys.make("a web shop's", "admin", quota=Quota(chars_per_minute=100_000))


@pytest.fixture(scope="module")
def server(keys: KeyRingFile, key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), "--keys", str(keys.path)) as server:
        yield server
        assert "Traceback" not in server.log
        assert "vt." not in server.log


def order(server: Server, key: str, body: str | None = None) -> Answer:
    return server.ask("POST", "/v1/tokens", {"Authorization": f"Bearer {key}"}, body)


def token_of(server: Server, key: str, **asked: object) -> str:
    answer = order(server, key, json.dumps(asked))
    assert answer.status == 200, answer.body
    token: str = json.loads(answer.body)["token"]
    return token


def test_a_token_says_when_it_ends_and_is_not_to_be_stored(server: Server, key: str) -> None:
    for body, ttl_s in ((None, 60), ("{}", 60), ('{"ttl_s": 3600}', 3600), ('{"ttl_s": null}', 60)):
        answer = order(server, key, body)
        told = json.loads(answer.body)
        assert answer.headers["cache-control"] == "no-store"
        assert told["expires_in_s"] == pytest.approx(ttl_s, abs=2)
        assert datetime.fromisoformat(told["expires_at"]).timestamp() == pytest.approx(time.time() + ttl_s, abs=3)
        assert key[11:] not in answer.body


@pytest.mark.parametrize("ttl_s", [0, -1, 3601, "60", 1.5, True, [60]])
def test_a_time_that_cannot_be_is_refused_by_name(server: Server, key: str, ttl_s: object) -> None:
    answer = order(server, key, json.dumps({"ttl_s": ttl_s}))
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["code"], error["field"]) == (400, "invalid_field", "ttl_s")


@pytest.mark.parametrize(("body", "status"), [("[]", 400), ("{", 400), ("[" * 4000, 400), ("x" * 5000, 413)])
def test_a_body_that_is_none_is_refused(server: Server, key: str, body: str, status: int) -> None:
    assert order(server, key, body).status == status


@pytest.mark.parametrize("place", PLACES)
async def test_a_socket_may_have_a_token_wherever_it_may_have_a_key(server: Server, key: str, place: str) -> None:
    headers, query, subprotocols = PLACES[place](token_of(server, key))
    async with dial(server, query, headers, subprotocols) as connection:
        ready = await Socket(connection, "binary").hear()
        assert ready["limits"]["chars_per_minute"] == 100_000


async def test_a_token_may_be_said_in_the_first_message(server: Server, key: str) -> None:
    async with dial(server) as connection:
        await Socket(connection, "binary").ask({"api_key": token_of(server, key)}, "ready")


@pytest.mark.parametrize("place", list(of_requests()))
def test_a_token_speaks_over_http_and_reads_no_numbers_whatever_its_key_may(
    server: Server, key: str, place: str
) -> None:
    headers, query, _ = PLACES[place](token_of(server, key))
    given = "".join(f"&{name}={value}" for name, value in query.items())
    assert server.get(f"/v1/tts?text=bako{given}", headers).status == 200
    assert server.get(f"/metrics?{given}", headers).status == 403


def test_a_token_can_be_renewed_before_it_ends(server: Server, key: str) -> None:
    renewed = token_of(server, token_of(server, key))
    assert server.get("/v1/voices", {"X-API-Key": renewed}).status == 200


async def test_a_token_opens_no_more_when_it_has_ended_and_who_is_inside_stays(server: Server, key: str) -> None:
    token = token_of(server, key, ttl_s=2)
    async with dial(server, {"token": token}) as connection:
        socket = Socket(connection, "binary")
        await until(lambda: "has expired" in server.get("/v1/voices", {"X-API-Key": token}).body)
        with pytest.raises(InvalidStatus):
            await dial(server, {"token": token})
        await socket.alive()


async def test_a_token_and_who_came_with_it_go_with_its_key(server: Server, keys: KeyRingFile) -> None:
    key = keys.make("leaked")
    await until(lambda: order(server, key).status == 200)
    token = token_of(server, key)
    async with dial(server, {"token": token}) as connection:
        keys.revoke(key)
        heard, code = await Socket(connection, "binary").rest()
        assert code == 1008
        assert (id_of(key) or "no key") in heard.one("error")["message"]
    assert server.get("/v1/voices", {"X-API-Key": token}).status == 401


async def test_a_token_counts_against_the_limits_of_its_key(server: Server, keys: KeyRingFile) -> None:
    key = keys.make("small", quota=Quota(sessions=1))
    await until(lambda: order(server, key).status == 200)
    async with dial(server, {"token": token_of(server, key)}):
        for given in (key, token_of(server, key)):
            with pytest.raises(InvalidStatus) as caught:
                await dial(server, {"api_key": given})
            assert caught.value.response.status_code == 429


def test_a_token_of_another_process_opens_nothing(server: Server, key: str) -> None:
    token = token_of(server, key)
    forged = token[:-1] + ("A" if token[-1] != "A" else "E")
    assert server.get("/v1/voices", {"X-API-Key": forged}).status == 401


@pytest.mark.parametrize("header", [{}, {"X-API-Key": "guess"}])
def test_without_a_key_there_are_no_tokens(server: Server, header: dict[str, str]) -> None:
    assert server.ask("POST", "/v1/tokens", header).status == 401
