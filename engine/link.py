"""The parent's end of an engine process: spawn it, talk to it without waiting, and notice when it is gone."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from engine.types import EngineInfo
from engine.wire import COUNTS, INFO, LEARNT, MADE, PING, PROGRESS, Inbox, info_from_plain, pack

PING_AFTER_S = 0.25
"""Silence after which the child is asked whether it is there."""

LATE_S = 0.1
"""A check that comes so much later than planned says that this process, not the child, was held up."""

_READ_BYTES = 1 << 18
_LAST_WORDS = 2000  # characters
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

Progress = Callable[[str, int, int], None]
"""Is told what is going on, how far it has come, and of how much (0: nobody knows)."""

_log = logging.getLogger("engine")


class Link:
    """One child process. `receive` gets the list of plain deliveries of each of its steps, `learnt` what it answers.

    `gone` resolves, to the reason, when the child is dead, hung, or has hung up; the process is killed then. What
    waits to be sent is bounded by what sessions may ask for in the time a hang takes to be noticed. `load` is the
    share of its time, lately, that the child worked on what listeners wait for, `queued_s` how much longer than a step
    the last of them who came to be served had waited for it, `counts` what its engine has counted since its start.
    `progress` is told how far that start has come; at `news_at` it last was.
    """

    def __init__(
        self,
        receive: Callable[[list[tuple[Any, ...]]], None],
        learnt: Callable[[tuple[Any, ...]], None],
        progress: Progress,
    ) -> None:
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.info: asyncio.Future[EngineInfo] = asyncio.get_running_loop().create_future()
        self.load = self.queued_s = 0.0
        self.counts: Mapping[str, float] = {}
        self.news_at = 0.0
        self._receive = receive
        self._learnt = learnt
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._batch: list[tuple[Any, ...]] = []
        self._unsent = bytearray()
        self._heard_at = 0.0
        self._asked_at: float | None = None
        self._max_step_s = 1.0
        self._timer: asyncio.TimerHandle | None = None
        self._last_words = ""
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _spawn(theirs)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket.fileno(), self._read)
        assert self._process.stdout
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._loop.add_reader(self._output.fileno(), self._overhear)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def configure(self, target: str, options: Mapping[str, Any]) -> None:
        """Say which engine it is to run: the child's first message."""
        self._write(pack((target, dict(options))))

    def send(self, command: tuple[Any, ...]) -> None:
        """Send a plain command, together with the others of this turn of the event loop."""
        if not self._batch:
            self._loop.call_soon(self._send_batch)
        self._batch.append(command)

    def hang_up(self) -> None:
        """Let the child go: it ends by itself when it notices."""
        self._end("told to stop")

    async def reap(self, within_s: float) -> str:
        """Wait for the process to end, kill it if that takes longer; return how it ended, with its last words."""
        self._end("told to stop")
        waiting = asyncio.ensure_future(asyncio.to_thread(self._process.wait))
        try:
            await asyncio.wait([waiting], timeout=within_s)
        finally:
            if not waiting.done():
                self._process.kill()
            status = await waiting
            while self._overhear():
                pass
            self._loop.remove_reader(self._output.fileno())
            self._output.close()
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        lines = self._last_words.strip().splitlines()
        if not lines:
            return how
        last = lines[-1].strip()
        return last if status == 1 else f"{how}: {last}"  # Python's own way to end with a reason

    def _read(self) -> None:
        try:
            num_bytes = self._socket.recv_into(self._buffer)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(f"connection lost ({error})")
            return
        if not num_bytes:
            self._end("connection closed")
            return
        self._heard_at = self._loop.time()
        self._asked_at = None
        for message in self._inbox.feed(self._buffer[:num_bytes]):
            if message[0] == INFO:
                self._begin_watch(info_from_plain(*message[1]))
                continue
            if message[0] == LEARNT:
                self._learnt(message)
                continue
            if message[0] == PROGRESS:
                self.news_at = self._loop.time()
                self._progress(*message[1:])
                continue
            if message[0] == COUNTS:
                self.counts = message[1]
                continue
            self.load, self.queued_s = message[-2:]
            if message[0] == MADE:
                self._receive(message[1])

    def _begin_watch(self, info: EngineInfo) -> None:
        self._max_step_s = info.max_step_s
        self._check_at(self._heard_at + PING_AFTER_S)
        self.info.set_result(info)

    def _check_at(self, when: float) -> None:
        self._timer = self._loop.call_at(when, self._check, when)

    def _check(self, planned_at: float) -> None:
        """Ask a silent child whether it is there; end it when it has not answered for longer than a step takes."""
        self._read()
        if self.gone.done():
            return
        now = self._loop.time()
        if self._asked_at is None:
            if now - self._heard_at >= PING_AFTER_S:
                self.send(PING)
                self._asked_at = now
        elif now - planned_at > LATE_S:
            self._asked_at += now - planned_at  # time in which nobody listened for the answer
        elif now - self._asked_at >= self._max_step_s:
            self._process.kill()
            self._end(f"no answer for {self._max_step_s:g} s")
            return
        silent_s = PING_AFTER_S if self._asked_at is None else self._max_step_s
        self._check_at((self._asked_at or self._heard_at) + silent_s)

    def _send_batch(self) -> None:
        batch, self._batch = self._batch, []
        if not self.gone.done():
            self._write(pack(batch))

    def _write(self, data: bytes) -> None:
        if not self._unsent:
            self._loop.add_writer(self._socket.fileno(), self._write_more)
        self._unsent += data
        self._write_more()

    def _write_more(self) -> None:
        try:
            num_bytes = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            return  # the reader learns of it too
        del self._unsent[:num_bytes]
        if not self._unsent:
            self._loop.remove_writer(self._socket.fileno())

    def _overhear(self) -> bool:
        """Log what the child has printed, and remember the end of it; False if that is all for now."""
        try:
            data = os.read(self._output.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._output.fileno())
            return False
        text = data.decode("utf-8", "replace")
        self._last_words = (self._last_words + text)[-_LAST_WORDS:]
        _log.warning("%s", text.rstrip())
        return True

    def _end(self, reason: str) -> None:
        if self.gone.done():
            return
        if self._timer:
            self._timer.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        self.gone.set_result(reason)


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    """Start the child with its end of the socket. What it prints comes back in one pipe: our output is not its own."""
    descriptor = theirs.fileno()
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "engine.child", str(descriptor), str(os.getpid())],
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**_ONE_THREAD, **os.environ},
    )
