"""A tiny model in a folder, and what is said with it by the command line, as its users have it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 120


@dataclass(frozen=True, slots=True)
class Said:
    """How `voice-server say` ended, what it showed on its terminal, and how long the sound is, in seconds."""

    status: int
    shown: str
    sound_s: float


def say(model: Path, into: Path, *arguments: str) -> Said:
    """Have a server of its own say a word with a model, somebody watching."""
    command = [sys.executable, "-m", "voice_server", "say", "Hi.", "-o", str(into), "--engine", "spark"]
    ours, theirs = pty.openpty()
    with subprocess.Popen([*command, "--model", str(model), *arguments], stderr=theirs) as saying:
        os.close(theirs)
        shown = _read_all(ours)
        status = saying.wait(LIMIT_S)
    return Said(status, shown, _length_s(into) if into.exists() else 0.0)


def _read_all(terminal: int) -> str:
    read = b""
    while True:
        try:
            read += os.read(terminal, 4096)
        except OSError:  # nobody has it open any more
            os.close(terminal)
            return read.decode()


def _length_s(path: Path) -> float:
    with wave.open(str(path)) as said:
        length_s: float = said.getnframes() / said.getframerate()
        return length_s
