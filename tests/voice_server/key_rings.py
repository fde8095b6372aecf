"""Keys for the tests that need some, in a file that a server reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voice_server import key_file
from voice_server.allowance import Quota
from voice_server.keys import Key, Scope, digest, id_of, mint


@dataclass(frozen=True)
class KeyRingFile:
    """A file of keys, as `voice-server keys` writes it."""

    path: Path

    def make(
        self, name: str, *scopes: Scope, expires_at: float | None = None, quota: Quota | None = None, secret: str = ""
    ) -> str:
        """Add a key, and return its secret."""
        secret = secret or mint()
        scopes = scopes or ("speak",)
        made = Key(id_of(secret) or "", name, digest(secret), frozenset(scopes), expires_at, quota or Quota())
        key_file.add(self.path, made, datetime.now(UTC))
        return secret

    def revoke(self, secret: str) -> None:
        """Take a key out."""
        assert key_file.remove(self.path, [id_of(secret) or ""])


Carried = tuple[Mapping[str, str], Mapping[str, str], Sequence[str]]
"""Headers, query and subprotocols of a socket's request."""

PLACES: Mapping[str, Callable[[str], Carried]] = {
    "a bearer": lambda key: ({"Authorization": f"Bearer {key}"}, {}, ()),
    "a token": lambda key: ({"Authorization": f"Token {key}"}, {}, ()),
    "x-api-key": lambda key: ({"X-API-Key": key}, {}, ()),
    "xi-api-key": lambda key: ({"xi-api-key": key}, {}, ()),
    "?api_key": lambda key: ({}, {"api_key": key}, ()),
    "?xi-api-key": lambda key: ({}, {"xi-api-key": key}, ()),
    "?token": lambda key: ({}, {"token": key}, ()),
    "subprotocol token": lambda key: ({}, {}, ("token", key)),
    "subprotocol bearer": lambda key: ({}, {}, ("bearer", key)),
    "a subprotocol of its own": lambda key: ({}, {}, ("realtime", f"openai-insecure-api-key.{key}")),
}


def of_requests() -> Iterator[str]:
    """Yield the places that a request has too which does not open a socket."""
    yield from (place for place, carry in PLACES.items() if not carry("")[2])
