from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.spark.downloading import downloading
from engine.spark.engine import SparkEngine
from engine.spark.probe import probe
from engine.spark.start import start
from engine.types import Chunk, Ended
from tests.engine.build import build_segment
from tests.engine.spark.tiny import say
from voice_server.cli import main

pytestmark = pytest.mark.spark

Told = list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    assert main(["model", "make-tiny", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def told() -> Told:
    return []


@pytest.fixture(scope="module")
def engine(tiny: Path, told: Told) -> Iterator[SparkEngine]:
    pytest.importorskip("engine.spark.lm_torch")
    made = start(lambda *news: told.append(news), model=str(tiny), lm="torch", device="cpu", capacity=2)
    yield made
    made.close()


def test_a_tiny_model_speaks(engine: SparkEngine) -> None:
    segment = build_segment(voice=engine.info.default_voice)
    engine.add(segment)
    outputs = []
    while Ended(segment.id) not in outputs:
        outputs += engine.step({segment.id: -math.inf})
    assert sum(output.pcm.size for output in outputs if isinstance(output, Chunk)) > engine.info.sample_rate


def test_it_offers_the_voices_of_its_model(engine: SparkEngine) -> None:
    assert [voice.id for voice in engine.info.voices] == ["noise", "other-noise"]


def test_it_has_neither_speed_nor_pitch_to_set(engine: SparkEngine) -> None:
    assert engine.info.controls == {"volume"}


def test_it_tells_how_far_its_start_has_come(engine: SparkEngine, told: Told) -> None:
    assert any("codec" in what for what, _, _ in told)
    assert any("language model (torch, float32 on cpu)" in what for what, _, _ in told)
    assert told[-1] == ("warming up", 1, 1)


def test_a_model_that_is_not_there_ends_the_start_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is no folder here, and no hub's owner/name either"):
        start(model=str(tmp_path / "nothing"))


def test_a_download_tells_how_far_it_is() -> None:
    told: Told = []
    bar = downloading(lambda *news: told.append(news))(total=100, desc="Downloading", mininterval=0)
    for _ in range(10):
        bar.update(10)
    assert told[-1] == ("Downloading", 100, 100)


def test_a_probe_says_what_a_model_lacks(tiny: Path, tmp_path: Path) -> None:
    assert probe(str(tiny))["model"]["missing"] == []
    assert "LLM/model.safetensors" in probe(str(tmp_path))["model"]["missing"]
    assert "is no folder" in probe(str(tmp_path / "nothing"))["model"]["problem"]


def test_who_has_something_said_sees_how_far_the_start_is_and_how_long_it_took(tiny: Path, tmp_path: Path) -> None:
    said = say(tiny, tmp_path / "said.wav", "--lm", "torch")
    assert said.status == 0, said.shown
    assert "loading the codec" in said.shown
    assert f"{said.sound_s:.2f} s of audio: noise, pcm_s16le at 48000 Hz" in said.shown
    assert "first byte after" in said.shown
    assert said.sound_s > 1


def test_who_has_something_said_by_a_model_that_is_broken_sees_in_a_line_why(tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny, broken)
    (broken / "LLM/model.safetensors").unlink()
    said = say(broken, tmp_path / "said.wav", "--lm", "torch")
    assert said.status == 1
    assert f"'spark' did not start: {broken}/LLM/model.safetensors is not there: give the folder" in said.shown
    assert "Traceback" not in said.shown


def test_a_device_that_is_not_there_is_told_in_a_sentence(tiny: Path) -> None:
    with pytest.raises(SystemExit, match="device 'gpu' cannot be had: choose cpu"):
        start(model=str(tiny), device="gpu")
