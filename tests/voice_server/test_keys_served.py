"""A server that reads its keys from a file: who is let in, for what, for how long, and what the log has of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.key_rings import PLACES, KeyRingFile, of_requests
from tests.voice_server.serving import PATIENCE_S, Answer, Server, Socket, dial, idle, running, until
from tests.voice_server.talk import sentence
from voice_server.allowance import Quota
from voice_server.cli import main
from voice_server.front import KEYS_S, TICK_S
from voice_server.keys import id_of, mint

SPEECH = {
    "GET": ["/v1/tts?text=bako", "/v1/text?text=bako", "/v1/voices"],
    "POST": ["/v1/tts?text=bako", "/v1/text?text=bako", "/v1/tokens"],
}
WRONG = ("k" * 30_000, "vs_" + "\u00ff" * 200, "vt.." * 1000, "Basic " + "=" * 1000, "%00%ff")
FIRST = ("[" * 100_000, "{" * 100_000, '{"api_key":' * 50_000, '{"api_key": {"api_key": 1}}', '{"api_key": 5}')
NUMBERS = ["/metrics", "/v1/stats"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRingFile:
    made = KeyRingFile(tmp_path_factory.mktemp("keys") / "keys.jsonl")
    made.make("nobody's")
    return made


@pytest.fixture(scope="module")
def guarded(keys: KeyRingFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with these keys and one in plain text, that a test may add to."""
    arguments = ("--keys", str(keys.path), "--api-key", "the-single-key", "--log-level", "debug")
    with running(tmp_path_factory.mktemp("server"), *arguments) as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def key(guarded: Server, keys: KeyRingFile) -> str:
    """A key that may speak, and that the server has taken in."""
    return asyncio.run(taken_in(guarded, keys.make("a friend's")))


async def taken_in(server: Server, key: str) -> str:
    await until(lambda: server.get("/v1/voices", {"X-API-Key": key}).status == 200)
    return key


def error_of(answer: Answer) -> tuple[int, str]:
    told = json.loads(answer.body)
    if "detail" in told:  # as ElevenLabs says it, to whom asks for a list with that vendor's header
        return answer.status, {"invalid_api_key": "unauthorized"}[told["detail"]["status"]]
    return answer.status, told["error"]["code"]


async def refused(server: Server, place: str, key: str) -> tuple[int, str]:
    """Ask for a socket with a key in this place; return the status and error's code there is instead."""
    headers, query, subprotocols = PLACES[place](key)
    with pytest.raises(InvalidStatus) as caught:
        await dial(server, query, headers, subprotocols)
    response = caught.value.response
    return response.status_code, json.loads(response.body or b"")["error"]["code"]


@pytest.mark.parametrize("place", PLACES)
async def test_a_socket_may_have_its_key_in_any_place(guarded: Server, key: str, place: str) -> None:
    headers, query, subprotocols = PLACES[place](key)
    async with dial(guarded, query, headers, subprotocols) as connection:
        assert json.loads(await connection.recv())["type"] == "ready"
        assert connection.subprotocol == (subprotocols[0] if subprotocols else None)


@pytest.mark.parametrize("place", list(of_requests()))
def test_a_request_may_have_its_key_in_any_place(guarded: Server, place: str) -> None:
    headers, query, _ = PLACES[place]("the-single-key")
    for method, paths in (*SPEECH.items(), ("GET", NUMBERS)):
        for path in paths:
            joined = f"{path}{'&' if '?' in path else '?'}{urlencode(query)}"
            assert guarded.ask(method, joined, headers).status == 200


@pytest.mark.parametrize("place", PLACES)
async def test_a_wrong_key_opens_nothing_wherever_it_is(guarded: Server, key: str, place: str) -> None:
    for wrong in (mint(), key[:-1] + ("a" if key[-1] != "a" else "b"), key[:11], "the-single-kez"):
        assert await refused(guarded, place, wrong) == (401, "unauthorized")
        headers, query, subprotocols = PLACES[place](wrong)
        if not subprotocols:
            answers = [
                guarded.ask(method, f"{path}{'&' if '?' in path else '?'}{urlencode(query)}", headers)
                for method, paths in (*SPEECH.items(), ("GET", NUMBERS))
                for path in paths
            ]
            assert {error_of(answer) for answer in answers} == {(401, "unauthorized")}
            assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


def test_without_any_key_no_request_is_answered(guarded: Server) -> None:
    for method, paths in (*SPEECH.items(), ("GET", NUMBERS)):
        for path in paths:
            assert error_of(guarded.ask(method, path)) == (401, "unauthorized")


def test_probes_the_page_and_the_description_want_no_key(guarded: Server) -> None:
    for path in ("/healthz", "/readyz", "/", "/openapi.json"):
        assert guarded.get(path).status == 200


async def test_a_key_for_numbers_does_not_speak_and_one_for_speech_does_not_read_them(
    guarded: Server, keys: KeyRingFile, key: str
) -> None:
    reader = await taken_in(guarded, keys.make("Prometheus", "metrics"))
    for path in NUMBERS:
        assert guarded.get(path, {"Authorization": f"Bearer {reader}"}).status == 200
        assert error_of(guarded.get(path, {"Authorization": f"Bearer {key}"})) == (403, "missing_scope")
    for method in SPEECH:
        for path in SPEECH[method]:
            if path != "/v1/voices":
                assert error_of(guarded.ask(method, path, {"X-API-Key": reader})) == (403, "missing_scope")
    for place in PLACES:
        assert await refused(guarded, place, reader) == (403, "missing_scope")


async def test_a_key_that_has_expired_is_told_so(guarded: Server, keys: KeyRingFile, key: str) -> None:
    old = keys.make("last year's", expires_at=time.time() - 60)
    await until(lambda: "has expired" in guarded.get("/v1/voices", {"X-API-Key": old}).body)
    for place in PLACES:
        assert await refused(guarded, place, old) == (401, "unauthorized")


async def test_who_speaks_with_a_key_that_is_revoked_is_cut_off_and_nobody_else(
    guarded: Server, keys: KeyRingFile, key: str
) -> None:
    leaked = await taken_in(guarded, keys.make("leaked"))
    async with dial(guarded, {"api_key": leaked}) as connection, dial(guarded, {"api_key": key}) as other:
        socket = Socket(connection, "binary")
        await socket.ask({"text": sentence(60), "end": True}, "audio")
        keys.revoke(leaked)
        heard, code = await socket.rest()
        error = heard.one("error")
        assert (code, error["code"], error["fatal"]) == (1008, "unauthorized", True)
        assert (id_of(leaked) or "no key") in error["message"]
        assert error_of(guarded.get("/v1/voices", {"X-API-Key": leaked})) == (401, "unauthorized")
        await Socket(other, "binary").alive()


async def test_speech_over_http_with_a_key_that_is_revoked_does_not_come_to_its_end(
    guarded: Server, keys: KeyRingFile
) -> None:
    leaked = await taken_in(guarded, keys.make("leaked"))
    with listening(guarded, leaked) as response:
        keys.revoke(leaked)
        await until(lambda: guarded.get("/v1/voices", {"X-API-Key": leaked}).status == 401)
        with pytest.raises(IncompleteRead):
            response.read()


@contextmanager
def listening(server: Server, key: str) -> Iterator[HTTPResponse]:
    """A long speech over HTTP, of which the beginning has come."""
    with closing(HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", f"/v1/tts?{urlencode({'text': sentence(400)})}", headers={"X-API-Key": key})
        response = connection.getresponse()
        assert response.read(1000)
        yield response


async def test_a_socket_is_closed_when_its_key_expires(guarded: Server, keys: KeyRingFile) -> None:
    key = await taken_in(guarded, keys.make("short", expires_at=time.time() + 3))
    async with dial(guarded, {"api_key": key}) as connection:
        _, code = await Socket(connection, "binary").rest()
        assert (code, connection.close_reason) == (1008, "unauthorized")


def test_the_file_is_looked_at_often_enough_for_a_second() -> None:
    assert KEYS_S + 2 * TICK_S <= 1.0


async def test_a_file_that_breaks_leaves_the_keys_there_were_and_the_log_says_where(
    guarded: Server, keys: KeyRingFile, key: str
) -> None:
    whole = keys.path.read_text("utf-8")
    keys.path.write_text(whole + '{"key": "vs_', "utf-8")
    await until(lambda: '"keys unusable"' in guarded.log)
    line = next(line for line in guarded.log.splitlines() if '"keys unusable"' in line)
    assert f"line {whole.count(chr(10)) + 1}" in json.loads(line)["reason"]
    assert json.loads(line)["level"] == "error"
    assert guarded.get("/v1/voices", {"X-API-Key": key}).status == 200
    keys.path.write_text(whole, "utf-8")
    await taken_in(guarded, keys.make("after the mending"))


async def test_a_key_has_limits_of_its_own(guarded: Server, keys: KeyRingFile, key: str) -> None:
    small = await taken_in(guarded, keys.make("small", quota=Quota(1, 1, 600)))
    async with dial(guarded, {"api_key": small}) as connection:
        socket = Socket(connection, "binary")
        limits = (await socket.hear())["limits"]
        assert (limits["sessions"], limits["utterances"], limits["chars_per_minute"]) == (1, 1, 600)
        for place in PLACES:
            assert await refused(guarded, place, small) == (429, "rate_limited")
        assert error_of(guarded.get("/v1/tts?text=bako", {"X-API-Key": small})) == (429, "rate_limited")
        assert guarded.get("/v1/tts?text=bako", {"X-API-Key": key}).status == 200
        await socket.say({"text": "bako", "context_id": "a"})
        error = (await socket.ask({"text": "bako", "context_id": "b"}, "error", "b")).one("error", context="b")
        assert (error["code"], error["retryable"]) == ("rate_limited", True)


async def test_limits_that_are_changed_hold_for_who_is_inside(guarded: Server, keys: KeyRingFile) -> None:
    key = await taken_in(guarded, keys.make("grows", quota=Quota(sessions=1)))
    async with dial(guarded, {"api_key": key}):
        assert await refused(guarded, "?api_key", key) == (429, "rate_limited")
        keys.revoke(key)
        keys.make("grows", quota=Quota(sessions=2), secret=key)
        await until(lambda: guarded.get("/v1/tts?text=bako", {"X-API-Key": key}).status == 200)


async def test_the_log_has_the_keys_id_and_no_secret(guarded: Server, keys: KeyRingFile, key: str) -> None:
    guess = mint()
    for place in PLACES:
        headers, query, subprotocols = PLACES[place](key)
        async with dial(guarded, query, headers, subprotocols) as connection:
            await Socket(connection, "binary").ask("bako", "done")
        await refused(guarded, place, guess)
        if not subprotocols:
            for path in ("/metrics", "/v1/voices", "/no/such/route"):
                guarded.get(f"{path}?{urlencode(query)}", headers)
    async with dial(guarded) as connection:
        await connection.send(json.dumps({"api_key": key, "text": "bako", "end": True}))
        await Socket(connection, "binary").until("done")
    await idle(guarded, {"X-API-Key": "the-single-key"})
    lines = [json.loads(line) for line in guarded.log.splitlines()]
    for event in ("session", "utterance"):
        assert sum(line.get("key") == id_of(key) for line in lines if line["event"] == event) >= len(PLACES) + 1
    for secret in (key[11:], guess[11:], "the-single-key", "api_key"):
        assert secret not in guarded.log
        assert secret not in guarded.get("/metrics", {"X-API-Key": "the-single-key"}).body


async def test_no_bomb_in_a_keys_place_does_harm(guarded: Server, key: str) -> None:
    for wrong in WRONG:
        for headers in ({"X-API-Key": wrong}, *({"Authorization": f"{how} {wrong}"} for how in ("Bearer", "Basic"))):
            assert guarded.get("/v1/voices", headers).status == 401
        assert guarded.get(f"/v1/voices?{urlencode({'api_key': wrong})}").status == 401
    for first in FIRST:
        async with dial(guarded) as connection:
            await connection.send(first)
            assert (await Socket(connection, "binary").rest())[1] == 1008
    assert guarded.get("/v1/voices", {"X-API-Key": key}).status == 200


async def test_keys_made_by_the_command_are_those_the_server_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.jsonl"
    monkeypatch.setenv("VOICE_SERVER_KEYS", str(path))
    assert main(["keys", "create", "--name", "first"]) == 0
    key = capsys.readouterr().out.strip()
    with running(tmp_path, "--host", "0.0.0.0") as server:
        assert server.get("/v1/voices").status == 401
        assert server.get("/v1/voices", {"X-API-Key": key}).status == 200
        assert main(["keys", "revoke", key[:11]]) == 0
        await until(lambda: server.get("/v1/voices", {"X-API-Key": key}).status == 401)
    with running(tmp_path, "--keys", "") as server:
        assert server.get("/v1/voices").status == 200


def test_a_server_does_not_start_without_the_keys_it_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", "--keys", str(tmp_path / "none")]) == 2
    assert "voice-server keys create --file" in capsys.readouterr().err
