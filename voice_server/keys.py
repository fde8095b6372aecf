"""API keys: what one is, how one is made, and what looks one up. No files, no clock."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Literal, Protocol

from voice_server.allowance import Quota

Scope = Literal["speak", "metrics", "voices", "admin"]
"""What a key is good for: speech, looking at the server's numbers, adding and removing voices, everything."""

KEYS_VARIABLE = "VOICE_SERVER_KEYS"
"""The environment's name for the file of keys."""

ID = re.compile(r"vs_[A-Za-z0-9]{8}")
"""The public part of a key, which it begins with: it may be shown and logged."""

NUM_PUBLIC = 8
NUM_SECRET = 32

LONGEST = 512
"""Characters: what is longer is no key, and is not worth hashing."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the server keeps it: `digest` is the SHA-256 of all of it, `expires_at` in Unix seconds (None: never).

    A fast hash is enough: the secret part is 190 random bits, which nobody guesses, however fast.
    """

    id: str
    name: str = ""
    digest: bytes = field(default=b"", repr=False)
    scopes: frozenset[Scope] = frozenset({"speak"})
    expires_at: float | None = None
    quota: Quota = field(default_factory=Quota)

    def may(self, scope: Scope) -> bool:
        """Whether it is good for this."""
        return scope in self.scopes or "admin" in self.scopes

    def expired(self, now: float) -> bool:
        """Whether its time is over, `now` in Unix seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def opens_with(self, secret: str) -> bool:
        """Whether this is the secret. Takes as long for a near miss as for a wild guess."""
        return hmac.compare_digest(digest(secret), self.digest)


class KeyRing(Protocol):
    """Where keys are looked up. One that has expired is found too: whoever asks decides what to say."""

    def find(self, secret: str) -> Key | None:
        """Return the key that opens with this secret."""

    def get(self, key_id: str) -> Key | None:
        """Return the key with this id."""

    def refresh(self) -> None:
        """Take in what has changed. To be called several times a second."""


class SingleKey:
    """The ring of those who need one key only, in plain text: it may do everything, and never expires."""

    def __init__(self, secret: str) -> None:
        self._key = Key("single", "the only key", digest(secret), frozenset({"admin"}))

    def find(self, secret: str) -> Key | None:
        """Return the key if this is it."""
        return self._key if self._key.opens_with(secret) else None

    def get(self, key_id: str) -> Key | None:
        """Return the key if this is its id."""
        return self._key if key_id == self._key.id else None

    def refresh(self) -> None:
        """Do nothing: it does not change."""


def mint() -> str:
    """Return a new secret: its first eleven characters are the key's id."""
    alphabet = string.ascii_letters + string.digits
    return "vs_" + "".join(secrets.choice(alphabet) for _ in range(NUM_PUBLIC + NUM_SECRET))


def id_of(secret: str) -> str | None:
    """Return the id that a secret begins with; None if it is none of ours."""
    found = ID.match(secret)
    return found[0] if found else None


def digest(secret: str) -> bytes:
    """Return the SHA-256 of a secret, or of what was sent in place of one, whatever it is."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
