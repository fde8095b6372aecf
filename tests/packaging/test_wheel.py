"""The built wheel, installed where nothing of the source tree is: what a user of the package gets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"(?:ws|http)://127\.0\.0\.1:(\d+)")
SENTENCE = "The wheel speaks by itself."

pytestmark = [pytest.mark.wheel, pytest.mark.xdist_group("wheel")]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from the source tree and return what it printed, standard error included."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
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


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("away")


@pytest.fixture(scope="module")
def wheel(away: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", away / "dist", ROOT, cwd=away)
    (built,) = (away / "dist").glob("voice_server-*.whl")
    return built


@pytest.fixture(scope="module")
def bin_dir(away: Path, wheel: Path) -> Path:
    run(sys.executable, "-m", "venv", away / "venv", cwd=away)
    run(away / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=away)
    return away / "venv/bin"


@pytest.fixture(scope="module")
def url(bin_dir: Path, away: Path) -> Iterator[str]:
    """Start the installed server on a free port and give its socket's address, as it printed it."""
    command = [str(bin_dir / "voice-server"), "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=away, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            port = next((match[1] for line in server.stdout if (match := ADDRESS.search(line))), None)
            assert port, f"the server ended with {server.wait()} and printed no address"
            yield f"ws://127.0.0.1:{port}/v1/tts/stream"
        finally:
            server.terminate()
            server.wait(timeout=20)


def test_it_holds_both_packages_their_types_and_licences_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    assert {name.partition("/")[0] for name in names} == {"engine", "voice_server", info}
    assert {"engine/py.typed", "voice_server/py.typed"} <= set(names)
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/THIRD_PARTY.md"} <= set(names)
    source = {str(path.relative_to(ROOT)) for top in ("engine", "voice_server") for path in (ROOT / top).rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == source


def test_it_is_not_the_source_tree_that_answers(bin_dir: Path, away: Path) -> None:
    where = run(bin_dir / "python", "-c", "import engine, voice_server; print(voice_server.__file__)", cwd=away)
    assert Path(where.strip()).is_relative_to(away)


def test_its_command_explains_itself_by_name_and_as_a_module(bin_dir: Path, away: Path) -> None:
    by_name = run(bin_dir / "voice-server", "--help", cwd=away)
    as_module = run(bin_dir / "python", "-m", "voice_server", "--help", cwd=away)
    assert all(verb in by_name for verb in ("serve", "say", "voices", "doctor"))
    assert by_name == as_module


def test_no_test_tool_and_no_torch_comes_with_it(bin_dir: Path, away: Path) -> None:
    listed = run(bin_dir / "python", "-m", "pip", "list", "--format", "freeze", cwd=away).lower()
    assert "voice-server==" in listed
    assert not re.search(r"^(pytest|hypothesis|mypy|ruff|torch|vllm)==", listed, re.MULTILINE)


def test_it_serves_and_speaks_a_sentence_at_48_khz(bin_dir: Path, away: Path, url: str) -> None:
    run(bin_dir / "voice-server", "say", SENTENCE, "--url", url, "-o", "said.wav", cwd=away)
    with wave.open(str(away / "said.wav")) as said:
        assert (said.getframerate(), said.getnchannels(), said.getsampwidth()) == (48000, 1, 2)
        pcm = np.frombuffer(said.readframes(said.getnframes()), "<i2").astype(np.float64) / 32768
    assert 1.0 < len(pcm) / 48000 < 5.0
    loud = np.abs(pcm) > 10 ** (-50 / 20)
    assert loud.mean() > 0.3, "speech is mostly sound"
    assert np.argmax(loud) < 0.05 * 48000, "and starts at once"
