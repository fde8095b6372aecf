"""What a dialect's adapter itself takes of the time until the first sound, whatever else the machine does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.routing import compile_path

from voice_server.bench import hearing
from voice_server.bench.log import CallLog
from voice_server.bench.plan import Call
from voice_server.bench.vendors import ADDRESSES, LINES
from voice_server.client import STREAM_PATH
from voice_server.dialects import DOORS
from voice_server.doors import Adapter, Asked, SocketDoor
from voice_server.messages import AudioOut, Done, Event, Options, Started, Text, Timeline, Timestamps, Token

TEXT = "Could you say that again?"

NUM_CALLS = 5000

WARMING = 500
"""Calls that are not counted."""

FRAME = bytes(1920)
"""20 ms of samples at 48 kHz, the first message of any dialect."""


NOTHING_TOLD = Timeline(None, 0.0, None, None, None, None, None)


def own_ms(dialect: str, options: Mapping[str, object]) -> hearing.Percentiles | None:
    """Return the processor time for what is said of a call and for what tells its first sound; None without socket.

    Processor time and not time, since the adapters do nothing but reckon: a busy machine changes nothing of it.
    """
    address = ADDRESSES.get(dialect, f"{STREAM_PATH}?{urlencode(options)}")
    adapter = _adapter(address)
    if adapter is None:
        return None
    return hearing.percentiles(asyncio.run(_taken(adapter, dialect))[WARMING:])


def _adapter(address: str) -> Adapter | None:
    parts = urlsplit(address)
    for door in DOORS:
        found = compile_path(door.path)[0].match(parts.path)
        if found and isinstance(door, SocketDoor):
            return door.enter(Asked(found.groupdict(), dict(parse_qsl(parts.query)))).adapter
    return None


async def _taken(adapter: Adapter, dialect: str) -> list[float]:
    line = LINES[dialect]("", None, False, time.monotonic)  # which wants a loop to run
    taken: list[float] = []
    for number in range(NUM_CALLS):
        line.begin(CallLog(0.0), Call(0.0, (TEXT,)))
        said = [json.dumps(body) for body in [*line.opening(), *line.bodies(TEXT, last=True)]]
        taken.append(_one(adapter, said, number))
    return taken


def _one(adapter: Adapter, said: list[str], number: int) -> float:
    """Return the seconds that one call takes."""
    began = time.thread_time()
    commands = [command for message in said for command in adapter.decode(message)]
    taken_s = time.thread_time() - began
    context = next(each.context for each in commands if isinstance(each, Text)) or str(number)
    events = list(_first(context, number))
    began = time.thread_time()
    for event in events:
        adapter.encode(event)
    taken_s += time.thread_time() - began
    adapter.encode(Done(context, 20.0, len(TEXT), NOTHING_TOLD))
    return taken_s


def _first(context: str, number: int) -> Iterator[Event]:
    """Yield what tells the first sound: of a dialect that has no times, more than there is."""
    word, *_ = TEXT.split()
    yield Started(context, number, "tone", "en-us", Options(), 0)
    yield Timestamps(context, "char", tuple(Token(char, 5.0 * at, 5.0 * at + 5) for at, char in enumerate(word)))
    yield AudioOut(context, number, 0, 960, FRAME)
