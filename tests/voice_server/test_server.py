"""What the server's process does for itself."""

from __future__ import annotations

from pathlib import Path

from tests.voice_server.serving import running

COUNT = """
import atexit, gc, sys
atexit.register(lambda: print("kept from the collector:", gc.get_freeze_count(), file=sys.stderr))
"""


def test_what_was_loaded_at_the_start_is_never_looked_through_for_garbage(tmp_path: Path) -> None:
    with running(tmp_path, first=COUNT) as server:
        assert server.get("/readyz").status == 200
    assert int(server.log.rpartition("kept from the collector: ")[2]) > 10_000
