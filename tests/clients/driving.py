"""Real clients, each in an environment of its own: runs their programs, and listens to what they heard.

A program is a file of `programs/`. It gets what to do as JSON on stdin, `snippet` being a piece of code from
docs/clients.md that makes the client, and prints what it heard as one line of JSON.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.tone import hear
from engine.types import Pcm
from tests.modules import ROOT
from tests.voice_server.talk import bare

PROGRAMS = Path(__file__).parent / "programs"

PATIENCE_S = 90


@dataclass(frozen=True)
class Turn:
    """What one turn of a client brought: 16-bit samples at `rate`, and words with when they begin, in seconds."""

    data: bytes
    rate: int
    words: tuple[tuple[str, float], ...]

    @property
    def pcm(self) -> Pcm:
        return np.frombuffer(self.data, "<i2").astype(np.float32) / np.float32(32768)

    def spoken(self, text: str) -> str:
        """Return which words of a text were heard, by ear."""
        tokens = {*text.split(), *map(bare, text.split())}
        return " ".join(bare(word) for word in hear(self.pcm, self.rate, sorted(tokens)))

    def onsets(self) -> list[float]:
        """Return when each tone begins, in seconds."""
        block = self.rate // 400
        levels = np.abs(self.pcm[: len(self.pcm) // block * block]).reshape(-1, block).max(axis=1)
        loud = np.flatnonzero(levels > 0.1)  # between tones it is quiet for 4 blocks; codecs make shorter holes
        begins = loud[np.diff(loud, prepend=-4) > 3]
        return [float(begin) * block / self.rate for begin in begins]


def snippet(heading: str, vendor: str, url: str) -> str:
    """Return the code under a vendor's heading of docs/clients.md, for a server at this address."""
    document = (ROOT / "docs/clients.md").read_text("utf-8")
    found = re.search(
        rf"^## {re.escape(vendor)}\n(?:(?!^## ).)*?^### {re.escape(heading)}\n.*?```python\n(.*?)```",
        document,
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"docs/clients.md has no code for {vendor}: {heading}"
    assert found[1].count("\n") < 10, "that is more than a line to change"
    host = url.partition("://")[2]
    assert "localhost:8000" in found[1]
    return found[1].replace("localhost:8000", host)


def drive(environment: str, program: str, task: dict[str, Any], **variables: str) -> Any:  # noqa: ANN401 - as JSON is
    """Run a program in an environment, and return what it printed last."""
    python = ROOT / f".venv-clients-{environment}/bin/python"
    if not python.exists():
        pytest.skip(f"there is no {python.parent.parent.name}: make test-clients makes it")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [python, "-u", PROGRAMS / f"{program}.py"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=kept | {"PYTHONPATH": str(PROGRAMS), "NO_PROXY": "*"} | variables,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def turns(told: list[dict[str, Any]]) -> list[Turn]:
    """Return turns as programs print them."""
    return [
        Turn(base64.b64decode(turn["pcm"]), turn["rate"], tuple((word, start) for word, start in turn["words"]))
        for turn in told
    ]


def check_turns(told: list[Turn], text: str, interrupted: str, within_s: float = 0.005) -> None:
    """Check three turns, the second of them interrupted: the right sound, and when each word of it begins.

    Of the second there may be less than was spoken, and there must be nothing else, nor anything of it in the third.
    """
    first, second, third = told
    for turn in (first, third):
        assert turn.spoken(text) == " ".join(map(bare, text.split()))
        check_words(turn, text, within_s)
    heard = second.spoken(interrupted).split()
    heard = heard[:-1]  # a tone that is cut off has no pitch
    assert len(heard) >= 3
    assert " ".join(map(bare, interrupted.split())).startswith(" ".join(heard))


def check_words(turn: Turn, text: str, within_s: float) -> None:
    """Check that all words of a text are told, and begin when they are heard, up to what a codec delays."""
    assert [word for word, _ in turn.words] == text.split()
    starts = [start for _, start in turn.words]
    assert starts == sorted(starts)
    differences = [onset - start for onset, start in zip(turn.onsets(), starts, strict=True)]
    assert max(differences) - min(differences) < 2 * within_s, differences
    assert abs(differences[0]) < within_s, differences
