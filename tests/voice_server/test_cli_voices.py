"""`voice-server voices add` and `remove`, against a server that learns and one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.audio.clips import voice, wav
from tests.voice_server.key_rings import KeyRingFile
from tests.voice_server.serving import Server, running
from tests.voice_server.test_enrolment import LEARNS, names
from voice_server.cli import main


@pytest.fixture(scope="module")
def learning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("learning"), first=LEARNS) as server:
        yield server


@pytest.fixture
def clip(tmp_path: Path) -> str:
    path = tmp_path / "clip.wav"
    path.write_bytes(wav(voice(3.0, 16_000), 16_000))
    return str(path)


def test_a_voice_is_added_listed_and_removed(learning: Server, clip: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "add", "asha", clip, "--language", "hi", "--gender", "female", "--url", learning.url]) == 0
    assert f"asha speaks now: voice-server say --url {learning.url} --voice asha" in capsys.readouterr().err
    assert main(["voices", "--url", learning.url, "--language", "hi"]) == 0
    assert "asha" in capsys.readouterr().out
    assert main(["voices", "--url", learning.url, "remove", "asha"]) == 0
    assert "asha" not in names(learning)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "../asha", "{clip}"], "name: String should match pattern"),
        (["add", "tone", "{clip}"], "there is a voice 'tone' already"),
        (["add", "new", "/nowhere/clip.wav"], "/nowhere/clip.wav cannot be read: No such file"),
        (["add", "new", __file__], "the clip is no WAV"),
        (["add", "new", "/dev/zero"], "/dev/zero is larger than 16 MiB"),
        (["remove", "nobody"], "there is no voice 'nobody'"),
        (["remove", "tone"], "voice 'tone' was not learnt"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    learning: Server, clip: str, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    asked = [argument.format(clip=clip) for argument in arguments]
    assert main(["voices", *asked, "--url", learning.url]) in (1, 2)
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert "new" not in names(learning)


def test_a_server_that_is_not_there_or_does_not_learn_says_so(
    served: str, clip: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voices", "add", "asha", clip, "--url", "http://127.0.0.1:9"]) == 1
    assert "nothing listens there" in capsys.readouterr().err
    assert main(["voices", "add", "asha", clip, "--url", served]) == 1
    assert "the voices of tone are fixed" in capsys.readouterr().err


def test_a_key_is_taken_from_the_option_or_the_environment(
    tmp_path: Path, clip: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = KeyRingFile(tmp_path / "keys.jsonl")
    key = keys.make("voices", "voices")
    with running(tmp_path, "--keys", str(keys.path), first=LEARNS) as server:
        assert main(["voices", "add", "asha", clip, "--url", server.url]) == 1
        assert "an API key is needed" in capsys.readouterr().err
        assert main(["voices", "add", "asha", clip, "--url", server.url, "--api-key", key]) == 0
        monkeypatch.setenv("VOICE_SERVER_API_KEY", key)
        assert main(["voices", "remove", "asha", "--url", server.url]) == 0
