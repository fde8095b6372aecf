"""The scenario that measures what it costs to know who comes in, in this process: it is added to every connect."""

from __future__ import annotations

import time
from array import array
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from voice_server.access import Access
from voice_server.bench import hearing
from voice_server.bench.result import Result, Row
from voice_server.bench.setting import Scenario, Wishes
from voice_server.errors import Unauthorized
from voice_server.key_file import KeyFile, add
from voice_server.keys import Key, digest, id_of, mint

CHECKS = 100_000

TARGET_MS = 0.2


def keys(wishes: Wishes) -> Result:
    """Check a key of a file, a token in place of it, and a guess."""
    secret = mint()
    with TemporaryDirectory() as folder:
        path = Path(folder, "keys")
        add(path, Key(id_of(secret) or "", digest=digest(secret)), datetime.now(UTC))
        access = Access([KeyFile(path, print)])
    token = access.issue(access.unlock([secret]), 3600).text
    checks = CHECKS // 4 if wishes.quick else CHECKS
    found = Result("keys", f"{checks} checks of each kind, one core")
    for what, given in (("a key", secret), ("a token", token), ("a guess", mint())):
        took = hearing.percentiles(_checked(access, given, checks))
        found.rows.append(Row(f"check of {what}, p99", took.p99 if took else None, "ms", TARGET_MS))
    return found


def _checked(access: Access, given: str, times: int) -> array[float]:
    """Return how long each check of a request with this key took, in seconds."""
    headers = {"host": "127.0.0.1:8000", "authorization": f"Bearer {given}"}
    took = array("d")
    for _ in range(times):
        began = time.perf_counter()
        with suppress(Unauthorized):
            access.check(headers, {}, "speak")
        took.append(time.perf_counter() - began)
    return took


MORE: dict[str, Scenario] = {"keys": keys}
"""Not part of the standard set."""
