from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from voice_server import cli, cli_spark
from voice_server.cli import ENGINES, main


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever engines this environment was told of when it was made."""
    engines = (
        EntryPoint("spark", "engine.spark.start:start", ENGINES),
        EntryPoint("tone", "engine.tone:ToneEngine", ENGINES),
    )
    monkeypatch.setattr(cli, "entry_points", lambda group: EntryPoints(engines))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_spark, "missing_libraries", lambda lm: [])


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["serve", *arguments]) == 2
    return capsys.readouterr().err


def test_without_the_extra_it_is_said_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_spark, "missing_libraries", lambda lm: ["torch", "tokenizers"])
    told = complaint(capsys, "--engine", "spark")
    assert "torch, tokenizers" in told
    assert "pip install 'voice-server[spark]'" in told


def test_without_vllm_it_is_said_which_extra_brings_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_spark, "missing_libraries", lambda lm: ["vllm"] if lm == "vllm" else [])
    assert "voice-server[vllm]" in complaint(capsys, "--engine", "spark", "--lm", "vllm")


def test_what_is_for_spark_is_for_no_other_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--model goes with --engine spark" in complaint(capsys, "--engine", "tone", "--model", "tiny/")


@pytest.mark.usefixtures("installed")
def test_numbers_that_overflow_are_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert "overflows" in complaint(capsys, "--engine", "spark", "--dtype", "float16")


@pytest.mark.usefixtures("installed")
def test_an_engine_that_takes_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--capacity" in complaint(capsys, "--engine", "spark", "--capacity", "0")
