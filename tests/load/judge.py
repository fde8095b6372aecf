"""Whether what a server says to an attack may be said: a refusal with a name, or an answer that gives nothing away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.load.line import Reply, Told
from voice_server.errors import VoiceServerError, kind_of

PLAIN = frozenset({400, 404, 405, 413, 416, 426, 431})
"""What is refused below our routes is told by its status: what is no HTTP, no handshake, no route, no range."""

NAMES = ("code", "type", "status", "err_code", "error_code")
WORDS = ("message", "err_msg", "title")
"""Where the refusals of vendors have what ours have in `code` and `message`."""

LEAKS = (b"root:x:0", b"[build-system]", b"create_app", b"Traceback", b"site-packages", b"HOME=", b"PATH=/")

CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009})
"""With what a socket may be closed whose client has done something wrong. Not 1011: that would be our mistake."""


def fault_of_reply(reply: Reply, *, may_be_full: bool = False) -> str | None:
    """Return what is wrong with a reply to a request that was; to a server that may be full, that is an answer too."""
    if any(leak in reply.body for leak in LEAKS):
        return f"gives away {reply.body[:200]!r}"
    if reply.status < 400:
        return None
    if may_be_full and reply.status == 503 and "retry-after" in reply.headers:
        return None
    if reply.status >= 500:
        return f"status {reply.status}: {reply.body[:200]!r}"
    if not reply.body and reply.headers.get("content-length") != "0":
        return None  # to a HEAD
    if reply.headers.get("content-type", "").startswith("application/json"):
        return None if _says_why(reply.said) else f"not typed: {reply.body[:200]!r}"
    return None if reply.status in PLAIN or not reply.body else f"status {reply.status} without a code"


def fault_of_socket(told: Told, codes: frozenset[int] = CODES) -> str | None:
    """Return what is wrong with what a socket was told after something that was."""
    for message in told.messages:
        typed = _typed if "fatal" in message or message.get("type") == "warning" else _says_why
        if message.get("type") in ("error", "warning") and not typed(message):
            return f"not typed: {message}"
    if told.code is not None and told.code not in codes:
        return f"closed with {told.code}, not {sorted(codes)}"
    return None


def _says_why(said: Mapping[str, Any]) -> bool:
    """Whether a refusal has a name and words; ours are of the tree, those in a vendor's dialect are named as theirs."""
    inner = next((said[name] for name in ("error", "detail") if isinstance(said.get(name), dict)), said)
    if "field" in inner:
        return _typed(inner)
    return any(inner.get(name) for name in NAMES) and any(inner.get(name) for name in WORDS)


def _typed(error: Mapping[str, Any]) -> bool:
    """Whether it says what is wrong in words, and by a code that is in the tree; warnings have codes of their own."""
    known = error.get("type") == "warning" or kind_of(str(error.get("code"))) is not VoiceServerError
    return known and bool(error.get("message"))
