"""The bench as its users meet it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.voice_server.conftest import KEY
from voice_server.bench import speaking, standard
from voice_server.bench.report import BEGIN, END
from voice_server.bench.setting import Wishes
from voice_server.cli import main

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def test_a_burst_is_measured_on_a_server_of_its_own_and_told_in_all_forms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme, table = tmp_path / "README.md", tmp_path / "measured.md"
    found, plot = tmp_path / "found.json", tmp_path / "plot.png"
    for path in (readme, table):
        path.write_text(f"{BEGIN}\n{END}\n", "utf-8")
    files = ["--json", str(found), "--readme", str(readme), "--table", str(table), "--plot", str(plot)]
    assert main(["bench", "burst", "--listeners", "3", "--duration", "1", *files]) == 0
    told, asides = capsys.readouterr()
    assert "burst-3: 3 sessions start in the same instant" in told
    assert "burst" not in asides  # nobody watches: no bar
    (result,) = json.loads(found.read_text("utf-8"))["results"]
    rows = {row["what"]: row for row in result["rows"]}
    assert rows["calls refused, failed or unanswered"]["value"] == 0
    assert 0 < rows["audible TTFB p95"]["value"] < 5000
    assert rows["audible TTFB p95"]["target"] is None  # the targets are for the standard load
    assert result["details"]["calls"] == 3
    assert "audible TTFB p95" in readme.read_text("utf-8")
    assert "calls refused" not in readme.read_text("utf-8")  # the whole is in the table
    assert "calls refused" in table.read_text("utf-8")
    assert plot.exists() == HAS_MATPLOTLIB
    assert ("matplotlib" in asides) != HAS_MATPLOTLIB


def test_another_engine_is_measured_in_place_of_a_scenario_s_own(capsys: pytest.CaptureFixture[str]) -> None:
    wishes = Wishes(engine=("--engine", "tone"), duration_s=1.0)
    (found,) = standard.bench(["single"], wishes, standard.Outputs())
    assert "single" in capsys.readouterr().out
    rows = {row.what: row for row in found.rows}
    assert rows["audible TTFB p50"].value is not None
    assert not any(row.target for row in found.rows)  # they are for the scenario's own engine


def test_of_noise_the_first_chunk_is_told_not_when_it_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "NOISY", {"tone"})
    (found,) = standard.bench(["single"], Wishes(engine=("--engine", "tone"), duration_s=1.0), standard.Outputs())
    rows = {row.what: row.value for row in found.rows}
    assert rows["first chunk p50"] == found.details["ttfb_ms"].p50
    assert not [what for what in rows if "audible" in what]


def test_a_running_server_is_measured_with_its_key_and_what_it_refuses_is_told(
    guarded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "burst", "--listeners", "1", "--duration", "1", "--url", guarded]) == 0
    assert "skipped: the server does not speak: it wants an API key" in capsys.readouterr().out
    assert main(["bench", "start", "--url", guarded, "--api-key", KEY]) == 0
    assert "skipped: the server that was named has started already" in capsys.readouterr().out


def test_what_it_costs_to_know_who_comes_in_is_measured_for_keys_tokens_and_guesses() -> None:
    (found,) = standard.bench(["keys"], Wishes(quick=True), standard.Outputs())
    assert [row.what for row in found.rows] == [f"check of a {what}, p99" for what in ("key", "token", "guess")]
    assert all(row.value is not None and 0 < row.value < 5 for row in found.rows)


def test_what_conversion_does_to_sound_is_listed_for_every_rate(tmp_path: Path) -> None:
    assert main(["bench", "rates", "--json", str(tmp_path / "found.json")]) == 0
    (result,) = json.loads((tmp_path / "found.json").read_text("utf-8"))["results"]
    assert [row["verdict"] for row in result["rows"]] == ["pass"] * 3
    assert set(result["details"]["conversions"]) >= {"22050 -> 48000", "48000 -> 8000"}


def test_a_scenario_that_is_none_is_answered_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "marathon"]) == 2
    asides = capsys.readouterr().err
    assert "'marathon'" in asides
    assert all(name in asides for name in standard.SCENARIOS)


def test_no_server_at_an_address_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "burst", "--url", "http://127.0.0.1:9"]) == 0
    assert "skipped: the server does not speak" in capsys.readouterr().out


def test_targets_stand_beside_the_standard_load_only() -> None:
    (usual,) = standard.bench(["rates"], Wishes(), standard.Outputs())
    (other,) = standard.bench(["rates"], Wishes(listeners=3), standard.Outputs())
    assert {usual.verdict(row) for row in usual.rows} == {"pass"}
    assert {other.verdict(row) for row in other.rows} == {""}
