"""Real servers, each in a process of its own, for the tests that speak to one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.voice_server.serving import Server, running
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


@pytest.fixture(scope="module")
def module_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the tone engine for the tests of a module, started with its ARGUMENTS."""
    with running(tmp_path_factory.mktemp("server"), *getattr(request.module, "ARGUMENTS", ())) as server:
        yield server


@pytest.fixture
def server(module_server: Server) -> Iterator[Server]:
    """The module's server, which must not make a mistake, whatever a test does to it."""
    yield module_server
    assert "Traceback" not in module_server.log
