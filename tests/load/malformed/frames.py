"""WebSocket frames as no library would write them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.load.malformed.values import message, mutated

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

PROTOCOL_ERROR, UNSUPPORTED, NOT_UTF8, TOO_LARGE = 1002, 1003, 1007, 1009


@dataclass(frozen=True)
class Break:
    """Bytes after which a connection cannot go on, and the codes it may be closed with; none: with or without any."""

    data: bytes
    codes: frozenset[int] = frozenset()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = bytes(4)) -> bytes:
    """Return one frame. A mask of zeros leaves the payload as it is, and is as good as any other."""
    head = bytes([fin << 7 | rsv << 4 | opcode])
    masked = 0 if mask is None else 0x80
    if len(payload) < 126:
        head += bytes([masked | len(payload)])
    elif len(payload) < 1 << 16:
        head += struct.pack("!BH", masked | 126, len(payload))
    else:
        head += struct.pack("!BQ", masked | 127, len(payload))
    if mask:
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if any(mask) else payload
    return head + (mask or b"") + payload


def text(said: str, random: Random) -> bytes:
    """Return the frame of a message, in up to four fragments now and then with a ping between them."""
    data = said.encode("utf-8", "replace")
    if random.random() < 0.9:
        return frame(TEXT, data)
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randrange(1, 4)))
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    made = b""
    for at, piece in enumerate(pieces):
        made += frame(CONT if at else TEXT, piece, fin=at == len(pieces) - 1)
        made += frame(PING, random.randbytes(3)) if random.random() < 0.2 and at < len(pieces) - 1 else b""
    return made


def _opcode(random: Random) -> bytes:
    return frame(random.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), random.randbytes(random.randrange(20)))


def _rsv(random: Random) -> bytes:
    return frame(random.choice((TEXT, BINARY, PING)), b"{}", rsv=random.randint(1, 7))


def _unmasked(random: Random) -> bytes:
    return frame(random.choice((TEXT, BINARY, PING, CLOSE)), b"\x03\xe8", mask=None)


def _long_control(random: Random) -> bytes:
    return frame(random.choice((PING, PONG, CLOSE)), bytes(random.choice((126, 200, 70_000))))


def _split_control(random: Random) -> bytes:
    return frame(random.choice((PING, PONG, CLOSE)), b"\x03\xe8", fin=False)


def _lone_continuation(random: Random) -> bytes:
    return frame(CONT, b"a" * random.randrange(200), fin=random.random() < 0.5)


def _interrupted(random: Random) -> bytes:
    return frame(TEXT, b"{", fin=False) + frame(random.choice((TEXT, BINARY)), b"}")


def _not_utf8(random: Random) -> bytes:
    bad = random.choice((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"{\xe2\x82", b"\x80" * 500))
    return frame(TEXT, bad, mask=random.randbytes(4))


def _too_large(random: Random) -> bytes:
    declared = random.choice(((1 << 20) + 1, 1 << 31, 1 << 40, (1 << 63) - 1))
    return bytes([0x80 | random.choice((TEXT, BINARY)), 0xFF]) + struct.pack("!Q", declared) + bytes(4) + b"a" * 100


def _too_large_together(random: Random) -> bytes:
    half = bytes(600_000)
    return frame(TEXT, half, fin=False) + frame(CONT, half)


def _bad_close(random: Random) -> bytes:
    codes = (0, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
    return frame(CLOSE, random.choice((b"\x03", *(struct.pack("!H", code) for code in codes))))


def _bad_reason(random: Random) -> bytes:
    return frame(CLOSE, b"\x03\xe8" + random.choice((b"\xff", b"\xed\xa0\x80", b"\xc3")))


def _binary(random: Random) -> bytes:
    return frame(BINARY, random.randbytes(random.randrange(2000)))


def _truncated(random: Random) -> bytes:
    whole = frame(random.choice((TEXT, BINARY, PING)), random.randbytes(100), mask=random.randbytes(4))
    return whole[: random.randrange(1, len(whole))]


def _mutated(random: Random) -> bytes:
    return mutated(random, frame(TEXT, message(random).encode("utf-8", "replace"), mask=random.randbytes(4)))


def _noise(random: Random) -> bytes:
    return random.randbytes(random.randrange(1, 2000))


def _http(random: Random) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


BREAKS: Mapping[Callable[[Random], bytes], frozenset[int]] = {
    _opcode: frozenset({PROTOCOL_ERROR}),
    _rsv: frozenset({PROTOCOL_ERROR}),
    _unmasked: frozenset({PROTOCOL_ERROR}),
    _long_control: frozenset({PROTOCOL_ERROR}),
    _split_control: frozenset({PROTOCOL_ERROR}),
    _lone_continuation: frozenset({PROTOCOL_ERROR}),
    _interrupted: frozenset({PROTOCOL_ERROR}),
    _not_utf8: frozenset({NOT_UTF8}),
    _too_large: frozenset({TOO_LARGE}),
    _too_large_together: frozenset({TOO_LARGE}),
    _bad_close: frozenset({PROTOCOL_ERROR}),
    _bad_reason: frozenset({NOT_UTF8, PROTOCOL_ERROR}),
    _binary: frozenset({UNSUPPORTED}),
    _truncated: frozenset(),
    _mutated: frozenset(),
    _noise: frozenset(),
    _http: frozenset({PROTOCOL_ERROR}),
}


def broken(random: Random) -> Break:
    """Return what breaks a connection off."""
    kind = random.choice(tuple(BREAKS))
    if kind is _too_large_together and random.random() < 0.95:
        kind = _too_large  # a megabyte each is not what is meant by many
    return Break(kind(random), BREAKS[kind])
