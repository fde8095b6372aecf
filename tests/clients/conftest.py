"""The server that vendors' clients talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.voice_server.serving import Server, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with the tone engine, where `en-us` is a voice; it must not make a mistake."""
    voice_map = tmp_path / "voices.json"
    voice_map.write_text('{"en-us": "tone"}', "utf-8")
    with running(tmp_path, "--voice-map", str(voice_map)) as server:
        yield server
        assert "Traceback" not in server.log
