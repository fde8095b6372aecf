"""A server of one's own, for a command that was given none: a subprocess that lives as long as it is needed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

ADDRESS = re.compile(r"https?://\S+")

STOP_S = 5.0


class NotServing(Exception):
    """The server did not come up; says why, in its own words."""


@contextmanager
def private_server(arguments: Sequence[str] = (), *, watched: bool = False) -> Iterator[str]:
    """Run `voice-server serve` on a free port of this machine and give its address; it has ended when this returns.

    With `watched` what it tells goes to this process's stderr, for somebody who waits there. Raises NotServing.
    """
    # whoever runs a command may have a file of keys in the environment, which is no business of this server
    own = ["--host", "127.0.0.1", "--port", "0", "--keys", "", *(["--log-level", "error"] if watched else [])]
    with running("voice_server", "serve", *own, *arguments, watched=watched) as url:
        yield url


@contextmanager
def running(module: str, *arguments: str, watched: bool = False) -> Iterator[str]:
    """Run a module that serves, and give the address it prints; it has ended when this returns. Raises NotServing."""
    command = [sys.executable, "-m", module, *arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        told = None if watched else said
        # in a session of its own: a terminal's Ctrl-C ends it by way of this process only, after what it is asked for
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told, text=True, start_new_session=True
        )
        try:
            yield _address(server, said)
        finally:
            _stop(server)


def _address(server: subprocess.Popen[str], said: IO[str]) -> str:
    assert server.stdout
    for line in server.stdout:
        if found := ADDRESS.search(line):
            return found[0]
    status = server.wait()
    said.seek(0)
    lines = said.read().strip().splitlines()
    raise NotServing(lines[-1].removeprefix("voice-server: ") if lines else f"the server ended with status {status}")


def _stop(server: subprocess.Popen[str]) -> None:
    server.terminate()
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    assert server.stdout
    server.stdout.close()


def end_by(*signals: signal.Signals) -> None:
    """Have these end a command as Ctrl-C does, which asyncio knows how to take, and so take servers of its own along.

    What a script runs in the background has Ctrl-C ignored: then too.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ending in signals:
        signal.signal(ending, lambda signum, frame: signal.raise_signal(signal.SIGINT))
