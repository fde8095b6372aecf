"""What `voice-server doctor` says of each thing it looks at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How something is. Serving goes on without what is only LACKING."""

    FINE = "ok"
    LACKING = "--"
    BROKEN = "!!"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, how it is, and what to do if it is not fine."""

    what: str
    state: State
    detail: str
    remedy: str = ""
