"""The scenarios of the bench in which something breaks, or too many come, each in small."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from voice_server.bench import faults, overload
from voice_server.bench.aborting import working
from voice_server.bench.prometheus import load_of
from voice_server.cli import main


def measured(name: str, folder: Path, *arguments: str) -> dict[str, float | None]:
    """Return what a scenario finds, by what it is."""
    found = folder / "found.json"
    assert main(["bench", name, "--quick", "--json", str(found), *arguments]) == 0
    (result,) = json.loads(found.read_text("utf-8"))["results"]
    assert result["skipped"] is None
    return {row["what"]: row["value"] for row in result["rows"]}


def test_of_a_killed_and_a_stopped_engine_it_is_told_how_soon_all_knew_and_somebody_was_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "STRUCK_AT_S", 1.0)
    monkeypatch.setattr(faults, "WATCHED_S", 2.5)
    rows = measured("faults", tmp_path, "--listeners", "4")
    for how in ("killed", "stopped"):
        told, heard = rows[f"{how}: the last of them is told after"], rows[f"{how}: first new audio after"]
        assert rows[f"{how}: listeners that were not told"] == 0
        assert told is not None
        assert heard is not None
        assert 0 < told < heard
    assert (rows["stopped: the last of them is told after"] or 0) > 1  # a step may take so long


def test_the_engine_of_a_server_that_was_named_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "faults", "--url", "http://127.0.0.1:9"]) == 0
    assert "skipped: the engine of a server that was named is left alone" in capsys.readouterr().out


def test_of_clients_that_stop_reading_it_is_told_what_they_cost_and_do_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "STOPPED_S", 1.0)
    rows = measured("stopped-reader", tmp_path, "--duration", "1")
    assert rows["calls refused, failed or unanswered"] == 0
    assert 0 < (rows["memory per client that does not read"] or 0) < 4
    assert 0.1 < (rows["the others' audible TTFB p95, of that without them"] or 0) < 10


def test_of_a_load_that_it_carries_and_of_twice_that_it_is_told_who_was_let_in_and_how_they_fared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overload, "RAMP_S", 1.0)
    rows = measured("overload", tmp_path, "--listeners", "8", "--duration", "2")
    assert rows["let in and failed or unanswered"] == 0
    assert rows["refused with as many as it carries"] == 0
    assert (rows["audible TTFB p95 with as many as it carries"] or 0) > 0
    assert (rows["audible TTFB p95 of those let in, of that"] or 0) > 0


def test_an_engine_that_works_all_the_time_is_free_of_an_utterance_after_a_step(tmp_path: Path) -> None:
    with working(8, Random(1)) as worker:
        took = [worker.abort() for _ in range(10)]
    assert len(worker.steps) > 10
    assert 0 < min(took) <= max(worker.steps)


def test_the_busier_of_engine_and_server_is_the_load() -> None:
    assert load_of('tts_load{of="engine"} 0.25\ntts_load{of="server"} 0.5\n') == 0.5
    assert load_of("tts_sessions 3.0\n") is None
