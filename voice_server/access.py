"""Who may come in: API keys and the origins of web pages."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from voice_server.errors import ForbiddenOrigin, Unauthorized


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Access:
    """Checks a request's key and origin.

    Without a key only pages of this machine may use the server, whatever name they reached it by; with one, pages
    of the same host and of `allowed_origins` may. Requests without an Origin do not come from web pages.
    """

    def __init__(self, api_key: str | None, allowed_origins: tuple[str, ...] = ()) -> None:
        self._key = api_key.encode() if api_key else None
        self._origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)

    def check(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Raise Unauthorized or ForbiddenOrigin for those who may not come in."""
        origin = headers.get("origin")
        if origin is not None and not self._origin_allowed(origin.lower(), headers.get("host", "")):
            message = f"pages of {origin} may not use this server: start it with --allow-origin {origin}"
            raise ForbiddenOrigin(message)
        if self._key is not None and not hmac.compare_digest(_key(headers, query).encode(), self._key):
            raise Unauthorized("an API key is needed: send it as a bearer token, in X-API-Key, or as ?api_key=")

    def _origin_allowed(self, origin: str, host: str) -> bool:
        if origin in self._origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if self._key is None:
            return parts.hostname is not None and is_loopback(parts.hostname)
        return bool(parts.netloc) and parts.netloc == host.lower()


def _key(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the key a request carries, wherever it does; empty if none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return headers.get("x-api-key") or query.get("api_key", "")
