"""A small async client of the native protocol, for agents that speak while their model still writes.

    async with connect("ws://127.0.0.1:8000") as tts:
        utterance = await tts.speak("Hello ", voice="en-us", end=False)
        await utterance.send("there.")
        await utterance.end()
        async for event in utterance:
            if isinstance(event, Audio):
                play(event.data)

Any number of utterances may be under way on one connection; their audio interleaves. What goes wrong is raised as

    TTSError             the server's `error`: it ended this utterance, and only this one
    ├── Refused          the server did not let this client in, or nobody answered
    └── ConnectionLost   the socket was closed with the utterance unfinished
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Unpack
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from voice_server.answers import (
    ENDS,
    EVENTS,
    Audio,
    ConnectionLost,
    Event,
    Options,
    Refused,
    Started,
    TTSError,
    error_of,
)
from voice_server.messages import Cancelled, Done, Flushed, Timeline, Timestamps, Token

__all__ = [
    "Audio",
    "Cancelled",
    "Client",
    "ConnectionLost",
    "Done",
    "Event",
    "Flushed",
    "Options",
    "Refused",
    "Started",
    "TTSError",
    "Timeline",
    "Timestamps",
    "Token",
    "Utterance",
    "connect",
    "stream_url",
]

log = logging.getLogger("voice_server.client")

STREAM_PATH = "/v1/tts/stream"

HEADER = struct.Struct("<BBHIQ")
"""Before tagged audio: version, flags, zero, stream, first sample."""

MAX_EVENTS = 1024
"""Unread events an utterance keeps: a minute of audio in the usual messages of 60 ms, six times what a server sends
ahead of a listener by default. When they are there the connection is read no further, so the server holds back."""

MAX_MESSAGE = 16 << 20
"""Bytes: a megabyte of characters, each escaped as two surrogates, comes back in one `cancelled`."""

MAX_PIECE = 1 << 16
"""Code points of text per frame: even if all are escaped they stay below the server's limit of 1 MiB."""

OPEN_TIMEOUT_S = 10.0


class Utterance:
    """One thing to be spoken: `send` text, `end` it, and iterate over what comes; Done or Cancelled is the last event.

    Iterating raises TTSError where the utterance fails, and sending to one that is over raises what ended it. Read
    every utterance, or cancel it: one whose events are left lying makes its whole connection wait, others included.
    """

    def __init__(self, client: Client, context: str, options: Options) -> None:
        self.context = context
        self._client = client
        self._first: Mapping[str, object] | None = {"text": "", **options}
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._end: Done | Cancelled | TTSError | None = None
        self._answer: asyncio.Future[Cancelled | None] | None = None
        self._exhausted = False
        self._told_full = False

    async def send(self, text: str) -> None:
        """Append text."""
        self._check_open()
        for start in range(0, len(text), MAX_PIECE):
            await self._tell(text=text[start : start + MAX_PIECE])

    async def flush(self) -> None:
        """Have spoken at once what was sent so far; Flushed follows its last audio."""
        self._check_open()
        await self._tell(flush=True)

    async def end(self) -> None:
        """Say that no more text comes."""
        if not isinstance(self._end, Done | Cancelled | ConnectionLost):
            await self._tell(end=True)

    async def playback(self, played_ms: float) -> None:
        """Report what the listener has really heard."""
        if self._first is None:
            await self._tell(playback={"played_ms": played_ms})

    async def cancel(self, played_ms: float | None = None) -> Cancelled | None:
        """Stop at once: unread audio is dropped, and which text was heard is returned, by `played_ms` if given.

        An utterance that is done can be cancelled for as long as its listener may be hearing it. None if there was
        nothing left to cancel. Raises ConnectionLost.
        """
        if self._first is not None:
            self._first, self._end = None, Cancelled(self.context, 0.0, "", "")
        if isinstance(self._end, Cancelled):
            return self._end
        if self._answer is None:
            self._answer = asyncio.get_running_loop().create_future()
            self._events.clear()
            self._room.set()
            self._client._live[self.context] = self
            position = {} if played_ms is None else {"played_ms": played_ms}
            await self._tell(cancel=True, ping=self.context, **position)  # the pong comes after the answer, if any
        return await asyncio.shield(self._answer)

    async def collect(self) -> bytes:
        """Return all audio until the utterance is over, as encoded. Raises TTSError."""
        return b"".join([event.data async for event in self if isinstance(event, Audio)])

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._end is not None:
                return self._last()
            self._arrived.clear()
            await self._arrived.wait()
        self._room.set()
        return self._events.popleft()

    def _last(self) -> Event:
        if self._exhausted:
            raise StopAsyncIteration
        assert self._end is not None
        self._exhausted = True
        if isinstance(self._end, TTSError):
            raise self._end
        return self._end

    def _check_open(self) -> None:
        if isinstance(self._end, TTSError):
            raise self._end
        if self._end is not None or self._answer is not None:
            raise TTSError("utterance_over", "this utterance is over: start another")

    async def _tell(self, **body: object) -> None:
        first, self._first = self._first or {}, None
        await self._client._send({"context_id": self.context, **first, **body})

    async def _put(self, event: Event) -> None:
        """Keep an event to be read, waiting while too many are."""
        while len(self._events) >= MAX_EVENTS and self._answer is None:
            if not self._told_full:
                self._told_full = True
                log.warning("utterance %s is not read fast enough: its whole connection waits", self.context)
            self._room.clear()
            await self._room.wait()
        if self._answer is None:
            self._events.append(event)
            self._arrived.set()

    def _finish(self, end: Done | Cancelled | TTSError) -> None:
        self._end = end
        self._arrived.set()
        if isinstance(end, Cancelled):
            self._resolve(end)

    def _resolve(self, answer: Cancelled | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def _lose(self, error: ConnectionLost) -> None:
        if self._end is None:
            self._finish(error)
        self._room.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
            self._answer.exception()  # nobody may be waiting


class Client:
    """One connection: a task reads it and hands every message to its utterance."""

    def __init__(self, socket: ClientConnection, ready: Mapping[str, Any]) -> None:
        self.ready = ready
        self._socket = socket
        self._num_utterances = 0
        self._live: dict[str, Utterance] = {}
        self._by_stream: dict[int, Utterance] = {}
        self._text_remaining: Mapping[str, str] = {}
        self._reader = asyncio.create_task(self._read())

    def utterance(self, **options: Unpack[Options]) -> Utterance:
        """Begin an utterance; the server hears of it with its first text."""
        self._num_utterances += 1
        utterance = Utterance(self, str(self._num_utterances), options)
        self._live[utterance.context] = utterance
        return utterance

    async def speak(self, text: str, *, end: bool = True, **options: Unpack[Options]) -> Utterance:
        """Begin an utterance with this text; without `end` more may follow. Raises ConnectionLost."""
        utterance = self.utterance(**options)
        await utterance.send(text)
        if end:
            await utterance.end()
        return utterance

    async def close(self) -> None:
        """Close the connection at once; utterances that are not over are lost."""
        await self._socket.close()
        await self._reader

    async def _send(self, body: Mapping[str, object]) -> None:
        try:
            await self._socket.send(json.dumps(body, separators=(",", ":")))
        except ConnectionClosed:
            raise self._lost() from None

    async def _read(self) -> None:
        try:
            while True:
                message = await self._socket.recv()
                if isinstance(message, str):
                    await self._on_message(json.loads(message))
                else:
                    await self._on_audio(message)
        except ConnectionClosed:
            for utterance in self._live.values():
                utterance._lose(self._lost(self._text_remaining.get(utterance.context)))

    def _lost(self, text_remaining: str | None = None) -> ConnectionLost:
        code, reason = self._socket.close_code, self._socket.close_reason
        return ConnectionLost(f"the connection was closed ({code}{f', {reason}' if reason else ''})", text_remaining)

    async def _on_audio(self, message: bytes) -> None:
        _, _, _, stream, first_sample = HEADER.unpack_from(message)
        if utterance := self._by_stream.get(stream):
            await utterance._put(Audio(message[HEADER.size :], first_sample))

    async def _on_message(self, body: dict[str, Any]) -> None:
        kind = body["type"]
        utterance = self._live.get(str(body["value"] if kind == "pong" else body.get("context_id")))
        if kind == "closing":
            self._text_remaining = body["text_remaining"]
        elif kind == "warning" or (kind == "error" and utterance is None):
            log.warning("the server says %s: %s", body["code"], body["message"])
        elif utterance is None:
            return
        elif kind == "pong":
            self._let_go(utterance)
            utterance._resolve(None)
        elif kind in ENDS:
            self._let_go(utterance)
            utterance._finish(ENDS[kind](body))
        elif kind in EVENTS:
            if kind == "started":
                self._by_stream[body["stream"]] = utterance
            await utterance._put(EVENTS[kind](body))

    def _let_go(self, utterance: Utterance) -> None:
        self._live.pop(utterance.context, None)
        self._by_stream = {stream: other for stream, other in self._by_stream.items() if other is not utterance}


@asynccontextmanager
async def connect(url: str, *, api_key: str | None = None, **options: Unpack[Options]) -> AsyncIterator[Client]:
    """Connect to a server at a ws(s):// or http(s):// address, with or without the path; options are defaults.

    Raises Refused, whose `retryable` says whether it is worth trying again, or TTSError for options that are wrong.
    """
    socket = await _open(stream_url(url, {**options, "audio": "tagged"}), api_key)
    async with socket:
        client = Client(socket, await _ready(socket))
        try:
            yield client
        finally:
            await client.close()


async def _ready(socket: ClientConnection) -> Mapping[str, Any]:
    try:
        first: dict[str, Any] = json.loads(await socket.recv())
    except ConnectionClosed as error:
        raise Refused("connection_lost", f"the server closed the connection ({error})", retryable=True) from None
    if first["type"] == "authenticate":
        raise Refused("unauthorized", "an API key is needed: give one, as api_key or --api-key")
    if first["type"] == "error":
        raise error_of(first)
    return first


def stream_url(url: str, query: Mapping[str, object]) -> str:
    """Return the address of the socket of the server at `url`, with these query fields over those it has."""
    parts = urlsplit(url if "://" in url else f"ws://{url}")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/").removesuffix(STREAM_PATH) + STREAM_PATH
    fields_ = dict(parse_qsl(parts.query)) | {name: str(value) for name, value in query.items()}
    return urlunsplit((scheme, parts.netloc, path, urlencode(fields_), ""))


async def _open(url: str, api_key: str | None) -> ClientConnection:
    host = urlsplit(url).hostname
    try:
        return await open_socket(
            url,
            additional_headers={"Authorization": f"Bearer {api_key}"} if api_key else None,
            compression=None,
            max_size=MAX_MESSAGE,
            open_timeout=OPEN_TIMEOUT_S,
            proxy=None if host in ("localhost", "127.0.0.1", "::1") else True,
        )
    except InvalidStatus as error:
        raise _refused(error) from None
    except (OSError, TimeoutError, ValueError, WebSocketException) as error:
        where = urlsplit(url).netloc
        refused = isinstance(error, ConnectionRefusedError)
        message = f"no connection to {where}: {'nothing listens there' if refused else error or 'no answer'}"
        raise Refused("no_connection", message, retryable=isinstance(error, OSError)) from None


def _refused(error: InvalidStatus) -> Refused:
    response = error.response
    try:
        said = json.loads(response.body)["error"]
        return Refused(said["code"], said["message"], retryable=response.status_code in (429, 503))
    except (ValueError, KeyError, TypeError):
        message = f"the server answered HTTP {response.status_code}: is it a voice-server?"
        return Refused("refused", message, retryable=response.status_code >= 500)
