"""Drives one WebSocket: a reader that never waits for the engine, a writer at the listener's pace, close codes."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.types import Send
from starlette.websockets import WebSocket

from voice_server.doors import Adapter
from voice_server.errors import BinaryFrame, VoiceServerError
from voice_server.messages import Closed, Failure
from voice_server.session import Session

log = logging.getLogger("voice_server")

BURST = 4
"""Messages sent without a pause before other connections get their turn: a ready send does not yield by itself."""

BLOCKED_S = 0.1
"""A send that takes longer than this means a client that does not read."""

CLOSE_TIMEOUT_S = 1.0

CLOSED_BELOW = (OSError, RuntimeError)
"""What a send raises where the socket is closed already, by whomever; RuntimeError: for a frame that is too large."""


class Connection:
    """Moves messages between one accepted socket and one Session until either is done.

    `send` is the socket's own: for every frame, the checks that WebSocket.send makes would cost as much as ours.
    `first` is a message that has been received already.
    """

    def __init__(
        self,
        websocket: WebSocket,
        send: Send,
        adapter: Adapter,
        open_session: Callable[[Callable[[float], None]], Session],
        first: str | None = None,
    ) -> None:
        self._websocket = websocket
        self._send = send
        self._adapter = adapter
        self._open_session = open_session
        self._first = first
        self._session: Session | None = None
        self.closed = asyncio.Event()
        self.close_code: int | None = None
        self._awake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._sending_since: float | None = None

    async def run(self) -> None:
        """Serve the socket until it is closed, by whichever side."""
        writer: asyncio.Task[None] | None = None
        try:
            session = self._session = self._open_session(self._wake)
            writer = asyncio.create_task(self._write(session))
            await self._read(session)
        except VoiceServerError as error:
            await self._end(writer, error)
        except Exception:
            log.exception("a connection failed")
            await self._end(writer, VoiceServerError("the server made a mistake: it has been logged"))
        finally:
            if writer is not None:
                writer.cancel()
            if self._timer is not None:
                self._timer.cancel()
            if self._session is not None:
                self._session.close()
            self.closed.set()

    def leave(self) -> None:
        """The server stops soon: tell the client, and close when what it has begun is spoken."""
        if self._session is not None:
            self._session.leave()

    def shut_down(self, error: VoiceServerError | None = None) -> None:
        """Tell the client this error and close; without one the server stops."""
        if self._session is not None:
            self._session.shut_down(error)

    def tick(self) -> None:
        """To be called now and then: a client that does not read makes its listeners stand still, or is idle."""
        since = self._sending_since
        if self._session is None:
            return
        if since is None:
            self._session.look_idle()
        elif time.monotonic() - since > BLOCKED_S:
            self._session.hold()

    async def _read(self, session: Session) -> None:
        receive, decode, handle = self._websocket.receive, self._adapter.decode, session.handle
        for command in decode(self._first) if self._first is not None else ():
            handle(command)
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.close_code = self.close_code or message.get("code")
                return
            text = message.get("text")
            if text is None:
                raise BinaryFrame("binary frames are not understood: send text frames")
            for command in decode(text):
                handle(command)

    async def _write(self, session: Session) -> None:
        try:
            await self._send_all(session)
        except Exception:
            log.exception("a connection failed")
            await self._close(VoiceServerError.close_code, "the server made a mistake")

    async def _send_all(self, session: Session) -> None:
        take, encode, awake = session.take, self._adapter.encode, self._awake
        in_a_row = 0
        while True:
            awake.clear()
            event = take()
            if event is None:
                in_a_row = 0
                self._wake(session.wake_at())
                await awake.wait()
                continue
            if isinstance(event, Closed):
                await self._close(event.code, event.reason)
                return
            if not await self._tell(encode(event)):
                return  # the reader is told too, and ends the connection
            in_a_row += 1
            if in_a_row % BURST == 0:
                await asyncio.sleep(0)

    async def _tell(self, messages: Sequence[str | bytes]) -> bool:
        """Send, and return whether the socket is still open."""
        try:
            for message in messages:
                self._sending_since = time.monotonic()
                kind = "text" if isinstance(message, str) else "bytes"
                await self._send({"type": "websocket.send", kind: message})
                self._sending_since = None
        except CLOSED_BELOW:
            return False
        return True

    def _wake(self, at: float) -> None:
        """Wake the writer at this time. A timer that is earlier stays: when it rings, the next one is set."""
        if self._awake.is_set() or (self._timer is not None and self._timer_at <= at):
            return
        delay_s = at - time.monotonic()
        if delay_s <= 0:
            self._awake.set()
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at != math.inf:
            self._timer_at = at
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._timer = None  # uvloop counts in milliseconds: it may be too early, and then another is needed
        self._awake.set()

    async def _end(self, writer: asyncio.Task[None] | None, error: VoiceServerError) -> None:
        """Tell a fatal error, after what is being sent, and close."""
        if writer is not None:
            writer.cancel()
            await asyncio.wait([writer])
        failure = Failure.of(error, fatal=True)
        with suppress(TimeoutError):  # it does not read, or is gone already
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                if await self._tell(self._adapter.encode(failure)):
                    await self._close(error.close_code, error.code)

    async def _close(self, code: int, reason: str) -> None:
        self.close_code = self.close_code or code
        with suppress(*CLOSED_BELOW):
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
