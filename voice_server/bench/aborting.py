"""How soon the engine's process is free of an utterance after the order: measured on the process itself, no server."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from engine.commands import Abort, Open, Submit
from engine.types import Delivery, Output, Segment, Span
from engine.wire import INFO, MADE, PING, PONG, Inbox, command_to_plain, pack
from voice_server.bench.texts import LONG

TARGET = "engine.espeak:EspeakEngine"

READ_BYTES = 1 << 18

ENDED = Delivery._fields.index("ended")


class Worker:
    """An engine's process, at the other end of a socket, with so many utterances that it works on without a pause.

    `steps` are the seconds that each of its steps took, with what it says about it.
    """

    def __init__(self, sock: socket.socket, utterances: int, random: Random) -> None:
        self.steps: list[float] = []
        self._socket = sock
        self._inbox = Inbox()
        self._random = random
        self._num = 0
        self._live: list[int] = []
        self._made_at = 0.0
        self._socket.sendall(pack((TARGET, {})))
        self._until(INFO)
        for _ in range(utterances):
            self._open()

    def abort(self) -> float:
        """Abort one utterance at a random moment; return the seconds until the process had done that."""
        self._until(None, time.monotonic() + self._random.uniform(0.02, 0.06))
        utterance = self._live.pop(self._random.randrange(len(self._live)))
        began_at = time.monotonic()
        self._say(command_to_plain(Abort(utterance)), PING)
        self._until(PONG)
        took_s = time.monotonic() - began_at
        self._open()
        return took_s

    def _open(self) -> None:
        self._num += 1
        self._live.append(self._num)
        self._say(command_to_plain(Open(self._num, Output(), 0.0)), self._segment(self._num))

    def _segment(self, utterance: int) -> tuple[Any, ...]:
        text = self._random.choice(LONG)
        self._num += 1
        return command_to_plain(Submit(Segment(self._num, utterance, "en-us", "en", (Span(text, 0, len(text)),))))

    def _say(self, *commands: tuple[Any, ...]) -> None:
        self._socket.sendall(pack(list(commands)))

    def _until(self, kind: int | None, at: float = float("inf")) -> None:
        """Hear what it says until it says this, or until a moment; who has ended goes on."""
        heard = False
        while not heard and (left_s := at - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], min(left_s, 10.0))[0]:
                continue
            for message in self._inbox.feed(self._socket.recv(READ_BYTES)):
                heard = heard or message[0] == kind
                if message[0] == MADE:
                    self._on_made(message[1])

    def _on_made(self, deliveries: list[tuple[Any, ...]]) -> None:
        now = time.monotonic()
        if self._made_at:
            self.steps.append(now - self._made_at)
        self._made_at = now
        for plain in deliveries:
            if plain[ENDED] is not None and plain[0] in self._live:
                self._say(self._segment(plain[0]))


@contextmanager
def working(utterances: int, random: Random) -> Iterator[Worker]:
    """Run an engine's process that works all the time, without a server."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-P", "-m", "engine.child", str(theirs.fileno()), str(os.getpid())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        try:
            yield Worker(ours, utterances, random)
        finally:
            process.kill()
            process.wait()
