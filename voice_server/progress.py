"""How far the start of an engine has come, for those who wait for it: a bar on a terminal, else lines of the log."""

from __future__ import annotations

import logging
from typing import TextIO

from voice_server.journal import note

WIDTH = 24
"""Characters of a whole bar."""

BYTES = 1_000_000
"""From here on numbers are taken for bytes, and told as megabytes."""


class Progress:
    """Is told what is going on, how far it has come, and of how much; says so, each tenth of the way in a log."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal if terminal.isatty() else None
        self._told: tuple[str, int] | None = None
        self._width = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take in how far it is."""
        if self._terminal:
            self._draw(self._terminal, line(what, done, total), over=0 < total <= done)
        elif (told := (what, 10 * done // total if total else 0)) != self._told:
            self._told = told
            note("engine starting", {"doing": what, "done": done, "of": total}, logging.INFO)

    def _draw(self, terminal: TextIO, drawn: str, over: bool) -> None:
        terminal.write("\r" + drawn.ljust(self._width) + ("\n" if over else ""))
        terminal.flush()
        self._width = 0 if over else len(drawn)


def line(what: str, done: int, total: int) -> str:
    """Return one line that says how far it is; without a bar where nobody knows how much there is."""
    if not total:
        return f"{what} ..."
    filled = min(WIDTH * done // total, WIDTH)
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {what}{_amount(done, total)}"


def _amount(done: int, total: int) -> str:
    return f", {done / BYTES:.0f} of {total / BYTES:.0f} MB" if total >= BYTES else ""
