"""Clients that never come to the point: they are bounded in time and bytes, and cost nobody anything."""

from __future__ import annotations

import json
import socket as sockets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from tests.voice_server.serving import KIB, Server, idle, resident, running, until

SHORT_S = 0.5
SLACK_S = 2.0

HURRY = f"""
import voice_server.bodies, voice_server.handshakes
voice_server.bodies.BODY_S = voice_server.handshakes.HEAD_S = {SHORT_S}
"""

UPGRADE = (
    b"GET /v1/tts/stream HTTP/1.1\r\nHost: me\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits half a second for what it usually waits ten."""
    with running(tmp_path_factory.mktemp("hasty"), first=HURRY) as server:
        yield server
        assert "Traceback" not in server.log


@contextmanager
def raw(server: Server) -> Iterator[sockets.socket]:
    address = urlsplit(server.url)
    with sockets.create_connection((address.hostname, address.port), timeout=20) as connection:
        yield connection


def drip(connection: sockets.socket, line: bytes) -> bytes:
    """Send a byte at a time, at last always the same, until the server has had enough; return what it said."""
    connection.settimeout(0.02)
    said = bytearray()
    for number in range(10_000):
        try:
            connection.send(line[number : number + 1] or line[-1:])
            part = connection.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            break
        if not part:
            break
        said += part
    else:
        raise AssertionError("the server goes on listening")
    return bytes(said)


HEADS = {
    "nothing": (b"", b""),
    "a letter": (b"G", b"ET /aaa"),
    "half a head": (b"GET / HTTP/1.1\r\nHost: me\r\n", b"X-More: aaa"),
    "half a handshake": (UPGRADE, b"X-More: aaa"),
    "a whole request before": (b"GET /healthz HTTP/1.1\r\nHost: me\r\n\r\n", b"GET / HTTP/1.1\r\nX-More: aaa"),
}


@pytest.mark.parametrize("kind", HEADS)
def test_a_head_that_is_never_finished_ends_the_connection(hasty: Server, kind: str) -> None:
    at_once, then = HEADS[kind]
    with raw(hasty) as connection:
        began_at = time.monotonic()
        connection.sendall(at_once)
        drip(connection, then)
        assert SHORT_S * 0.9 < time.monotonic() - began_at < SHORT_S + SLACK_S


def test_a_body_that_is_never_finished_is_refused_and_gives_its_seat_back(hasty: Server) -> None:
    with raw(hasty) as connection:
        connection.sendall(b"POST /v1/tts HTTP/1.1\r\nHost: me\r\nContent-Length: 100000\r\n\r\n")
        head, _, body = drip(connection, b'{"text": "aaa').partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert json.loads(body)["error"]["code"] == "too_slow"


async def test_a_client_that_is_gone_in_the_middle_of_a_body_is_no_mistake_of_the_servers(hasty: Server) -> None:
    refused = hasty.log.count("too_slow")
    with raw(hasty) as connection:
        connection.sendall(b"POST /v1/tts HTTP/1.1\r\nHost: me\r\nContent-Length: 100000\r\n\r\n{")
    await until(lambda: hasty.log.count("too_slow") > refused)


def test_nonsense_after_two_requests_at_once_is_no_mistake_of_the_servers(hasty: Server) -> None:
    for _ in range(20):
        with raw(hasty) as connection, suppress(OSError):
            connection.sendall(b"GET /demo/app.js HTTP/1.1\r\nHost: me\r\n\r\n" * 2 + b"nonsense\r\n\r\n")
            while connection.recv(4096):
                pass
    assert hasty.get("/healthz").status == 200
    assert "Traceback" not in hasty.log


def test_a_head_without_end_is_cut_off_before_it_costs_much(hasty: Server) -> None:
    before = resident(hasty.process.pid)
    for line in (b"X" * 1024, b"X-Bomb: " + b"x" * 1000 + b"\r\n"):
        with raw(hasty) as connection, suppress(OSError):
            connection.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(16 * KIB):
                connection.sendall(line)
            raise AssertionError("sixteen megabytes of head were taken")
    assert resident(hasty.process.pid) - before < 4 * KIB * KIB


@pytest.mark.parametrize("line", [b"GET /nowhere?%s HTTP/1.1\r\n", b"GET /nowhere HTTP/1.1\r\nX-Long: %s\r\n"])
def test_a_whole_head_that_is_too_large_is_refused_and_a_large_body_is_not(hasty: Server, line: bytes) -> None:
    for size, status in ((60_000, b"HTTP/1.1 404"), (66_000, b"HTTP/1.1 431"), (200_000, b"HTTP/1.1 431")):
        with raw(hasty) as connection:
            connection.sendall(line % (b"a" * size) + b"\r\n")
            assert connection.recv(4096).startswith(status), size
    with raw(hasty) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + b"a" * 200_000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 404")


def test_a_handshake_that_cannot_be_read_is_answered(hasty: Server) -> None:
    with raw(hasty) as connection:
        connection.sendall(UPGRADE + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 4")
        assert connection.recv(4096) == b""


def test_a_message_in_endless_fragments_costs_the_socket(hasty: Server) -> None:
    unmasked = bytes(4)
    with raw(hasty) as connection:
        connection.sendall(UPGRADE + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        connection.sendall(b"\x01\x80" + unmasked)
        with suppress(OSError):
            for _ in range(100):
                connection.sendall((b"\x00\x80" + unmasked) * 100)
        said = bytearray()
        with suppress(OSError):
            while part := connection.recv(4096):
                said += part
    assert b"\x03\xf1too many fragments" in said  # 1009


async def test_afterwards_nobody_holds_anything(hasty: Server) -> None:
    await idle(hasty)
    assert hasty.get("/readyz").status == 200
