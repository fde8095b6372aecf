"""What a server says about itself over HTTP."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import InvalidStatus

from tests.voice_server.serving import Server, children_of, dial, idle, socket_of, until
from tests.voice_server.talk import sentence


def test_voices_are_those_of_the_engine(server: Server) -> None:
    answer = server.get("/v1/voices")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    told = json.loads(answer.body)
    assert told["default"] == "tone"
    assert told["variants"] == []
    assert told["voices"] == [
        {"id": "tone", "name": "Tone", "language": "en-us", "gender": None},
        {"id": "tone-low", "name": "Low tone", "language": "hi", "gender": "male"},
        {"id": "tone-high", "name": "High tone", "language": "de", "gender": "female"},
    ]


@pytest.mark.parametrize(("path", "body"), [("/healthz", "ok\n"), ("/readyz", "ready\n")])
def test_a_server_that_is_up_says_so(server: Server, path: str, body: str) -> None:
    answer = server.get(path)
    assert (answer.status, answer.body) == (200, body)


def test_there_is_nothing_elsewhere(server: Server) -> None:
    assert server.get("/v1/nothing").status == 404
    assert server.get("/v1/tts/stream").status in (404, 426)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/voices", "GET, HEAD, POST"),
        ("/v1/voices/tone", "DELETE, GET, HEAD"),
        ("/v1/tts", "GET, HEAD, POST"),
        ("/healthz", "GET, HEAD"),
    ],
)
def test_who_uses_a_wrong_method_is_told_all_that_are_right(server: Server, path: str, allowed: str) -> None:
    for method in ("PATCH", "OPTIONS"):
        answer = server.ask(method, path)
        assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_a_whole_number_may_be_written_with_a_point(server: Server) -> None:
    answer = server.ask("POST", "/v1/tts", body='{"text": "bako", "sample_rate": 8000.0, "seed": 1e3}')
    assert answer.status == 200
    assert server.ask("POST", "/v1/tts", body='{"text": "bako", "seed": 0.5}').status == 400
    assert server.ask("POST", "/v1/tts", body='{"text": "bako", "seed": 1e999}').status == 400


@contextmanager
def engine_down(server: Server) -> Iterator[None]:
    """The engine has been killed, and the next one is held up before it is ready."""
    killed = server.engine
    os.kill(killed, signal.SIGKILL)
    while not (held := [child for child in children_of(server.process.pid) if child != killed]):
        pass
    os.kill(held[0], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(held[0], signal.SIGCONT)


async def test_while_the_engine_is_down_the_server_lives_and_is_not_ready(server: Server) -> None:
    async with socket_of(server) as socket:
        await socket.until("ready")
        with engine_down(server):
            assert server.get("/readyz").status == 503
            assert server.get("/healthz").status == 200
            assert json.loads(server.get("/v1/voices").body)["default"] == "tone"
            with pytest.raises(InvalidStatus) as caught:
                await dial(server)
            assert caught.value.response.status_code == 503
            assert caught.value.response.headers["Retry-After"] == "1"
            await socket.alive()
        await until(lambda: server.get("/readyz").status == 200)
        await socket.ask("bako", "done")
        assert server.metrics()["tts_engine_restarts"] >= 1


def test_metrics_are_as_prometheus_reads_them(server: Server) -> None:
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for name in ("tts_ttfb_seconds", "tts_audible_seconds"):
        assert f'{name}_bucket{{le="0.005"}}' in answer.body
        assert f"# TYPE {name} histogram" in answer.body


async def test_metrics_move_with_what_is_spoken(server: Server) -> None:
    await idle(server)
    before = server.metrics()
    async with socket_of(server, max_lead_s=0) as socket:
        done = (await socket.ask(sentence(20), "done")).one("done")
        assert server.metrics()["tts_sessions"] == 1
        await socket.ask({"text": sentence(400), "context_id": "a", "max_lead_s": 0.3}, "audio")
        assert server.metrics()["tts_utterances"] == 1
        await socket.ask({"cancel": True}, "cancelled")
        await socket.ask("{bad", "error")
    await idle(server)
    after = server.metrics()
    moved = {name: after[name] - before.get(name, 0.0) for name in after}
    for name in ("ttfb_seconds", "audible_seconds"):
        assert moved[f"tts_{name}_count"] == 2
        assert moved[f"tts_{name}_sum"] > 0
    assert moved["tts_queue_seconds_count"] == moved["tts_rtf_count"] == 1
    assert moved['tts_utterances_over_total{outcome="done"}'] == 1
    assert moved['tts_utterances_over_total{outcome="cancelled"}'] == moved["tts_cancels_total"] == 1
    assert moved['tts_errors_total{code="bad_json"}'] == 1
    assert moved["tts_audio_seconds_total"] >= done["audio_ms"] / 1000
    assert moved["tts_audio_messages_total"] >= done["audio_ms"] / 60
    assert {"tts_predicted_underruns_total", "tts_late_chunks_dropped", "tts_engine_restarts"} <= after.keys()
