"""Who may come in: keys, tokens that stand in for them, and the origins of web pages."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from voice_server.credentials import presented
from voice_server.errors import ForbiddenOrigin, MissingScope, Unauthorized
from voice_server.keys import LONGEST, Key, KeyRing, Scope
from voice_server.tokens import Token, Tokens

ANYONE = Key("", scopes=frozenset({"admin"}))
"""As whom everybody comes in where there are no keys."""

NEEDED = "an API key is needed: send it as a bearer token, in X-API-Key, or as ?api_key="


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Access:
    """Checks a request's key and origin.

    Without rings there are no keys, and only pages of this machine may use the server, whatever name they reached it
    by; with some, pages of the same host and of `allowed_origins` may. Requests without an Origin do not come from web
    pages. `clock` gives Unix seconds: that is how it is written down when a key expires.
    """

    def __init__(
        self,
        rings: Sequence[KeyRing] = (),
        allowed_origins: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rings = rings
        self._origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        self._clock = clock
        self._tokens = Tokens(self.get)

    @property
    def wants_keys(self) -> bool:
        """Whether there are keys, without which nobody comes in."""
        return bool(self._rings)

    def check(self, headers: Mapping[str, str], query: Mapping[str, str], scope: Scope | None = None) -> Key:
        """Return whose request this is. Raises Unauthorized, MissingScope or ForbiddenOrigin."""
        key = self.knock(headers, query, (), scope)
        if key is None:
            raise Unauthorized(NEEDED)
        return key

    def knock(
        self,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        subprotocols: Sequence[str] = (),
        scope: Scope | None = None,
    ) -> Key | None:
        """Return whose request this is, None if it holds no key at all. Raises as `check` does."""
        origin = headers.get("origin")
        if origin is not None and not self._origin_allowed(origin.lower(), headers.get("host", "")):
            message = f"pages of {origin} may not use this server: start it with --allow-origin {origin}"
            raise ForbiddenOrigin(message)
        if not self._rings:
            return ANYONE
        given = presented(headers, query, subprotocols)
        return self.unlock(given, scope) if given else None

    def unlock(self, given: Sequence[str], scope: Scope | None = None) -> Key:
        """Return the key that one of these opens. Raises Unauthorized or MissingScope."""
        key = next(filter(None, (self._find(each) for each in given if len(each) <= LONGEST)), None)
        if key is None:
            raise Unauthorized(
                "this API key is not known here: check it, it may have been revoked" if given else NEEDED
            )
        if scope is not None and not key.may(scope):
            raise MissingScope(f"key {key.id} may not do this: it takes one with the scope {scope}")
        return key

    def stays(self, key: Key) -> bool:
        """Whether who came in with this key may still be here: it is as it was, may speak, and has not expired."""
        if key is ANYONE:
            return True
        now = self.get(key.id)
        return now is not None and now.digest == key.digest and now.may("speak") and not now.expired(self._clock())

    def refresh(self) -> None:
        """Take in keys that have come and gone. To be called several times a second."""
        for ring in self._rings:
            ring.refresh()

    def issue(self, key: Key, ttl_s: int) -> Token:
        """Return a token that opens for so many seconds, at most for as long as the key does."""
        return self._tokens.issue(key, ttl_s, self._clock())

    def _find(self, secret: str) -> Key | None:
        """Return the key that this opens, or stands in for. Raises Unauthorized where it did once."""
        now = self._clock()
        if (stand_in := self._tokens.find(secret)) is not None:
            key, until = stand_in
            if until <= now:
                raise Unauthorized(f"this token of key {key.id} has expired: ask for another with the key")
            return key
        found = next(filter(None, (ring.find(secret) for ring in self._rings)), None)
        if found is not None and found.expired(now):
            raise Unauthorized(f"API key {found.id} has expired: ask for another")
        return found

    def get(self, key_id: str) -> Key | None:
        """Return the key that has this id now."""
        return next(filter(None, (ring.get(key_id) for ring in self._rings)), None)

    def _origin_allowed(self, origin: str, host: str) -> bool:
        if origin in self._origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if not self._rings:
            return parts.hostname is not None and is_loopback(parts.hostname)
        return bool(parts.netloc) and parts.netloc == host.lower()
