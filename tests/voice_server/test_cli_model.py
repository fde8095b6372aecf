from __future__ import annotations

from pathlib import Path

import pytest

from voice_server import cli_model
from voice_server.cli import main


def test_who_lacks_torch_is_told_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_model, "NEEDED", ("json", "no_such_module"))
    assert main(["model", "make-tiny", str(tmp_path / "tiny")]) == 2
    assert "make-tiny needs no_such_module: pip install 'voice-server[spark]'" in capsys.readouterr().err
    assert not (tmp_path / "tiny").exists()


@pytest.mark.parametrize(("action", "size"), [("make-tiny", "small"), ("make-random", "as large as Spark-TTS-0.5B")])
def test_a_model_command_says_what_it_makes(capsys: pytest.CaptureFixture[str], action: str, size: str) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["model", action, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert f"{size} of random weights, in the public layout" in told or f"{size} checkpoint of random weights" in told


def test_a_folder_of_something_else_is_not_written_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_model, "NEEDED", ())
    (tmp_path / "config.json").write_text("{}")
    assert main(["model", "make-tiny", str(tmp_path)]) == 2
    assert "holds something else: name a folder that is new" in capsys.readouterr().err
