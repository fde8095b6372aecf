"""Voices that clients add and remove, on servers whose engine learns them, and on one whose engine does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.engine.audio.clips import encoded, voice, wav
from tests.engine.learning_tone import DEADLY, TARGET
from tests.voice_server.key_rings import KeyRingFile
from tests.voice_server.serving import PATIENCE_S, Answer, Server, children_of, running, until

LEARNS = f"import engine.process as process\nprocess._target = lambda name: {TARGET!r}"

CLIP = wav(voice(3.0, 16_000), 16_000)


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("learning"), first=LEARNS) as server:
        yield server
        assert "Traceback" not in server.log


def post(server: Server, clip: bytes = CLIP, headers: dict[str, str] | None = None, **query: str) -> Answer:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE_S)
    try:
        connection.request("POST", f"/v1/voices?{urlencode(query)}", clip, headers or {})
        response = connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read().decode())
    finally:
        connection.close()


def names(server: Server) -> list[str]:
    return [listed["id"] for listed in json.loads(server.get("/v1/voices").body)["voices"]]


def wrong(answer: Answer) -> tuple[int, str, str]:
    error = json.loads(answer.body)["error"]
    return answer.status, error["code"], error["message"]


def test_a_voice_that_is_added_is_listed_at_once(learning: Server) -> None:
    answer = post(learning, name="asha", language="hi", gender="female")
    assert answer.status == 201
    assert json.loads(answer.body) == {"id": "asha", "name": "asha", "language": "hi", "gender": "female"}
    listed = {each["id"]: each for each in json.loads(learning.get("/v1/voices").body)["voices"]}
    assert listed["asha"] == {"id": "asha", "name": "3 s", "language": "hi", "gender": "female"}


def test_a_voice_that_is_added_speaks_at_once_and_is_unknown_when_it_is_removed(learning: Server) -> None:
    assert post(learning, name="ravi").status == 201
    speech = "/v1/tts?text=bako&voice=ravi"
    assert len(learning.get(speech).body) > 1000
    assert learning.ask("DELETE", "/v1/voices/ravi").status == 204
    assert "ravi" not in names(learning)
    assert wrong(learning.get(speech))[:2] == (400, "unknown_voice")
    assert wrong(learning.ask("DELETE", "/v1/voices/ravi"))[:2] == (400, "unknown_voice")


@pytest.mark.parametrize("container", ["flac", "mp3", "ogg", "ipod", "webm"])
def test_recordings_of_every_kind_are_taken(learning: Server, container: str) -> None:
    assert post(learning, encoded(container, voice(3.0)), name=f"from-{container}").status == 201


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "../asha"}, "name"),
        ({"name": "Asha"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"name": "new\n"}, "name"),
        ({"name": "new", "language": "no language"}, "language"),
        ({"name": "new", "gender": "f"}, "gender"),
        ({"name": "tone"}, "name"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(learning: Server, query: dict[str, str], field: str) -> None:
    answer = post(learning, CLIP, {}, **query)
    assert (answer.status, json.loads(answer.body)["error"]["field"]) == (400, field)
    assert "new" not in names(learning)


@pytest.mark.parametrize(
    ("clip", "told"),
    [
        (b"", "the clip is no WAV"),
        (b"#EXTM3U\nfile:///etc/passwd", "the clip is no WAV"),
        (wav(voice(1.0)), "give 2 to 30 s"),
        (CLIP[:200], "has 0.0 s of sound"),
        (b"RIFF\0\0\0\0WAVE" + b"\xff" * 1000, "cannot be decoded as wav"),
    ],
)
def test_a_recording_that_is_none_is_refused_with_the_remedy(learning: Server, clip: bytes, told: str) -> None:
    status, code, message = wrong(post(learning, clip, name="new"))
    assert (status, code) == (400, "bad_clip")
    assert told in message
    assert "new" not in names(learning)


def test_a_recording_that_is_too_large_is_refused(learning: Server) -> None:
    assert wrong(post(learning, bytes((16 << 20) + 1), name="new"))[:2] == (413, "message_too_large")


def test_no_process_is_left_over_from_decoding(learning: Server) -> None:
    post(learning, name="short-lived")
    post(learning, b"nothing", name="new")
    assert len(children_of(learning.process.pid)) == 1


def test_more_recordings_than_fit_are_told_to_come_again(learning: Server) -> None:
    address = urlsplit(learning.url).netloc
    slow = [HTTPConnection(address, timeout=PATIENCE_S) for _ in range(2)]
    try:
        for number, connection in enumerate(slow):
            connection.putrequest("POST", f"/v1/voices?name=slow-{number}")
            connection.putheader("Content-Length", str(len(CLIP)))
            connection.endheaders(CLIP[:1000])
        deadline = threading.Event()
        for _ in range(100):
            if (answer := post(learning, name="third")).status == 503:
                break
            learning.ask("DELETE", "/v1/voices/third")
            deadline.wait(0.02)
        assert wrong(answer)[:2] == (503, "busy")
        assert answer.headers["retry-after"] == "2"
        for connection in slow:
            connection.send(CLIP[1000:])
            assert connection.getresponse().status == 201
    finally:
        for connection in slow:
            connection.close()
    assert post(learning, name="third").status == 201


async def test_an_engine_that_dies_over_a_recording_is_told_and_lives_again(tmp_path: Path) -> None:
    with running(tmp_path, first=LEARNS) as server:
        assert wrong(post(server, name=DEADLY))[:2] == (500, "engine_failed")
        await until(lambda: server.get("/readyz").status == 200)
        assert post(server, name="asha").status == 201


def test_an_engine_whose_voices_are_fixed_says_so(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        status, code, message = wrong(post(server, name="asha"))
        assert (status, code) == (501, "voices_fixed")
        assert "the voices of tone are fixed" in message
        assert wrong(server.ask("DELETE", "/v1/voices/tone"))[:2] == (501, "voices_fixed")


def test_where_there_are_keys_it_takes_one_for_voices(tmp_path: Path) -> None:
    keys = KeyRingFile(tmp_path / "keys.jsonl")
    speaks, adds, rules = (keys.make(scope, scope) for scope in ("speak", "voices", "admin"))
    with running(tmp_path, "--keys", str(keys.path), first=LEARNS) as server:
        assert wrong(post(server, name="asha"))[:2] == (401, "unauthorized")
        assert wrong(server.ask("DELETE", "/v1/voices/tone"))[:2] == (401, "unauthorized")
        for method, path in (("POST", "/v1/voices?name=asha"), ("DELETE", "/v1/voices/tone")):
            assert wrong(server.ask(method, path, {"X-API-Key": speaks}))[:2] == (403, "missing_scope")
        assert post(server, headers={"X-API-Key": adds}, name="asha").status == 201
        assert post(server, headers={"X-API-Key": rules}, name="ravi").status == 201
        assert wrong(server.get("/v1/tts?text=bako", {"X-API-Key": adds}))[:2] == (403, "missing_scope")
        assert server.ask("DELETE", "/v1/voices/asha", {"X-API-Key": adds}).status == 204
        assert "voice added" in server.log
        assert speaks not in server.log


def test_pages_of_other_origins_add_no_voices(learning: Server) -> None:
    answer = post(learning, headers={"Origin": "https://evil.example"}, name="evil")
    assert wrong(answer)[:2] == (403, "forbidden_origin")
