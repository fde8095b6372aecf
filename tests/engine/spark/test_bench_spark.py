from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.bench import lm, overhead, players, tiny
from engine.bench import sessions as together
from engine.bench.__main__ import main
from engine.bench.reference import Reference
from engine.bench.rows import Row, tell
from engine.spark.qwen2 import BLOCK, Qwen2
from engine.spark.qwen2_config import TINY_LM
from engine.spark.random_weights import random_lm

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiny")
    tiny.write(made)
    return made


def value(rows: list[Row], part: str) -> float:
    return next(row.value for row in rows if part in row.name)


def test_a_missed_target_is_counted_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell([Row.most("too much", 2.0, "ms", 1.0), Row.least("enough", 2.0, "", 2.0), Row("only told", 3.0)]) == 1
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.split()[-4:] == ["at", "most", "1", "FAIL"]
    assert second.split()[-4:] == ["at", "least", "2", "pass"]
    assert third.endswith("3")


def test_the_language_model_is_held_against_transformers() -> None:
    pytest.importorskip("transformers")
    rows = list(lm.measure(TINY_LM, lm.QUICK))
    assert len(rows) == 15
    assert value(rows, "furthest apart") < 1e-4
    assert value(rows, "greedy tokens") == lm.QUICK.num_greedy
    assert value(rows, "drawn together") == lm.BATCH


def test_a_model_that_is_another_is_seen() -> None:
    pytest.importorskip("transformers")
    one, other = random_lm(TINY_LM), random_lm(TINY_LM, seed=1)
    assert lm.greedy_equal(Qwen2(TINY_LM, one, BLOCK), Reference(TINY_LM, other), 20) < 20


def test_without_transformers_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lm, "find_spec", lambda _: None)
    rows = list(lm.measure(TINY_LM, lm.QUICK))
    assert not [row for row in rows if "transformers" in row.name]
    assert "pip install 'voice-server[reference]'" in capsys.readouterr().err


def test_sessions_of_a_tiny_checkpoint_are_compared_with_each_alone(folder: Path) -> None:
    rows = list(together.measure(lambda: tiny.engine(folder), 4, 2))
    assert len(rows) == 6
    assert value(rows, "furthest apart") < together.CLOSE


def test_a_session_that_hears_another_is_seen(folder: Path) -> None:
    engine = tiny.engine(folder)
    one, other = (
        together.alone(together.Session([together.segment("hello", voice, seed=1)]), engine) for voice in tiny.VOICES
    )
    assert together.apart(one, other) > 0.1


def test_steps_are_timed_without_the_networks(folder: Path) -> None:
    total, inside, outside, networks = overhead.measure(tiny.load(folder, superres=False), 20)
    assert total.value == pytest.approx(inside.value + outside.value)
    assert 0 < total.value < networks.value


def test_players_come_and_hear_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(players, "COMING_S", 0.1)
    rows = list(players.measure(tiny.load(folder), (2,)))
    assert 0 < value(rows, "first chunk p50") <= value(rows, "p95")
    assert value(rows, "sound made") > 0


def test_an_unknown_thing_cannot_be_measured() -> None:
    with pytest.raises(SystemExit):
        main(["breakfast"])
    assert torch.get_num_threads() == 1
