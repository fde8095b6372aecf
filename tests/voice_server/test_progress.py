from __future__ import annotations

import io
import logging

import pytest

from voice_server.progress import Progress, line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("done", "total", "drawn"),
    [
        (0, 4, "[........................] loading"),
        (1, 4, "[######..................] loading"),
        (9, 4, "[########################] loading"),
        (0, 0, "loading ..."),
        (1_234_000_000, 2_468_000_000, "[############............] loading, 1234 of 2468 MB"),
    ],
)
def test_a_line_says_how_far_it_is(done: int, total: int, drawn: str) -> None:
    assert line("loading", done, total) == drawn


def test_a_terminal_sees_one_line_grow_and_the_next_below_it() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    for what, done in (("downloading", 0), ("downloading", 2), ("warming up", 1)):
        progress(what, done, 2)
    lines = [shown.rpartition("\r")[2].rstrip() for shown in terminal.getvalue().split("\n")]
    assert lines == [line("downloading", 2, 2), line("warming up", 1, 2)]


def test_what_is_left_of_a_longer_line_is_wiped_out() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress("something long", 0, 0)
    progress("short", 0, 0)
    first, second = terminal.getvalue().split("\r")[1:]
    assert len(second) == len(first)


def test_a_log_is_told_of_every_tenth(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    progress = Progress(io.StringIO())
    for done in range(1000):
        progress("downloading", done, 1000)
    assert len(caplog.records) == 10
