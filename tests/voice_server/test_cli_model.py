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


def test_a_model_command_says_what_it_makes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["model", "make-tiny", "--help"])
    assert "random weights, in the public layout" in capsys.readouterr().out
