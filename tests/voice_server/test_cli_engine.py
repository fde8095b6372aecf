from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from voice_server import cli_engine
from voice_server.cli import build_parser, main
from voice_server.cli_engine import ENGINES, engine_arguments


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever engines this environment was told of when it was made."""
    engines = (
        EntryPoint("spark", "engine.spark.start:start", ENGINES),
        EntryPoint("tone", "engine.tone:ToneEngine", ENGINES),
    )
    monkeypatch.setattr(cli_engine, "entry_points", lambda group: EntryPoints(engines))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_engine, "missing_libraries", lambda lm: [])


COMMANDS = (["serve"], ["say", "Hello.", "-o", os.devnull], ["voices"], ["bench", "single"])


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str, command: Sequence[str] = ("serve",)) -> str:
    assert main([*command, *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_extra_it_is_said_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(cli_engine, "missing_libraries", lambda lm: ["torch", "tokenizers"])
    told = complaint(capsys, "--engine", "spark", command=command)
    assert "torch, tokenizers" in told
    assert "pip install 'voice-server[spark]'" in told


def test_without_vllm_it_is_said_which_extra_brings_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_engine, "missing_libraries", lambda lm: ["vllm"] if lm == "vllm" else [])
    assert "voice-server[vllm]" in complaint(capsys, "--engine", "spark", "--lm", "vllm")


@pytest.mark.parametrize("command", [*COMMANDS, ["doctor"]])
def test_what_is_for_spark_is_for_no_other_engine(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    told = complaint(capsys, "--engine", "tone", "--model", "tiny/", command=command)
    assert "--model goes with --engine spark" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_an_engine_that_nobody_has_is_told_with_those_there_are(
    capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert "there is no 'festival'; installed are spark, tone" in complaint(
        capsys, "--engine", "festival", command=command
    )


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_starts_a_server_hands_it_all_that_was_said_of_the_engine(command: list[str]) -> None:
    chosen = ["--engine", "spark", "--model", "tiny/", "--lm", "torch", "--voices", "ours", "--capacity", "3"]
    given = build_parser().parse_args([*command, *chosen])
    assert engine_arguments(given) == chosen
    assert engine_arguments(build_parser().parse_args(command)) == []


@pytest.mark.usefixtures("installed")
def test_numbers_that_overflow_are_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert "overflows" in complaint(capsys, "--engine", "spark", "--dtype", "float16")


@pytest.mark.usefixtures("installed")
def test_an_engine_that_takes_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--capacity" in complaint(capsys, "--engine", "spark", "--capacity", "0")
