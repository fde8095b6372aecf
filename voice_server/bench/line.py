"""One socket of the load generator: says a call's text when it is due, writes down what comes and when."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from engine.types import AUDIBLE
from voice_server.bench.log import CallLog
from voice_server.bench.plan import Call
from voice_server.bench.wire import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    FrameReader,
    WireError,
    client_frame,
    new_key,
    request,
    status_of,
)

READ_SIZE = 1 << 16

SLOW_READ_SIZE = 1920
"""Bytes: a frame of PCM at 48 kHz, so that a slow client reads as evenly as it plays."""

_LOUD = int(np.ceil(AUDIBLE * 32768))

_TOLD = b'{"type":"'


class Refused(Exception):
    """The server did not let this client in; says with what status."""


class Line(asyncio.BufferedProtocol):
    """A connection that is used for one call at a time. `clock` gives seconds into the run, `over` hears of its end."""

    def __init__(self, url: str, api_key: str | None, slow: bool, clock: Callable[[], float]) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.over: Callable[[Line], None] = lambda line: None
        self.log: CallLog | None = None
        self.dialect = "native"
        self._url = url
        self._api_key = api_key
        self._slow = slow
        self._clock = clock
        self._key = new_key()
        self._head: bytes | None = b""
        self._reader = FrameReader()
        self._buffer = bytearray(SLOW_READ_SIZE if slow else READ_SIZE)
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether something can be said on it."""
        return self._transport is not None and not self._transport.is_closing()

    def begin(self, log: CallLog, call: Call) -> None:
        """Say the first piece of a call."""
        self.log = log
        log.sent_at = self._clock()
        self.say(call, 0)

    def say(self, call: Call, piece: int) -> None:
        """Say one of a call's pieces, or all of them if they come at once."""
        whole = not call.pieces_per_s
        text = "".join(call.pieces) if whole else call.pieces[piece]
        last = call.ends and (whole or piece == len(call.pieces) - 1)
        self.say_text(text, last=last)
        if last and self.log is not None:
            self.log.told_at = self._clock()

    def say_text(self, text: str, *, last: bool) -> None:
        """Say a text and, if it is the last, that there is no more."""
        for body in self.bodies(text, last=last):
            self.tell(body)

    def opening(self) -> list[dict[str, Any]]:
        """Return what is said before the first text of a call."""
        return []

    def bodies(self, text: str, *, last: bool) -> list[dict[str, Any]]:
        """Return what says a text and, if it is the last, that there is no more."""
        return [{"text": text, "end": True} if last else {"text": text}]

    def on_open(self) -> None:
        """The socket is open: the server greets who may speak."""

    def cancel(self) -> None:
        """Cancel the call."""
        if self.log is not None and not self.log.is_over:
            self.log.cancel_sent_at = self._clock()
            self.tell({"cancel": True})

    def tell(self, body: dict[str, Any]) -> None:
        """Send a JSON object."""
        if self._transport is not None and self.is_open:
            self._transport.write(client_frame(TEXT, json.dumps(body).encode("ascii")))

    def close(self) -> None:
        """Drop the connection at once."""
        self.log = None
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without being one
        self._transport.write(request(self._url, self._key, self._api_key))

    def get_buffer(self, sizehint: int) -> bytearray:
        """Give room for the next bytes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take bytes in."""
        try:
            self._take(bytes(memoryview(self._buffer)[:nbytes]))
        except (WireError, Refused) as error:
            assert self._transport is not None
            self._transport.abort()
            self._fail(error)
            return
        if self._slow:
            self._rest()

    def connection_lost(self, error: Exception | None) -> None:
        """The server has gone, or was left."""
        self._fail(error or WireError("the connection was closed"))

    def _fail(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
        if self.log is not None and not self.log.is_over:
            self.log.error, self.log.error_at = str(error), self._clock()
            self.over(self)

    def _take(self, data: bytes) -> None:
        if self._head is not None:
            head, found, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = None if found else head
            if not found:
                return
            if (status := status_of(head, self._key)) != 101:
                raise Refused(f"HTTP {status}")
            self.on_open()
        now = self._clock()
        for opcode, payload in self._reader.feed(data):
            if opcode == BINARY:
                self._on_audio(payload, now)
            elif opcode == TEXT:
                self._on_text(payload, now)
            else:
                self._on_control(opcode, payload)

    def _on_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING and self._transport is not None:
            self._transport.write(client_frame(PONG, payload))
        elif opcode == CLOSE:
            raise WireError(f"the server closed: {int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}")

    def _on_audio(self, payload: bytes, now: float) -> None:
        log = self.log
        if log is None:
            return
        if log.is_over:
            log.stray += len(payload)
            return
        if log.audible_at is None and (where := _first_loud(log, payload)) is not None:
            log.audible_at = now
            log.audible_s = (sum(log.sizes) + 2 * where) / log.bytes_per_s
        log.times.append(now)
        log.sizes.append(len(payload))

    def _on_text(self, payload: bytes, now: float) -> None:
        kind = payload[len(_TOLD) : payload.index(b'"', len(_TOLD))]
        if kind == b"authenticate":
            raise Refused("it wants an API key")
        if kind not in (b"ready", b"started", b"audio", b"done", b"cancelled", b"error"):
            return
        body = json.loads(payload)
        if kind == b"audio":
            self._on_audio(base64.b64decode(body["data"]), now)
        elif kind == b"ready":
            if not self.opened.done():  # nobody waits for it any more where that took too long
                self.opened.set_result(None)
        elif kind == b"error":
            self._on_error(body)
        elif self.log is not None and not self.log.is_over:
            self._on_event(self.log, body, now)

    def _on_error(self, body: dict[str, Any]) -> None:
        if not self.opened.done():
            raise Refused(f"{body['code']}: {body['message']}")
        self._fail(WireError(f"{body['code']}: {body['message']}"))

    def _on_event(self, log: CallLog, body: dict[str, Any], now: float) -> None:
        if body["type"] == "started":
            log.started = body
            return
        if body["type"] == "done":
            log.done, log.done_at = body, now
        else:
            log.cancelled_at = now
        self.over(self)

    def _rest(self) -> None:
        """Read no more until what was read has been played."""
        log, transport = self.log, self._transport
        if log is None or not log.times or not log.bytes_per_s or transport is None or log.is_over:
            return
        ahead_s = log.times[0] + sum(log.sizes) / log.bytes_per_s - self._clock()
        if ahead_s > 0.0 and not transport.is_closing():
            transport.pause_reading()
            asyncio.get_running_loop().call_later(ahead_s, self._read_on)

    def _read_on(self) -> None:
        if self._transport is not None and self.is_open:
            self._transport.resume_reading()


def _first_loud(log: CallLog, payload: bytes) -> int | None:
    """Return the first audible sample of a message. What is not 16 bit PCM is not looked into."""
    if (log.started or {}).get("format") != "pcm_s16le":
        return None
    samples = np.frombuffer(payload, "<i2")
    loud = np.flatnonzero((samples >= _LOUD) | (samples <= -_LOUD))
    return int(loud[0]) if loud.size else None


def monotonic_from(began_at: float) -> Callable[[], float]:
    """Return a clock that shows the seconds since `began_at`."""
    return lambda: time.monotonic() - began_at
