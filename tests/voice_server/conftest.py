"""Real servers, each in a process of its own, for the tests that speak to one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from voice_server.private import private_server

KEY = "open-sesame"


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of a server with the tone engine."""
    with private_server(["--engine", "tone"]) as url:
        yield url


@pytest.fixture(scope="session")
def guarded() -> Iterator[str]:
    """The address of a server that speaks with espeak, to those who have KEY, one at a time."""
    with private_server(["--engine", "espeak", "--api-key", KEY, "--max-sessions", "1"]) as url:
        yield url
