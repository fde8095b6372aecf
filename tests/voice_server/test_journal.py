"""What a running server writes down: who came, what became of it, and never what was said."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.serving import PATIENCE_S, Server, dial, running, socket_of
from tests.voice_server.talk import sentence
from voice_server.journal import request_id

ARGUMENTS = ("--log-format", "json")

SECRET = "my-secret-diary"


def lines(server: Server, event: str, **wanted: object) -> list[dict[str, Any]]:
    """The lines of an event that have these fields; waits until there is one."""
    until = time.monotonic() + PATIENCE_S
    while True:
        parsed = [json.loads(line) for line in server.log.splitlines()]
        found = [line for line in parsed if line["event"] == event and wanted.items() <= line.items()]
        if found or time.monotonic() > until:
            return found
        time.sleep(0.01)


def line(server: Server, event: str, **wanted: object) -> dict[str, Any]:
    (found,) = lines(server, event, **wanted)
    return found


@pytest.mark.parametrize("given", ["abc", "0" * 64, "a.b_c~d:e/f+g=h@i-j", "7b1e-46"])
def test_a_request_id_that_can_be_one_is_kept(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize(
    "given", [None, "", "0" * 65, "a b", "a\nb", "a\r\nSet-Cookie: b", "ä", '"', "<script>", "a\x00"]
)
def test_any_other_is_replaced(given: str | None) -> None:
    made = request_id(given)
    assert made != given
    assert made != request_id(given)
    assert request_id(made) == made


async def test_an_utterance_leaves_one_line_with_its_names_numbers_and_timeline(server: Server) -> None:
    async with dial(server, headers={"X-Request-ID": "call-7"}) as connection:
        assert connection.response is not None
        assert connection.response.headers["X-Request-ID"] == "call-7"
        ready = json.loads(await connection.recv())
        assert ready["request_id"] == "call-7"
        await connection.send(json.dumps({"text": sentence(6), "context_id": "greeting", "end": True}))
        while not (isinstance(told := await connection.recv(), str) and '"done"' in told):
            pass
        done = json.loads(told)
    written = line(server, "utterance", request_id="call-7")
    assert written["session"] == ready["session_id"]
    assert (written["context"], written["outcome"], written["level"]) == ("greeting", "done", "info")
    assert (written["voice"], written["format"], written["sample_rate"]) == ("tone", "pcm_s16le", 48000)
    assert (written["chars"], written["audio_ms"]) == (done["chars"], done["audio_ms"])
    assert {name: written.get(name) for name in done["timeline"]} == done["timeline"]
    over = line(server, "session", request_id="call-7")
    assert (over["session"], over["peer"], over["close"]) == (ready["session_id"], "127.0.0.1", 1000)
    assert 0 < over["lasted_s"] < PATIENCE_S


async def test_a_line_says_how_an_utterance_ended(server: Server) -> None:
    async with socket_of(server, "tagged") as socket:
        session = (await socket.until("ready"))[-1]["session_id"]
        await socket.ask({"text": sentence(200), "context_id": "a"}, "started")
        await socket.ask({"cancel": True, "context_id": "a"}, "cancelled")
        await socket.ask({"text": sentence(6), "context_id": "b", "end": True}, "started")
        await socket.ask({"text": "more", "context_id": "b"}, "error")
        await socket.ask({"text": sentence(200), "context_id": "c"}, "started")
        socket.vanish()
    assert line(server, "utterance", session=session, context="a")["outcome"] == "cancelled"
    failed = line(server, "utterance", session=session, context="b")
    assert (failed["outcome"], failed["code"], failed["level"]) == ("failed", "text_after_end", "warning")
    assert line(server, "utterance", session=session, context="c")["outcome"] == "vanished"


def ask(server: Server, path: str, headers: dict[str, str]) -> tuple[int, str | None]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE_S)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/v1/tts?text=hello", "/v1/voices", "/healthz", "/", "/nowhere", "/v1/tts?text="])
def test_every_answer_tells_the_id_of_its_request(server: Server, path: str) -> None:
    assert ask(server, path, {"X-Request-ID": "my-id"})[1] == "my-id"
    made = ask(server, path, {"X-Request-ID": "no id"})[1]
    assert made is not None
    assert made != "no id"
    assert request_id(made) == made


def test_speech_over_http_is_written_down_too(server: Server) -> None:
    assert ask(server, "/v1/tts?text=hello+there", {"X-Request-ID": "over-http"})[0] == 200
    written = line(server, "utterance", request_id="over-http")
    assert (written["outcome"], written["format"], written["chars"]) == ("done", "wav", 11)


def test_what_is_refused_is_written_down_by_its_code(server: Server) -> None:
    assert ask(server, "/v1/tts?text=a&speed=99", {"X-Request-ID": "too-fast"})[0] == 400
    written = line(server, "refused", request_id="too-fast")
    assert (written["path"], written["code"], written["field"]) == ("/v1/tts", "invalid_field", "speed")


async def test_a_refused_socket_is_told_its_id_too(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with dial(server, headers={"X-Request-ID": "from-afar", "Origin": "https://example.org"}):
            pass
    assert refused.value.response.headers["X-Request-ID"] == "from-afar"
    assert line(server, "refused", request_id="from-afar")["code"] == "forbidden_origin"


@pytest.mark.parametrize("level", ["debug", "info"])
async def test_no_text_is_ever_written_down(tmp_path: Path, level: str) -> None:
    with running(tmp_path, "--log-level", level, engine="espeak") as server:
        assert ask(server, f"/v1/tts?text={SECRET}&format={SECRET}", {})[0] == 400
        async with socket_of(server, "tagged") as socket:
            await socket.ask({"text": SECRET, "context_id": "a", "end": True}, "done")
            await socket.ask({"text": f"{SECRET} " * 99, "context_id": "b"}, "started")
            await socket.ask({"cancel": True, "context_id": "b"}, "cancelled")
            await socket.ask({"text": SECRET, "voice": SECRET}, "error")
            await socket.ask('{"text": "' + SECRET, "error")
            await socket.ask({"ping": SECRET}, "pong")
            await socket.ask({"text": f"{SECRET} " * 99, "context_id": "c"}, "started")
            os.kill(server.engine, signal.SIGKILL)
            await socket.until("error", "c")
            await socket.say(SECRET.encode())
            await socket.rest()
        assert lines(server, "utterance", context="c", code="engine_failed")
        assert SECRET not in server.log


def test_a_server_says_when_it_starts_and_stops(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        started = line(server, "started")
        assert (started["engine"], started["pid"]) == ("tone", server.process.pid)
        assert started["url"] == server.url
    assert line(server, "stopped")["level"] == "info"


async def test_those_who_are_told_to_leave_are_written_down_before_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        async with socket_of(server, "tagged") as socket:
            await socket.ask({"text": sentence(200), "context_id": "a"}, "started")
            server.process.terminate()
            await socket.rest()
        await asyncio.to_thread(server.process.wait, PATIENCE_S)
    assert line(server, "utterance", context="a")["outcome"] == "stopped"
    assert line(server, "session")["close"] == 1012


def test_an_engine_that_is_replaced_is_written_down(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        before = server.engine
        os.kill(before, signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while "has taken its place" not in server.log and time.monotonic() < until:
            time.sleep(0.01)
        assert f"engine process {before} is gone" in server.log
        assert f"engine process {server.engine} has taken its place" in server.log


def test_a_level_keeps_out_what_is_below_it(tmp_path: Path) -> None:
    with running(tmp_path, "--log-level", "warning") as server:
        ask(server, "/v1/tts?text=hello", {})
    assert server.log == ""


def test_a_server_whose_log_cannot_be_written_serves_all_the_same(tmp_path: Path) -> None:
    with running(tmp_path, stderr=Path("/dev/full")) as server:
        assert ask(server, "/v1/tts?text=hello", {})[0] == 200
        assert server.metrics()["tts_log_lines_lost"] >= 2  # its start, and the utterance
