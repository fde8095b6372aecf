"""uvicorn's protocols, with bounds for what they leave open: how long a request takes to come, and how large it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from websockets.frames import Frame

HEAD_S = 10.0
"""Seconds in which a request's head has to be complete, from the connection's beginning or the answer before."""

HEAD_BYTES = 64 * 1024
"""Bytes a request's head may have; the parser itself would go on for ever."""

MAX_FRAGMENTS = 1024
"""Frames a message may come in: each may be empty, so their bytes say nothing of what they cost."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"

UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """HTTP whose clients have to come to the point: a WebSocket's handshake is a head like any other."""

    _timer: asyncio.TimerHandle | None = None
    _num_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what came, or refuse a head that has grown too large, be it complete or not."""
        head_bytes = self._num_bytes + max(data.find(b"\r\n\r\n"), 0)
        self._num_bytes += len(data)
        if self._timer is None or head_bytes <= HEAD_BYTES:
            super().data_received(data)
            head_bytes = self._num_bytes
        if self._timer is not None and head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Stop waiting."""
        self._forget_head()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next head."""
        super().on_response_complete()
        if not self.pipeline:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget_head()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._forget_head()
        self._num_bytes = 0
        self._timer = self.loop.call_later(HEAD_S, self.transport.abort)

    def _forget_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """WebSockets whose messages come in a bounded number of frames, and whose handshake is answered whatever it is."""

    def data_received(self, data: bytes) -> None:
        """Take what came; the first of it is the whole handshake."""
        super().data_received(data)
        if not self.handshake_initiated:  # all of it was there, and could not be read
            self.transport.write(UNREADABLE)
            self.transport.close()

    def shutdown(self) -> None:
        """Close, and where the app has not answered the handshake yet, take no answer any more: one has been sent."""
        super().shutdown()
        self.disconnected = self.disconnected or not self.handshake_complete

    def handle_cont(self, event: Frame) -> None:
        """Take one more frame of a message, or close."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self.conn.fail(1009, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)
