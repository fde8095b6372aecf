"""What the tests under load have in common: how much of it is asked for, how long it may take, what came of it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

FAR_OVER = 2.0
"""A file that takes so many times its budget has failed: less than that may be the machine's mood."""

LINES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("load")
    group.addoption("--seed", type=int, help="what all chance comes from; the last run printed its own")
    group.addoption("--share", type=float, default=1.0, help="how much of the usual number of attacks or sessions")
    group.addoption("--minutes", type=float, default=2.0, help="how long the soak takes")
    group.addoption("--restarts", type=int, default=20, help="how often the server is restarted under load")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)


class Report:
    """What is told at the end, whatever came of it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def tell(self, line: str) -> None:
        self._lines.append(line)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    return Report(pytestconfig.stash.setdefault(LINES, []))


@pytest.fixture(scope="module")
def seed(pytestconfig: pytest.Config, report: Report) -> int:
    """What all chance comes from."""
    asked: int | None = pytestconfig.getoption("seed")
    chosen = random.randrange(1 << 32) if asked is None else asked
    report.tell(f"seed: {chosen} (again with ARGS='--seed {chosen}')")
    return chosen


@pytest.fixture(scope="session")
def share(pytestconfig: pytest.Config) -> float:
    """How much of the usual number is asked for."""
    asked: float = pytestconfig.getoption("share")
    return asked


@pytest.fixture(scope="module", autouse=True)
def budget(request: pytest.FixtureRequest, report: Report) -> Iterator[None]:
    """Hold a file to its `budget_s`: seconds, of its own or as the options make them."""
    allowed_s: float = request.module.budget_s(request.config)
    began_at = time.monotonic()
    yield
    used_s = time.monotonic() - began_at
    report.tell(f"budget: {used_s:.0f} s of {allowed_s:.0f} s used")
    assert used_s < FAR_OVER * allowed_s, f"took {used_s:.0f} s, far over its budget of {allowed_s:.0f} s"
