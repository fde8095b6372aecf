from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.spark.downloading import downloading
from engine.spark.engine import SparkEngine
from engine.spark.probe import probe
from engine.spark.start import start
from engine.types import Chunk, Ended
from tests.engine.build import build_segment
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
