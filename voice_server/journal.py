"""What is written down about sessions and utterances: names and numbers, never what was said. See docs/logs.md."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

from voice_server.messages import Timeline

log = logging.getLogger("voice_server")

REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,64}")
"""What may be a request's id: it goes into logs and headers as it is."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose a session is, by the names that logs have for it. `key` is the public part of an API key; "": none."""

    request_id: str = ""
    key: str = ""
    session: str = field(default_factory=lambda: secrets.token_hex(8))

    def names(self) -> dict[str, object]:
        """Return these names, as fields of a log line."""
        return {"session": self.session, "request_id": self.request_id, "key": self.key}


@dataclass(frozen=True, slots=True)
class Over:
    """An utterance that is over. `outcome` is how it ended, `code` the error it ended with ("": none)."""

    context: str
    outcome: str
    code: str
    voice: str
    language: str
    format: str
    sample_rate: int
    chars: int
    audio_ms: float
    underruns: int
    timeline: Timeline


def request_id(given: str | None) -> str:
    """Return the id a request came with if it can be one, else a new one."""
    return given if given is not None and REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def note(event: str, fields: Mapping[str, object] = MappingProxyType({}), level: int = logging.INFO) -> None:
    """Write a line about something that happened. Fields that are None or empty are left out."""
    if log.isEnabledFor(level):
        known = {name: value for name, value in fields.items() if value is not None and value != ""}
        log.log(level, event, extra={"fields": known})


def note_over(caller: Caller, over: Over) -> None:
    """Write the line of an utterance that is over."""
    fields = asdict(over)
    timeline = fields.pop("timeline")
    level = logging.WARNING if over.outcome == "failed" else logging.INFO
    note("utterance", caller.names() | fields | timeline, level)
