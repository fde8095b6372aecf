"""Schemathesis, which reads /openapi.json and asks for all it tells of, rightly and wrongly, against a real server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.modules import ROOT
from tests.voice_server.serving import Server, running

pytestmark = pytest.mark.clients

KEY = "open-sesame"

NEVER_FULL = ("--max-load", "1000")
"""Who is refused for want of capacity has not been looked at."""


def fuzz(server: Server, *arguments: str) -> None:
    """Have the same requests made every time, as many of them as come in so many seconds."""
    program = ROOT / ".venv-clients-openapi/bin/schemathesis"
    if not program.exists():
        pytest.skip(f"there is no {program}: make test-clients makes it")
    config = Path(__file__).with_name("schemathesis.toml")
    command = [str(program), "--config-file", str(config), "run", f"{server.url}/openapi.json", *arguments]
    command += ["--generation-deterministic", "--continue-on-failure", "--no-color"]
    folder = server.said.parent  # it leaves what it found where it runs
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={"NO_PROXY": "*"}, cwd=folder, check=False
    )
    assert done.returncode == 0, "\n".join(line[:400] for line in f"{done.stdout}\n{done.stderr}".splitlines())
    assert "Traceback" not in server.log


def test_whatever_is_asked_is_answered_as_the_document_says(tmp_path: Path) -> None:
    with running(tmp_path, *NEVER_FULL) as server:
        fuzz(server, "--phases=coverage", "--max-time=25")
        fuzz(server, "--phases=fuzzing", "--max-time=20", "--max-examples=20")


def test_nothing_is_answered_without_a_key_that_wants_one(tmp_path: Path) -> None:
    with running(tmp_path, "--api-key", KEY, *NEVER_FULL) as server:
        fuzz(server, f"--header=Authorization: Bearer {KEY}", "--phases=fuzzing", "--max-time=15")
