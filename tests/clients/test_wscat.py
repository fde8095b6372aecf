"""The first thing a newcomer does: paste the line that the server printed, and type a sentence."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from voice_server.private import private_server

pytestmark = pytest.mark.wscat

VERSION = "6.1.0"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def wscat(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The real package: the one on the path, else one installed for this."""
    if found := shutil.which("wscat"):
        return found
    if not shutil.which("npm"):
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("wscat")
    install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), f"wscat@{VERSION}"]
    subprocess.run(install, check=True, timeout=120)
    return str(folder / "node_modules/.bin/wscat")


class Terminal:
    """A person at a terminal: types lines, and reads what the program shows."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = ""

    def type(self, line: str) -> None:
        os.write(self._descriptor, f"{line}\r".encode())

    def read_until(self, wanted: str) -> str:
        """Return what is shown up to and with a text, without colours and cursor movements."""
        while wanted not in self._shown:
            self._shown += os.read(self._descriptor, 1 << 16).decode("utf-8", "replace")
        shown, _, self._shown = self._shown.partition(wanted)
        return ESCAPES.sub("", shown + wanted)

    def read_message(self, kind: str) -> dict[str, Any]:
        """Return the next message of a type."""
        self.read_until(f'{{"type":"{kind}"')
        rest = self.read_until("\n")
        message: dict[str, Any] = json.loads(f'{{"type":"{kind}"{rest}')
        return message


@contextmanager
def at_terminal(*command: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    # as wide as the longest message, or the terminal breaks it
    subprocess.run(["stty", "cols", "10000", "-echo"], stdin=theirs, check=True)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as program:
        os.close(theirs)
        try:
            yield Terminal(ours)
        finally:
            program.terminate()
            os.close(ours)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with private_server() as url:
        yield f"{url.replace('http', 'ws', 1)}/v1/tts/stream"


def test_a_line_typed_by_hand_is_answered_with_started_timestamps_and_done(wscat: str, address: str) -> None:
    text = "Hello there, I speak while you type."
    with at_terminal(wscat, "-c", address) as terminal:
        assert terminal.read_message("ready")["engine"] == "espeak"
        terminal.type(text)
        assert terminal.read_message("started")["sample_rate"] == 48000
        assert terminal.read_message("timestamps")["words"][0] == "Hello"
        done = terminal.read_message("done")
    assert done["chars"] == len(text)
    assert done["audio_ms"] > 500
    assert 0 < done["timeline"]["ttfb_ms"] < 5000


def test_pieces_typed_as_json_make_one_utterance(wscat: str, address: str) -> None:
    with at_terminal(wscat, "-c", f"{address}?audio=none") as terminal:
        terminal.read_message("ready")
        terminal.type('{"text":"Hello ","context_id":"mine"}')
        terminal.type('{"text":"there.","context_id":"mine","end":true}')
        done = terminal.read_message("done")
    assert (done["context_id"], done["chars"]) == ("mine", len("Hello there."))
    assert done["timeline"]["ttfb_ms"] is None
