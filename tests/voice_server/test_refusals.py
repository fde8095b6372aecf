"""Who is not let in, how they are told, and what the log keeps to itself."""

from __future__ import annotations

import json
import socket as sockets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.voice_server.serving import Server, dial, idle, running
from voice_server.config import API_KEY_VARIABLE

KEY = "open-sesame-4711"
GUESS = "guess-4712"
FRIEND = "https://friend.example"
ARGUMENTS = ("--api-key", KEY, "--max-sessions", "2", "--allow-origin", FRIEND, "--log-level", "debug")

RIGHT = [
    ({"Authorization": f"Bearer {KEY}"}, {}),
    ({"authorization": f"bearer {KEY}"}, {}),
    ({"X-API-Key": KEY}, {}),
    ({}, {"api_key": KEY}),
]
WRONG = [
    ({"Authorization": f"Bearer {GUESS}"}, {}),
    ({"Authorization": f"Basic {KEY}"}, {}),
    ({"X-API-Key": GUESS}, {}),
    ({}, {"api_key": GUESS}),
]


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a key."""
    with running(tmp_path_factory.mktemp("open")) as server:
        yield server
        assert "Traceback" not in server.log


async def refused(
    server: Server, headers: dict[str, str] | None = None, query: dict[str, str] | None = None
) -> tuple[int, str, str | None]:
    """Ask for a socket; return the status, the error's code and Retry-After of the answer there is instead."""
    with pytest.raises(InvalidStatus) as caught:
        await dial(server, query, headers)
    response = caught.value.response
    error = json.loads(response.body or b"")["error"]
    assert error["message"]
    return response.status_code, error["code"], response.headers.get("Retry-After")


async def let_in(server: Server, headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> None:
    async with dial(server, query, headers) as connection:
        assert json.loads(await connection.recv())["type"] == "ready"


@pytest.mark.parametrize(("headers", "query"), RIGHT)
async def test_who_has_the_key_is_let_in(server: Server, headers: dict[str, str], query: dict[str, str]) -> None:
    await let_in(server, headers, query)


@pytest.mark.parametrize(("headers", "query"), WRONG)
async def test_who_has_a_wrong_one_is_told_before_the_upgrade(
    server: Server, headers: dict[str, str], query: dict[str, str]
) -> None:
    assert await refused(server, headers, query) == (401, "unauthorized", None)


@pytest.mark.parametrize("path", ["/v1/voices", "/v1/stats", "/metrics"])
def test_the_routes_that_tell_something_want_the_key_too(server: Server, path: str) -> None:
    for headers in ({}, {"X-API-Key": GUESS}):
        answer = server.get(path, headers)
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (401, "unauthorized")
    assert server.get(f"{path}?api_key={GUESS}").status == 401
    assert server.get(path, {"Authorization": f"Bearer {KEY}"}).status == 200
    assert server.get(f"{path}?api_key={KEY}").status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_routes_for_probes_want_no_key(server: Server, path: str) -> None:
    assert server.get(path).status == 200


async def test_a_full_server_says_when_to_come_again(server: Server) -> None:
    key = {"X-API-Key": KEY}
    async with dial(server, headers=key), dial(server, headers=key):
        assert await refused(server, key) == (503, "busy", "1")
    await idle(server, key)
    await let_in(server, key)


@pytest.mark.parametrize("origin", [FRIEND, FRIEND.upper(), "http://{host}"])
async def test_pages_that_are_allowed_and_its_own_may_use_it(server: Server, origin: str) -> None:
    here = urlsplit(server.url).netloc
    await let_in(server, {"X-API-Key": KEY, "Origin": origin.format(host=here)})


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{FRIEND}.evil.example", "http://friend.example", "http://localhost:1", "null"]
)
async def test_other_pages_may_not_even_with_the_key(server: Server, origin: str) -> None:
    assert await refused(server, {"X-API-Key": KEY, "Origin": origin}) == (403, "forbidden_origin", None)
    assert server.get("/v1/voices", {"X-API-Key": KEY, "Origin": origin}).status == 403


@pytest.mark.parametrize("origin", ["http://localhost", "http://127.0.0.1:3000", "http://[::1]:8080"])
async def test_without_a_key_pages_of_this_machine_may_use_it(open_server: Server, origin: str) -> None:
    await let_in(open_server, {"Origin": origin})


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost.evil.example", "null"])
async def test_without_a_key_no_other_pages_may(open_server: Server, origin: str) -> None:
    assert await refused(open_server, {"Origin": origin}) == (403, "forbidden_origin", None)


async def test_without_a_key_a_page_cannot_come_in_by_naming_its_own_host(open_server: Server) -> None:
    headers = {"Origin": "http://rebound.example", "Host": "rebound.example"}
    assert open_server.get("/v1/voices", headers).status == 403


async def test_refusals_are_counted(server: Server) -> None:
    def count() -> float:
        return server.metrics({"X-API-Key": KEY}).get('tts_refusals_total{code="unauthorized"}', 0.0)

    before = count()
    await refused(server, query={"api_key": GUESS})
    assert count() == before + 1


def test_a_key_in_the_environment_is_as_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, KEY)
    with running(tmp_path) as server:
        assert server.get("/metrics").status == 401
        assert server.get("/metrics", {"X-API-Key": KEY}).status == 200


async def test_the_log_tells_who_came_and_no_secrets(server: Server) -> None:
    secret = "voice-of-my-secret"
    for query in ({"api_key": KEY}, {"api_key": KEY, "voice": secret}, {"api_key": KEY, "format": secret}):
        async with dial(server, query) as connection:
            await connection.recv()
            with suppress(ConnectionClosed):
                await connection.send(f'{{"text": "{secret}", "voice": "{secret}"}}')
    await refused(server, query={"api_key": GUESS})
    for path in ("/v1/voices", "/metrics", "/no/such/route", "//no/host"):
        server.get(f"{path}?api_key={KEY}&other={secret}")
    for target in (
        f"?api_key={KEY}",
        f"*?api_key={KEY}",
        f"http://elsewhere/metrics?api_key={KEY}",
        f"/%3Fapi_key={KEY}",
    ):
        with sockets.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as raw:
            raw.sendall(f"GET {target} HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n".encode())
            while raw.recv(1 << 16):
                pass
    log = server.log
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert any('"WebSocket /v1/tts/stream" [accepted]' in event for event in events)
    assert any('"GET /v1/voices HTTP/1.1" 200' in event for event in events)
    assert {"session", "refused"} <= set(events)
    assert '"level":"error"' not in log
    for word in (KEY, GUESS, secret, "api_key"):
        assert word not in log
