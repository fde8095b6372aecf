"""Where requests carry keys: each client and each vendor has a place of its own. Nothing here says who may come in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

HEADERS = ("x-api-key", "xi-api-key")

QUERY = ("api_key", "xi-api-key", "xi_api_key", "token", "access_token", "authorization", "single_use_token")

FIELDS = ("api_key", "xi_api_key", "xi-api-key", "authorization")
"""Of a socket's first message."""

SCHEMES = ("token", "bearer")
"""What comes before a key: in Authorization, and in a list of subprotocols."""

HIDDEN = "openai-insecure-api-key."
"""What a key that is a subprotocol of its own begins with."""


def presented(headers: Mapping[str, str], query: Mapping[str, str], subprotocols: Sequence[str] = ()) -> list[str]:
    """Return what may be the key of a request: of the first place that holds anything. Usually that is one."""
    named = [headers.get(name, "").strip() for name in HEADERS]
    asked = [_bare(query.get(name, "")) for name in QUERY]
    for place in (named, _authorization(headers.get("authorization", "")), _subprotocol(subprotocols), asked):
        if given := [each for each in place if each]:
            return given
    return []


def said(message: str) -> list[str]:
    """Return what may be the key in a socket's first message."""
    try:
        body = json.loads(message)
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict):
        return []
    return [_bare(given) for name in FIELDS if isinstance(given := body.get(name), str) and given]


def place(headers: Mapping[str, str]) -> str:
    """Return in which header a request has its key: by its name, or by the scheme in Authorization; "": in none.

    Vendors have the same path for different things, and this tells whose client it is.
    """
    named = next((name for name in HEADERS if headers.get(name)), "")
    return named or headers.get("authorization", "").partition(" ")[0].lower()


def chosen(subprotocols: Sequence[str]) -> str | None:
    """Return which of the subprotocols offered is to be answered: a browser that offers some closes on silence.

    One that is the key is only sent back to a client that leaves no choice.
    """
    if subprotocols and subprotocols[0].lower() in SCHEMES:
        return subprotocols[0]
    if not any(each.startswith(HIDDEN) for each in subprotocols):
        return None
    return next((each for each in subprotocols if not each.startswith(HIDDEN)), subprotocols[0])


def _bare(given: str) -> str:
    """Return a key without the scheme that some put before it wherever it is."""
    scheme, _, rest = given.partition(" ")
    return rest.strip() if rest and scheme.lower() in SCHEMES else given


def _authorization(header: str) -> list[str]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() in SCHEMES:
        return [rest.strip()]
    return _basic(rest.strip()) if scheme.lower() == "basic" else []


def _basic(encoded: str) -> list[str]:
    """Return password and user: people put a key into either. What holds neither is still something, and no key."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return [f"Basic {encoded}"]
    user, _, password = decoded.partition(":")
    return [password, user]


def _subprotocol(offered: Sequence[str]) -> list[str]:
    if len(offered) >= 2 and offered[0].lower() in SCHEMES:
        return [offered[1]]
    return [each.removeprefix(HIDDEN) for each in offered if each.startswith(HIDDEN)]
