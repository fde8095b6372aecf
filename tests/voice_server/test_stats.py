"""The server in one look: /v1/stats."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice_server.serving import Server, socket_of
from tests.voice_server.talk import sentence
from voice_server.metrics import RECENT, Metrics
from voice_server.stats import percentiles_ms, snapshot


def ask(server: Server) -> dict[str, Any]:
    answer = server.get("/v1/stats")
    assert answer.status == 200
    told: dict[str, Any] = json.loads(answer.body)
    return told


async def test_what_is_going_on_and_what_is_over_is_told(server: Server) -> None:
    before = ask(server)
    async with socket_of(server, "tagged") as socket:
        await socket.ask({"text": sentence(200), "context_id": "a"}, "audio")
        await socket.ask({"text": sentence(3), "context_id": "b", "end": True}, "done", "b")
        await socket.ask({"text": "hi", "voice": "nobody", "context_id": "c"}, "error")
        during = ask(server)
        await socket.ask({"cancel": True, "context_id": "a"}, "cancelled")
    after = ask(server)
    assert (during["engine"], during["ready"], during["restarts"], during["max_sessions"]) == ("tone", True, 0, 512)
    assert (during["sessions"], during["utterances"]) == (1, 1)
    assert after["over"]["done"] == before["over"].get("done", 0) + 1
    assert after["over"]["cancelled"] == before["over"].get("cancelled", 0) + 1
    assert after["errors"]["unknown_voice"] == before["errors"].get("unknown_voice", 0) + 1
    assert after["audio_s"] > before["audio_s"]
    assert after["ttfb_ms"]["count"] == before["ttfb_ms"]["count"] + 2
    assert 0 < after["ttfb_ms"]["p50"] <= after["ttfb_ms"]["p99"] <= after["ttfb_ms"]["max"]
    assert before["uptime_s"] < during["uptime_s"] < after["uptime_s"]


def test_a_server_that_has_done_nothing_says_so() -> None:
    told = snapshot(Metrics())
    assert (told["over"], told["refusals"], told["ttfb_ms"]) == ({}, {}, {"count": 0})


def test_everything_is_looked_at_once() -> None:
    metrics = Metrics()
    looks = count(1)
    metrics.engine_counts.look = lambda: {"looks": next(looks)}
    assert snapshot(metrics)["engine_counts"] == {"looks": 1}
    assert snapshot(metrics)["engine_counts"] == {"looks": 2}


def test_only_the_latest_values_count() -> None:
    metrics = Metrics()
    metrics.ttfb.observe(9.0)
    for _ in range(RECENT):
        metrics.ttfb.observe(0.01)
    assert snapshot(metrics)["ttfb_ms"] == {"count": RECENT, "p50": 10.0, "p95": 10.0, "p99": 10.0, "max": 10.0}
    assert metrics.values().one("tts_ttfb_seconds_count") == RECENT + 1


@pytest.mark.parametrize(
    ("milliseconds", "p50", "p95", "p99"), [([7], 7, 7, 7), ([3, 1, 2], 2, 3, 3), (range(1, 101), 50, 95, 99)]
)
def test_percentiles_are_values_that_were_observed(milliseconds: list[int], p50: int, p95: int, p99: int) -> None:
    told = percentiles_ms(value / 1000 for value in milliseconds)
    assert (told["p50"], told["p95"], told["p99"]) == (p50, p95, p99)


@given(st.lists(st.floats(0, 1000), min_size=1))
def test_no_fewer_than_their_share_are_below_a_percentile(seconds: list[float]) -> None:
    told = percentiles_ms(seconds)
    for percent in (50, 95, 99):
        below = sum(round(value * 1000, 3) <= told[f"p{percent}"] for value in seconds)
        assert below >= len(seconds) * percent / 100
