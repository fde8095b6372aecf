"""The engine's own process: `python -m engine.child SOCKET PARENT`. It ends when its parent does."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from inspect import signature
from select import select
from typing import Any

from engine.audio import encode
from engine.commands import Abort, Close, Open, Submit
from engine.counting import Counting
from engine.learning import ENROLL, FORGET, answer
from engine.load import LoadMeter
from engine.loop import EngineLoop
from engine.types import Engine, EngineInfo, Output, Segment, Span
from engine.wire import (
    COUNTS,
    INFO,
    MADE,
    PING,
    PONG,
    PROGRESS,
    Inbox,
    command_from_plain,
    delivery_to_plain,
    info_to_plain,
    pack,
)

_READ_BYTES = 1 << 18

LOAD_AFTER_S = 1.0
"""Seconds after the start at which the encoders' libraries are loaded: those who waited for it have been served."""


COUNTS_EVERY_S = 1.0


class Gone(Exception):
    """The parent has closed its end."""


class Child:
    """One engine, its loop, and the socket to the parent. Single-threaded; blocks while it writes."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._inbox = Inbox()
        self._meter = LoadMeter(time.monotonic())
        self._load = self._queued_s = 0.0
        self._counts_at = 0.0

    def run(self) -> None:
        """Start the engine that the parent asks for, warm it up, and serve until the parent is gone."""
        engine = self._engine()
        loop = EngineLoop(engine)
        _warm_up(loop, engine.info)
        gc.freeze()  # what is there now stays, and need not be looked through for garbage
        self._say((INFO, info_to_plain(engine.info)))
        _load_encoders_soon()
        try:
            self._serve(engine, loop)
        finally:
            engine.close()

    def _serve(self, engine: Engine, loop: EngineLoop) -> None:
        while True:
            heard = select([self._socket], [], [], loop.wait_s())[0]
            woke_at = time.monotonic()
            if heard:
                self._listen(engine, loop)
            if made := loop.step():
                self._say((MADE, [delivery_to_plain(delivery) for delivery in made], self._load, self._queued_s))
            now = time.monotonic()
            self._load = self._meter.worked((now - woke_at) * loop.wanted, now)
            self._tell_counts(engine, now)
            self._queued_s = max(loop.queued_s - (now - woke_at), 0.0)  # one step is nobody's queue

    def _listen(self, engine: Engine, loop: EngineLoop) -> None:
        for commands in self._inbox.feed(self._read()):
            for command in commands:
                if command == PING:
                    self._say((PONG, self._load, self._queued_s))
                elif command[0] in (ENROLL, FORGET):
                    self._say(answer(engine, command))
                else:
                    loop.handle(command_from_plain(command))

    def _engine(self) -> Engine:
        """Make the engine that the first message names."""
        while True:
            for target, options in self._inbox.feed(self._read()):
                module, _, name = target.partition(":")
                make: Callable[..., Engine] = getattr(import_module(module), name)
                reporting = {"report": self._report} if "report" in signature(make).parameters else {}
                return make(**options, **reporting)

    def _report(self, what: str, done: int, total: int) -> None:
        """Tell the parent how far the start has come."""
        self._say((PROGRESS, what, done, total))

    def _tell_counts(self, engine: Engine, now: float) -> None:
        """Tell the parent what the engine has counted, if it counts anything, once in a while."""
        if isinstance(engine, Counting) and now >= self._counts_at:
            self._counts_at = now + COUNTS_EVERY_S
            self._say((COUNTS, dict(engine.counted)))

    def _read(self) -> bytes:
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise Gone
        return data

    def _say(self, message: tuple[Any, ...]) -> None:
        try:
            self._socket.sendall(pack(message))
        except (BrokenPipeError, ConnectionResetError):
            raise Gone from None


def _warm_up(loop: EngineLoop, info: EngineInfo) -> None:
    """Speak a word to nobody until there is sound, so that the first client finds everything loaded."""
    voice = info.voice(info.default_voice)
    language = voice.language if voice else "en"
    loop.handle(Open(-1, Output(), 0.0))
    loop.handle(Submit(Segment(-1, -1, info.default_voice, language, (Span("Hello.", 0, 6),))))
    loop.handle(Close(-1))
    heard = False
    while not heard:
        for delivery in loop.step():
            heard = heard or delivery.num_samples > 0 or delivery.closed
            if delivery.failed:
                raise RuntimeError(f"{info.name} cannot speak: {delivery.failed.message}")
    loop.handle(Abort(-1))


def _load_encoders_soon() -> None:
    """Have the encoders' libraries loaded when the start is over, in a thread of its own.

    It takes a third of a second, and now and then halts the loop for some milliseconds (15 have been seen, more
    where the files come from a slow disk). Who asks for Opus or a file before it is done waits for the rest of it.
    """
    timer = threading.Timer(LOAD_AFTER_S, encode.load)
    timer.daemon = True
    timer.start()


def _watch(parent: int) -> None:
    """End this process when its parent is gone, even from within a step that never ends."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def main() -> None:
    """Serve one parent: its socket's number and its process id are the arguments."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)  # what a terminal or a supervisor sends to all is for the parent
    descriptor, parent = map(int, sys.argv[1:])
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    with socket.socket(fileno=descriptor) as sock:
        sock.set_inheritable(False)
        with suppress(Gone):
            Child(sock).run()


if __name__ == "__main__":
    main()
