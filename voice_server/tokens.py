"""Short-lived tokens that stand in for a key, where one should not be held: in web pages. None is kept anywhere."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from voice_server.keys import Key

SHORTEST_S = 1
LONGEST_S = 3600
DEFAULT_S = 60

RENEWABLE_S = 12 * 3600.0
"""So long after its key was shown, a token may be exchanged for a fresh one; then the key is wanted again."""

_SHAPE = re.compile(r"(vt\.(\w*)\.(\d{1,15})\.(\d{1,15}))\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and until when it opens, in Unix seconds."""

    text: str
    expires_at: int


class Tokens:
    """Issues tokens and knows its own by their HMAC-SHA256, under a secret that ends with the process.

    The key's digest goes into it: a token dies with its key, and is not inherited by another one of the same id.
    `get` returns the key of an id.
    """

    def __init__(self, get: Callable[[str], Key | None]) -> None:
        self._get = get
        self._secret = secrets.token_bytes(32)

    def issue(self, key: Key, ttl_s: int, now: float) -> Token:
        """Return a token for a key, or for what `find` found: it never opens for longer than that does."""
        until = now + RENEWABLE_S if key.expires_at is None else min(now + RENEWABLE_S, key.expires_at)
        expires_at = int(min(now + ttl_s, until))
        claim = f"vt.{key.id}.{expires_at}.{int(until)}"
        return Token(f"{claim}.{self._sign(claim, key)}", expires_at)

    def find(self, text: str) -> tuple[Key, float] | None:
        """Return the key of a token, as far as the token is good for it, and when the token expires; None: no token.

        It may speak, and expires when it can no longer be renewed.
        """
        found = _SHAPE.fullmatch(text)
        key = self._get(found[2]) if found else None
        if found is None or key is None or not hmac.compare_digest(found[5], self._sign(found[1], key)):
            return None
        return replace(key, scopes=frozenset({"speak"}), expires_at=float(found[4])), float(found[3])

    def _sign(self, claim: str, key: Key) -> str:
        mac = hmac.digest(self._secret, claim.encode() + key.digest, "sha256")
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
