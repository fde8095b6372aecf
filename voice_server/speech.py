"""One utterance over HTTP: audio goes out as fast as its reader takes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from voice_server.doors import Wanted
from voice_server.entrance import Guest
from voice_server.errors import Busy, TextTooLong, VoiceServerError, kind_of
from voice_server.house import House
from voice_server.keys import Key
from voice_server.messages import AudioOut, Closed, Event, Failure, Text, Timeline

COMPLETE = 1000
"""The code with which a session closes that has sent everything."""


class BrokenSpeechError(Exception):
    """Speech failed after its beginning was sent: the connection is dropped, so that no reader takes it for whole."""


@dataclass(slots=True)
class Speaker:
    """Speaks utterances over HTTP, a session of its own for each; `live` are under way, with their keys."""

    house: House
    live: dict[Speech, Key] = field(default_factory=dict)

    def shut_down(self) -> None:
        """The server stops: break off what is being spoken."""
        for speech in self.live:
            speech.shut_down()

    async def speak(self, wanted: Wanted, guest: Guest, seat: ExitStack) -> Response:
        """Return a response that has its first bytes, and streams the rest. Raises what went wrong before that.

        `seat` is closed when all is over.
        """
        with seat:
            max_chars = self.house.limits.text_chars
            if len(wanted.text) > max_chars:
                raise TextTooLong(f"a text has at most {max_chars} characters: send it in parts", field="text")
            speech = Speech(self.house, wanted, guest)
            seat.callback(speech.close)
            self.live[speech] = guest.key
            seat.callback(self.live.pop, speech)
            first = await speech.first()
            return _SpeechResponse(speech, first, wanted.media_type, seat.pop_all())


class Speech:
    """One utterance's events, as the bytes that tell them."""

    def __init__(self, house: House, wanted: Wanted, guest: Guest) -> None:
        self.timeline: Timeline | None = None
        self._over = False
        self._awake = asyncio.Event()
        self._encode = wanted.encode
        self._session = house.open(wanted.agreed, guest, self._wake)
        self._session.handle(Text(wanted.text, whole=True))
        self._session.drain()

    def shut_down(self, error: VoiceServerError | None = None) -> None:
        """Break off, for this error; without one the server stops."""
        self._session.shut_down(error)

    def close(self) -> None:
        """Stop, whether it is complete or not. To be called once."""
        self._session.close()

    async def first(self) -> bytes:
        """Wait for the first bytes of the body; none if there is nothing to hear. Raises the error there is instead."""
        while not isinstance(event := await self._next(), Closed):
            if isinstance(event, Failure):
                raise kind_of(event.code)(event.message, field=event.field, retry_after_s=event.retry_after_s)
            if isinstance(event, AudioOut) and self.timeline is None:
                self.timeline = self._session.timeline(event.stream)
            if begins := b"".join(self._encode(event)):
                return begins
        if event.code != COMPLETE:
            raise Busy(f"{event.reason}: nothing of this was spoken")
        self._over = True
        return b""

    async def body(self, first: bytes) -> AsyncIterator[bytes]:
        """Yield the body. Raises BrokenSpeechError where it cannot be completed."""
        yield first
        while not self._over:
            event = await self._next()
            if isinstance(event, Failure):
                raise BrokenSpeechError(event.message)
            if isinstance(event, Closed) and event.code != COMPLETE:
                raise BrokenSpeechError(event.reason)
            for part in self._encode(event):
                yield part
            self._over = isinstance(event, Closed)

    def _wake(self, at: float) -> None:
        self._awake.set()  # the reader finds out itself whether it was too early

    async def _next(self) -> Event:
        while True:
            self._awake.clear()
            event = self._session.take()
            if event is not None:
                return event
            wait_s = self._session.wake_at() - time.monotonic()
            try:
                async with asyncio.timeout(None if wait_s == float("inf") else max(wait_s, 0.0)):
                    await self._awake.wait()
            except TimeoutError:
                continue


class _SpeechResponse(StreamingResponse):
    """Streams a speech, and stops it when that is over, even if its reader was gone before it began."""

    def __init__(self, speech: Speech, first: bytes, media_type: str, seat: ExitStack) -> None:
        headers = {"Server-Timing": _server_timing(speech.timeline)} if speech.timeline else {}
        super().__init__(speech.body(first), media_type=media_type, headers=headers)
        self._seat = seat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._seat:
            await super().__call__(scope, receive, send)


def _server_timing(timeline: Timeline) -> str:
    """Return what is known of an utterance at its first byte, as a Server-Timing header."""
    phases = {
        "text": timeline.text_wait_ms,
        "queue": timeline.queue_ms,
        "engine": timeline.engine_ms,
        "ttfb": timeline.ttfb_ms,
    }
    return ", ".join(f"{name};dur={value}" for name, value in phases.items() if value is not None)
