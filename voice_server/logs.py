"""Where log lines go: one line each, as JSON or for people, to stderr, by a thread that nobody waits for."""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

LogFormat = Literal["auto", "json", "pretty"]
LogLevel = Literal["debug", "info", "warning", "error"]

CAPACITY = 10_000
"""Lines that may wait to be written: some 3 MB, and a minute of a busy server."""

LAST_WORDS_S = 1.0
"""How long the end of a server waits for its last lines to be taken."""

PLAIN = re.compile(r"[\w.:/+=@~-]+", re.ASCII)

NOISY = ("uvicorn.access", "uvicorn.error")
"""What the library below tells of every request: our own lines say it better. Never at "debug": it tells the frames."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, and the fields of what happened."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        body = {
            "time": f"{_clock(record, '%Y-%m-%dT%H:%M:%S')}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_text:
            body["exception"] = record.exc_text
        return json.dumps(body, default=repr, separators=(",", ":"))


class PrettyLines(logging.Formatter):
    """For a terminal: time (UTC), level, event, then name=value. Only exceptions take more than a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event = record.getMessage()
        said = event if "\n" not in event else event.replace("\n", "\n    ")
        fields = "".join(f" {name}={_plain(value)}" for name, value in _fields(record).items())
        line = f"{_clock(record, '%H:%M:%S')} {record.levelname.lower():7} {said}{fields}"
        return f"{line}\n{record.exc_text}" if record.exc_text else line


def _clock(record: logging.LogRecord, pattern: str) -> str:
    return f"{time.strftime(pattern, time.gmtime(record.created))}.{int(record.msecs):03d}"


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _plain(value: object) -> str:
    """Write a value so that it is one word, whoever chose it."""
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)


class Spool(logging.Handler):
    """Hands lines to a thread that writes them to a file descriptor, and so never waits and never raises.

    Where the reader is too slow or the disk is full, lines are lost and counted, in `num_lost`, and the log says how
    many when it can be written again. `descriptor` None: there is nowhere to write, and all are lost.
    """

    def __init__(self, descriptor: int | None, formatter: logging.Formatter, capacity: int = CAPACITY) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.num_lost = 0
        self._descriptor = descriptor
        self._told = 0  # of those lost
        self._torn = ""
        self._waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(capacity)
        self._writer = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; its exception is put into words here, for its frames must not be kept."""
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self.num_lost += 1

    def finish(self, within_s: float) -> None:
        """Wait until all is written that came before, but no longer than this."""
        try:
            self._waiting.put(None, timeout=within_s)
        except queue.Full:
            return
        self._writer.join(within_s)

    def _write_all(self) -> None:
        while (record := self._waiting.get()) is not None:
            if not self._write(record):
                self.num_lost += 1
            elif self.num_lost > self._told:
                self._confess(record.created)

    def _write(self, record: logging.LogRecord) -> bool:
        """Write a line, and return whether it is whole. ValueError and TypeError: it cannot be put into words."""
        try:
            data = f"{self._torn}{self.format(record)}\n".encode("utf-8", "backslashreplace")
            if self._descriptor is None:
                return False
            while data:
                data = data[os.write(self._descriptor, data) :]
                self._torn = "\n"  # what follows half a line begins another
        except (OSError, ValueError, TypeError):
            return False
        self._torn = ""
        return True

    def _confess(self, at: float) -> None:
        """Say how many lines are missing, if that can be said."""
        lost = self.num_lost
        said = {"name": "voice_server", "levelname": "WARNING", "levelno": logging.WARNING, "msg": "log lines lost"}
        fields = {"lines": lost - self._told}
        if self._write(logging.makeLogRecord({**said, "created": at, "fields": fields})):
            self._told = lost


@contextmanager
def logging_to_stderr(form: LogFormat, level: LogLevel) -> Iterator[Spool]:
    """Send what is logged to stderr while this lasts. "auto": for people on a terminal, else JSON."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    pretty = form == "pretty" or (form == "auto" and terminal)
    spool = Spool(_descriptor(), PrettyLines() if pretty else JsonLines())
    levels = {"": level.upper(), **dict.fromkeys(NOISY, "INFO" if level == "debug" else "WARNING")}
    before = {name: logging.getLogger(name).level for name in levels}
    logging.getLogger().addHandler(spool)
    _set_levels(levels)
    try:
        yield spool
    finally:
        spool.finish(LAST_WORDS_S)
        logging.getLogger().removeHandler(spool)
        _set_levels(before)


def _set_levels(levels: Mapping[str, str | int]) -> None:
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _descriptor() -> int | None:
    """Return stderr's, unless it is closed or something that is no file stands in its place."""
    try:
        return None if sys.stderr is None else sys.stderr.fileno()
    except OSError:
        return None
