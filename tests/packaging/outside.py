"""What both packaging tests do away from the source tree: run commands, start a server, listen to what was said."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"(?:ws|http)://127\.0\.0\.1:(\d+)")
AUDIBLE = 10 ** (-50 / 20)


def clean_environment(home: Path) -> dict[str, str]:
    """This environment with an empty home, and nothing that points Python or make at the source tree."""
    mine = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "MAKE", "MFLAGS", "VOICE_SERVER")
    return {key: value for key, value in os.environ.items() if not key.startswith(mine)} | {"HOME": str(home)}


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> str:
    """Run a command and return all that it printed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def serving(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Start a server and give its socket's address and the lines up to the one that told it; stop it with SIGINT."""
    with subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stdout
        lines: list[str] = []
        try:
            for line in server.stdout:
                lines.append(line)
                if ADDRESS.search(line):
                    break
            else:
                raise AssertionError(f"the server ended with {server.wait()} and told no address:\n{''.join(lines)}")
            match = ADDRESS.search(lines[-1])
            assert match
            yield f"ws://127.0.0.1:{match[1]}/v1/tts/stream", lines
        finally:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=20)


def assert_speech_at_48_khz(path: Path) -> None:
    """Check that a WAV file is 48 kHz, as long as a sentence, mostly sound, and starts at once."""
    with wave.open(str(path)) as said:
        assert (said.getframerate(), said.getnchannels(), said.getsampwidth()) == (48000, 1, 2)
        pcm = np.frombuffer(said.readframes(said.getnframes()), "<i2") / 32768
    loud = np.abs(pcm) > AUDIBLE
    assert 1.0 < len(pcm) / 48000 < 5.0
    assert loud.mean() > 0.3
    assert np.argmax(loud) < 0.05 * 48000
