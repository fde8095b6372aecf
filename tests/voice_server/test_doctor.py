"""What doctor finds, on this machine and where something is amiss."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.audio import opus
from voice_server import doctor
from voice_server.cli import main
from voice_server.doctor import Finding, State, examine, look_at_dependency, serves, table


async def test_here_it_finds_everything_that_serving_needs() -> None:
    findings = await examine("espeak", 0)
    assert serves(findings)
    by_name = {finding.what: finding for finding in findings}
    assert {
        "python",
        "websockets",
        "numpy",
        "libespeak-ng",
        "libopus",
        "engine",
        "port",
        "audio player",
    } <= by_name.keys()
    assert "GPL-3.0" in by_name["libespeak-ng"].detail
    assert "libopus " in by_name["libopus"].detail
    assert "GPL libraries: libx264, libx265" in by_name["av"].detail
    assert "espeak speaks" in by_name["engine"].detail
    assert all(finding.remedy for finding in findings if finding.state is not State.FINE)


def test_as_a_command_it_prints_the_table_and_is_content(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--engine", "tone", "--port", "0"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("ok  engine") and "tone speaks" in line for line in lines)
    assert lines[-1] == "The server can serve."


def test_a_package_that_is_missing_is_named_with_a_remedy() -> None:
    finding = look_at_dependency("no-such-package")
    assert finding.state is State.BROKEN
    assert "no_such_package" in finding.detail
    assert finding.remedy


async def test_without_any_libopus_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    opus.library.cache_clear()
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.setattr("engine.audio.opus.find_spec", lambda name: None)
    finding = next(finding for finding in await examine("tone", 0) if finding.what == "libopus")
    assert finding.state is State.BROKEN
    assert "neither the system nor" in finding.detail
    assert finding.remedy


async def test_an_engine_that_does_not_start_means_that_nothing_is_served() -> None:
    findings = await examine("steam", 0)
    assert not serves(findings)
    assert "cannot serve" in table(findings)


async def test_an_engine_that_is_too_slow_here_can_be_served_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SPEAK_LIMIT_S", 0.0)
    findings = await examine("tone", 0)
    (finding,) = [finding for finding in findings if finding.what == "engine"]
    assert finding.state is State.LACKING
    assert "tone is ready in" in finding.detail
    assert "too slow here" in finding.detail
    assert serves(findings)


async def test_a_port_in_use_is_told_and_another_proposed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (finding,) = [finding for finding in await examine("tone", port) if finding.what == "port"]
    assert finding.state is State.LACKING
    assert f"--port {port + 1}" in finding.remedy


async def test_without_a_player_only_say_is_worse_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = await examine("tone", 0)
    (finding,) = [finding for finding in findings if finding.what == "audio player"]
    assert finding.state is State.LACKING
    assert "-o FILE" in finding.remedy
    assert serves(findings)


def test_a_remedy_stands_beneath_what_it_is_for() -> None:
    shown = table([Finding("port", State.LACKING, "taken", "choose another"), Finding("engine", State.FINE, "speaks")])
    assert shown.splitlines() == [
        "--  port    taken",
        "            -> choose another",
        "ok  engine  speaks",
        "",
        "The server can serve.",
    ]
