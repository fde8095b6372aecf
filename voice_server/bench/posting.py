"""Speech over HTTP, as the load generator asks for it: a POST for each call, on connections that are kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

from voice_server.bench.line import Line
from voice_server.bench.log import CallLog
from voice_server.bench.plan import Call
from voice_server.bench.wire import WireError

SAMPLE_RATE = 24000
"""Hz: the one that OpenAI's clients can ask for."""

SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Post:
    """Where and how a dialect asks for bare 16-bit samples at SAMPLE_RATE: the text goes into one of the fields."""

    address: str
    text_field: str
    fields: Mapping[str, object] = field(default_factory=dict)

    def body(self, text: str) -> bytes:
        """Return a request's body."""
        return json.dumps({**self.fields, self.text_field: text}).encode("ascii")


_RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": SAMPLE_RATE}

POSTS: Mapping[str, Post] = {
    "native-http": Post("/v1/tts", "text", {"format": "pcm_s16le", "sample_rate": SAMPLE_RATE}),
    "openai": Post("/v1/audio/speech", "input", {"model": "any", "voice": "tone", "response_format": "pcm"}),
    "elevenlabs-http": Post("/v1/text-to-speech/tone/stream?output_format=pcm_24000", "text"),
    "cartesia-http": Post("/tts/bytes", "transcript", {"model_id": "any", "voice": "tone", "output_format": _RAW}),
    "deepgram-http": Post("/v1/speak?model=tone&encoding=linear16&container=none&sample_rate=24000", "text"),
}
"""Dialects over HTTP, and ours."""


class PostLine(Line):
    """A connection for one request at a time. What has to be fed by the piece is asked for with its last piece."""

    def __init__(self, post: Post, url: str, api_key: str | None, slow: bool, clock: Callable[[], float]) -> None:
        super().__init__(url, api_key, slow, clock)
        self._post = post
        self._text = ""
        self._half = b""
        self._parser = HttpResponseParser(self)

    def begin(self, log: CallLog, call: Call) -> None:
        """Take the first piece of a call."""
        log.started = {"format": "pcm_s16le", "sample_rate": SAMPLE_RATE}
        self._text = ""
        super().begin(log, call)

    def say_text(self, text: str, *, last: bool) -> None:
        """Take a text and, if it is the last, ask for the sound of all."""
        self._text += text
        if last and self._transport is not None and self.is_open:
            self._transport.write(self._request(self._post.body(self._text)))

    def cancel(self) -> None:
        """Hang up: nobody answers that."""
        if self.log is not None and not self.log.is_over:
            log, now = self.log, self._clock()
            log.cancel_sent_at = now
            if self._transport is not None:
                self._transport.abort()
            self._on_event(log, {"type": "cancelled"}, now)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is nothing to wait for."""
        self._transport = cast("asyncio.Transport", transport)
        self.opened.set_result(None)

    def _request(self, body: bytes) -> bytes:
        parts = urlsplit(self._url)
        lines = [
            f"POST {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *([f"Authorization: Bearer {self._api_key}"] if self._api_key else []),
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body

    def _take(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            raise WireError(f"no answer of HTTP's: {error}") from None

    # httptools' side

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body, however it was cut."""
        if self._parser.get_status_code() != 200:
            return
        data = self._half + body
        whole = len(data) - len(data) % SAMPLE_BYTES
        self._half = data[whole:]
        if whole:
            self._on_audio(data[:whole], self._clock())

    def on_message_complete(self) -> None:
        """The body has ended."""
        log, status = self.log, self._parser.get_status_code()
        if log is None or log.is_over:
            return
        if status != 200:
            self._fail(WireError(f"HTTP {status}"))
            return
        self._on_event(log, log.ending(), self._clock())
