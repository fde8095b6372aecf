"""The command line, as its users meet it: processes, files, pipes, exit codes."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from engine.tone import hear
from tests.voice_server.conftest import KEY
from voice_server import sinks
from voice_server.cli import main

COMMAND = (sys.executable, "-m", "voice_server")


def run(*arguments: str, typed: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], input=typed, capture_output=True, timeout=60, check=False, env=os.environ | environment
    )


def read_wav(path: Path) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    with wave.open(str(path)) as said:
        assert (said.getnchannels(), said.getsampwidth()) == (1, 2)
        pcm = np.frombuffer(said.readframes(said.getnframes()), "<i2")
        assert path.stat().st_size == 44 + 2 * said.getnframes()
        return said.getframerate(), (pcm / 32768).astype(np.float32)


# say


def test_what_is_piped_in_becomes_48_khz_speech_without_a_server_to_be_named(tmp_path: Path) -> None:
    done = run("say", "-", "-o", str(tmp_path / "hello.wav"), typed=b"Hello there\n")
    assert done.returncode == 0, done.stderr
    rate, pcm = read_wav(tmp_path / "hello.wav")
    assert rate == 48000
    assert 0.4 < len(pcm) / rate < 2.0
    assert np.mean(np.abs(pcm) > 0.003) > 0.3
    assert done.stdout == b""
    first, second = done.stderr.decode().splitlines()
    assert "s of audio" in first
    assert "first byte after" in second


def test_a_model_that_still_writes_is_already_heard_and_stdout_holds_nothing_but_sound(served: str) -> None:
    command = [*COMMAND, "say", "-", "-o", "-", "--url", served]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as saying:
        assert saying.stdin
        assert saying.stdout
        saying.stdin.write(b"ba bo bu, ")
        saying.stdin.flush()
        header, heard = saying.stdout.read(44), saying.stdout.read(2 * 48 * 150)  # returns: no text is at its end
        saying.stdin.write("ga go नमस्ते.".encode()[:-4])  # and a character is torn
        saying.stdin.flush()
        rest, _ = saying.communicate("नमस्ते.".encode()[-4:])
    assert saying.returncode == 0
    assert header == struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 2**32 - 1, b"WAVE", b"fmt ", 16, 1, 1, 48000, 96000, 2, 16, b"data", 2**32 - 1
    )
    pcm = (np.frombuffer(heard + rest, "<i2") / 32768).astype(np.float32)
    words = ["ba", "bo", "bu,", "ga", "go", "नमस्ते."]
    assert hear(pcm, 48000, words) == words


@pytest.mark.parametrize(("name", "code", "size"), [("pcm_f32le", 3, 4), ("mulaw", 7, 1), ("alaw", 6, 1)])
def test_other_encodings_and_rates_are_named_in_the_header(
    served: str, tmp_path: Path, name: str, code: int, size: int
) -> None:
    path = tmp_path / "said.wav"
    assert main(["say", "ba bo", "-o", str(path), "--url", served, "--format", name, "--sample-rate", "8000"]) == 0
    data = path.read_bytes()
    assert struct.unpack("<HHIIHH", data[20:36]) == (code, 1, 8000, 8000 * size, size, 8 * size)
    (num_bytes,) = struct.unpack("<I", data[40:44])
    assert len(data) == 44 + num_bytes + num_bytes % 2
    assert struct.unpack("<I", data[4:8]) == (len(data) - 8,)


def test_options_reach_the_voice(served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for speed in ("1", "2"):
        command = ["say", "ba bo", "-o", str(tmp_path / speed), "--voice", "tone-low", "--speed", speed]
        assert main([*command, "--url", served]) == 0
    (_, slow), (_, fast) = read_wav(tmp_path / "1"), read_wav(tmp_path / "2")
    assert len(slow) == pytest.approx(2 * len(fast), rel=0.05)
    assert "tone-low" in capsys.readouterr().err


def test_no_text_is_an_empty_file_and_no_error(served: str, tmp_path: Path) -> None:
    assert main(["say", "  ", "-o", str(tmp_path / "empty.wav"), "--url", served]) == 0
    assert len(read_wav(tmp_path / "empty.wav")[1]) == 0


def test_without_a_file_it_is_the_player_that_gets_the_sound(served: str, tmp_path: Path) -> None:
    (tmp_path / "aplay").write_text(f"#!/bin/sh\ncat > {tmp_path}/played.wav\n")
    (tmp_path / "aplay").chmod(0o755)
    done = run("say", "ba bo", "--url", served, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    pcm = (np.frombuffer((tmp_path / "played.wav").read_bytes()[44:], "<i2") / 32768).astype(np.float32)
    assert hear(pcm, 48000, ["ba", "bo"]) == ["ba", "bo"]


def test_a_player_that_fails_is_told_with_what_to_do_instead(served: str, tmp_path: Path) -> None:
    (tmp_path / "aplay").write_text("#!/bin/sh\ncat > /dev/null\nexit 3\n")
    (tmp_path / "aplay").chmod(0o755)
    done = run("say", "ba bo", "--url", served, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"aplay could not play (status 3): write a file with -o" in done.stderr


def test_a_reader_that_has_heard_enough_is_no_reason_for_a_traceback(served: str) -> None:
    say = [*COMMAND, "say", "ba " * 2000, "-o", "-", "--url", served]
    with subprocess.Popen(say, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as saying:
        assert saying.stdout
        assert saying.stderr
        saying.stdout.read(1000)
        saying.stdout.close()
        assert saying.stderr.read() == b""
    assert saying.returncode == 1


@pytest.mark.parametrize("before", [[], ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]], ids=["", "in the background"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_say_takes_its_server_with_it(ending: signal.Signals, before: list[str]) -> None:
    command = [*before, *COMMAND, "say", "-", "-o", "-", "--engine", "tone"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as saying:
        assert saying.stdin
        assert saying.stdout
        assert saying.stderr
        saying.stdin.write(b"ba bo bu, ")
        saying.stdin.flush()
        saying.stdout.read(44)
        server = Path(f"/proc/{saying.pid}/task/{saying.pid}/children").read_text().split()[0]
        saying.send_signal(ending)
        saying.wait(20)
        assert saying.stderr.read() == b""
    assert not Path(f"/proc/{server}").exists()


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["say", "hi", "-o", "x.wav", "--voice", "nobody", "--url", "{url}"], 1, "no voice 'nobody'"),
        (["say", "hi", "-o", "x.wav", "--speed", "99", "--url", "{url}"], 1, "speed"),
        (["say", "hi", "-o", "x.wav", "--url", "http://127.0.0.1:9"], 1, "nothing listens there"),
        (["say", "hi", "-o", "no/such/folder/x.wav", "--url", "{url}"], 1, "no folder 'no/such/folder'"),
        (["say", "hi", "-o", "x.wav", "--engine", "steam"], 2, "installed are espeak, spark, tone"),
        (["voices", "--url", "http://127.0.0.1:9"], 1, "nothing listens there"),
        (["voices", "--url", "{url}", "--language", "tlh"], 2, "no voice speaks 'tlh'"),
        (["serve", "--engine", "steam"], 2, "installed are espeak, spark, tone"),
        (["serve", "--port", "{port}"], 1, "is taken"),
        (["serve", "--port", "70000"], 2, "--port"),
        (["serve", "--host", "0.0.0.0"], 2, "--api-key"),
        (["serve", "--host", "nowhere.invalid", "--api-key", "k"], 1, "cannot listen"),
    ],
)
def test_what_a_user_can_mend_is_one_line_on_stderr(
    served: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: Sequence[str],
    status: int,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    place = {"url": served, "port": str(urlsplit(served).port)}
    assert main([argument.format(**place) for argument in arguments]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("voice-server: ")
    assert told in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_a_player_it_asks_for_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["say", "hi"]) == 1
    said = capsys.readouterr().err
    assert all(player in said for player in sinks.PLAYERS)
    assert "-o hello.wav" in said


def test_the_key_comes_from_the_environment_or_the_command_line(
    guarded: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VOICE_SERVER_API_KEY", raising=False)
    assert main(["voices", "--url", guarded]) == 1
    assert "API key is needed" in capsys.readouterr().err
    assert main(["voices", "--url", guarded, "--api-key", KEY]) == 0
    monkeypatch.setenv("VOICE_SERVER_API_KEY", KEY)
    assert main(["voices", "--url", guarded]) == 0


# voices, and the rest


def test_voices_of_a_server_are_listed_by_id_language_and_name(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--url", served]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "VOICE      LANGUAGE  NAME",
        "tone       en-us     Tone",
        "tone-low   hi        Low tone",
        "tone-high  de        High tone",
    ]


def test_voices_of_the_engine_are_listed_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--language", "en"]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    languages = [row.split()[1].lower() for row in rows]
    assert "en-us" in languages
    assert "en-gb" in languages
    assert all(language.startswith("en") for language in languages)


def test_it_explains_itself_by_name_and_as_a_module_without_loading_what_serving_needs() -> None:
    by_name = subprocess.run(
        [Path(sys.executable).with_name("voice-server"), "--help"], capture_output=True, check=True
    )
    assert run("--help").stdout == by_name.stdout
    code = (
        "import sys; from voice_server.cli import main\ntry: main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pydantic", "starlette", "uvicorn", "websockets"} & set(loaded)


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout.startswith(b"voice-server 0.")


@pytest.mark.parametrize("arguments", [[], ["sing"], ["say"], ["serve", "--port", "many"]])
def test_a_command_that_is_none_is_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: voice-server" in capsys.readouterr().err
