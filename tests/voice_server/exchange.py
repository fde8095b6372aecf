"""What a vendor's client and a Session say to each other, without sockets and without waiting.

A transcript is a file of JSON lines, told from the client's side:

    {"open": "/v1/...?query"}       the socket it opens; the first line
    {"send": {...}}                 a message it sends; a string is sent as it is
    {"pass_s": 2}                   time passes
    {"hear": [{...}, ...]}          all that came since, in order, in short: see the vendor's `in_short`
    {"closed": 1000}                the server has closed the socket

Without `pass_s`, `hear` waits until nothing more comes by itself. Of what is heard only the fields that are written
down are compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.routing import compile_path

from tests.voice_server.talk import Message, Talk
from voice_server.dialects import DOORS
from voice_server.doors import Adapter, Asked, Entered, SocketDoor
from voice_server.terms import Terms

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"

Frames = list[str | bytes]
InShort = Callable[[Frames, Entered], list[dict[str, Any]]]
"""Tells frames in short: what a listener would notice of sound, and the fields of other messages."""


def enter(address: str) -> Entered:
    """Open the door that an address, path and query, leads to. Raises what keeps a request out."""
    parts = urlsplit(address)
    for door in DOORS:
        found = compile_path(door.path)[0].match(parts.path)
        if found and isinstance(door, SocketDoor):
            return door.enter(Asked(found.groupdict(), dict(parse_qsl(parts.query, keep_blank_values=True))))
    raise AssertionError(f"no socket is at {parts.path}")


@dataclass
class Exchange(Talk):
    """A vendor's client of one session: `say` a message, `hear` and look at what came in `frames`."""

    entered: Entered = field(default_factory=lambda: enter("/v1/tts/stream"))
    frames: Frames = field(default_factory=list)
    code: int | None = None

    def _agree(self) -> tuple[Adapter, Terms]:
        agreed = self.entered.agreed
        limits = replace(self.limits, idle_timeout_s=agreed.idle_timeout_s)
        voice_map = {"Rachel": "tone-high"} if agreed.any_voice else None
        terms = Terms(agreed.options, agreed.audio, limits, self.allowance, voice_map=voice_map, frail=agreed.frail)
        return self.entered.adapter, terms

    def take(self) -> Frames:
        """Return the frames that came since the last call."""
        self.frames, frames = [], self.frames
        return frames

    def _read(self, frame: str | bytes) -> Message:
        self.frames.append(frame)
        return Message(self.now, "frame", {})


def replay(path: Path, in_short: InShort) -> None:
    """Say what a client says in a transcript, and compare what it hears."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    exchange = Exchange(entered=enter(lines.pop(0)["open"]))
    passed = False
    for line in lines:
        match line:
            case {"send": sent}:
                exchange.say(sent)
            case {"pass_s": seconds}:
                exchange.hear(seconds)
                passed = True
            case {"hear": expected}:
                if not passed:
                    exchange.hear()
                passed = False
                heard = in_short(exchange.take(), exchange.entered)
                told = "\n".join(json.dumps(each, ensure_ascii=False) for each in heard)
                assert len(heard) == len(expected), f"{path.name} {line}: it is\n{told}"
                for each, wanted in zip(heard, expected, strict=True):
                    assert {name: each.get(name) for name in wanted} == wanted, f"{path.name} {line}: it is\n{told}"
            case {"closed": code}:
                assert exchange.closed, "the socket is open"
                assert exchange.heard.of("closed")[-1]["code"] == code
            case _:
                raise AssertionError(f"{path.name}: no such line: {line}")


def transcripts(vendor: str) -> Sequence[Path]:
    """Return the transcripts of a vendor's clients."""
    return sorted(TRANSCRIPTS.glob(f"{vendor}-*.jsonl"))
