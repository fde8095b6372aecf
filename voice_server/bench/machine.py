"""What Linux tells in /proc about the processes under load: processor time and memory. Elsewhere nothing is known."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from voice_server.bench.log import Usage

PROC = Path("/proc")

_LISTENING = "0A"


@dataclass(slots=True)
class Watched:
    """A server's process and those below it: the engine's."""

    server: int
    engines: tuple[int, ...]

    def usage(self, memory: bool = False) -> Usage:
        """Return what they have used. Raises OSError when the server is gone."""
        engine_cpu_s = sum(cpu_s(pid) for pid in self.engines)
        sizes = (rss(self.server), sum(rss(pid) for pid in self.engines)) if memory else (0, 0)
        return Usage(time.monotonic(), cpu_s(self.server), engine_cpu_s, busy_s() - time.process_time(), *sizes)


def watch(port: int) -> Watched | None:
    """Return the process of this machine that listens on a port, if there is one we may look into."""
    server = listener(port)
    return None if server is None else Watched(server, tuple(descendants(server)))


def cpu_s(pid: int) -> float:
    """Return the processor time of a process, in steps of 10 ms."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s() -> float:
    """Return the processor time that all programs have used, and that was given to other machines on this one."""
    user, nice, system, _, _, _, _, stolen = map(int, (PROC / "stat").read_text().split()[1:9])
    return (user + nice + system + stolen) / os.sysconf("SC_CLK_TCK")


def rss(pid: int) -> int:
    """Return the bytes of a process that are in memory."""
    # statm and status are estimates on recent kernels, off by up to a megabyte
    found = re.search(r"^Rss:\s+(\d+) kB", (PROC / str(pid) / "smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def listener(port: int) -> int | None:
    """Return the process that listens on a TCP port."""
    sockets = set(_listening_sockets(port))
    for directory in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)) if sockets else ():
        if sockets & set(_open_files(directory)):
            return int(directory.name)
    return None


def _listening_sockets(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def _open_files(directory: Path) -> Iterator[str]:
    try:
        for link in (directory / "fd").iterdir():
            yield str(link.readlink())
    except OSError:
        return  # somebody else's, or gone by now


def descendants(pid: int) -> list[int]:
    """Return the processes below one."""
    below: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        below.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


@dataclass(slots=True)
class Sampling:
    """Looks at the watched processes every `every_s` seconds, in a thread, between `with` and its end."""

    watched: Watched | None
    every_s: float = 0.25
    memory: bool = False
    usages: list[Usage] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Sampling:
        if self.watched is not None:
            self._thread = threading.Thread(target=self._run, args=(self.watched,), daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, watched: Watched) -> None:
        while True:
            try:
                self.usages.append(watched.usage(self.memory))
            except OSError:
                return  # the server has died: its callers tell
            if self._stop.wait(self.every_s):
                return
