"""The client's side of a WebSocket, as little of it as a load needs: RFC 6455 without fragments or extensions."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FINAL = 0x80
_MASKED = 0x80


class WireError(Exception):
    """The other side does not speak what a server of ours does."""


class FrameReader:
    """Cuts a stream of bytes into frames, however it was cut before."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the opcode and payload of every frame that is now complete. Raises WireError."""
        if self._rest:
            data = self._rest + data
        frames: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        while end - at >= 2:
            opcode, size, header = data[at] & 0x0F, data[at + 1], 2
            if size >= 126:
                header = 4 if size == 126 else 10
                if end - at < header:
                    break
                size = _long_size(data, at, size)
            if end - at < header + size:
                break
            if not data[at] & _FINAL or opcode == CONTINUATION:
                raise WireError("a message came in fragments")
            at += header
            frames.append((opcode, data[at : at + size]))
            at += size
        self._rest = data[at:]
        return frames


def _long_size(data: bytes, at: int, size: int) -> int:
    if size & _MASKED:
        raise WireError("a server's frame is masked")
    return int.from_bytes(data[at + 2 : at + 4] if size == 126 else data[at + 2 : at + 10], "big")


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return a frame as a client has to send it: masked."""
    size = len(payload)
    if size < 126:
        header = struct.pack("!BB", _FINAL | opcode, _MASKED | size)
    elif size < 1 << 16:
        header = struct.pack("!BBH", _FINAL | opcode, _MASKED | 126, size)
    else:
        header = struct.pack("!BBQ", _FINAL | opcode, _MASKED | 127, size)
    key = os.urandom(4)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "big")
    return header + key + (int.from_bytes(payload, "big") ^ mask).to_bytes(size, "big")


def request(url: str, key: str, api_key: str | None) -> bytes:
    """Return the HTTP request that asks for a WebSocket."""
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *([f"Authorization: Bearer {api_key}"] if api_key else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def new_key() -> str:
    """Return a key for a handshake."""
    return base64.b64encode(os.urandom(16)).decode("ascii")


def status_of(response: bytes, key: str) -> int:
    """Return the status of a response's head: 101 only if it accepts the handshake made with `key`."""
    status, *fields = response.decode("latin-1").split("\r\n")
    if not status.startswith("HTTP/1.1 "):
        raise WireError("no HTTP server answers there")
    accept = base64.b64encode(hashlib.sha1((key + _GUID).encode("ascii")).digest()).decode("ascii")
    if status[9:12] == "101" and f"sec-websocket-accept: {accept}".lower() not in [field.lower() for field in fields]:
        raise WireError("the handshake was answered wrongly")
    return int(status[9:12])
