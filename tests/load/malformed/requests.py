"""HTTP requests as no library would write them, for all routes there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from urllib.parse import quote, quote_from_bytes

from starlette.routing import Route, WebSocketRoute

from engine.process import EngineProcess
from tests.load.malformed.values import BROKEN, FIELDS, NUMBERS, STRINGS, document, message, mutated
from voice_server.app import create_app
from voice_server.config import Settings


@dataclass(frozen=True)
class Routes:
    """Paths of the server, those of sockets apart."""

    http: tuple[tuple[str, str], ...]
    sockets: tuple[str, ...]

    @property
    def reading(self) -> list[tuple[str, str]]:
        """Those that read fields: from the query as from a body."""
        paths = {path for method, path in self.http if method == "POST"}
        return [(method, path) for method, path in self.http if path in paths]

    def any_path(self, random: Random) -> str:
        return random.choice([path for _, path in self.http] + list(self.sockets))


def routes_of_the_app() -> Routes:
    """Return what the app serves: each method with its path."""
    routes = create_app(Settings(engine="tone"), EngineProcess("tone", {})).routes
    http = [
        (method, _filled(route.path)) for route in routes if isinstance(route, Route) for method in route.methods or ()
    ]
    sockets = [_filled(route.path) for route in routes if isinstance(route, WebSocketRoute)]
    assert len(http) + len(sockets) >= len(routes), "some routes are of a kind that nobody attacks"
    return Routes(tuple(sorted(http)), tuple(sorted(sockets)))


def _filled(path: str) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", "anything", path)


@dataclass(frozen=True)
class Attack:
    """Bytes of a request. One that is `complete` has to be answered while its connection stays open."""

    kind: str
    data: bytes
    complete: bool = True


PASSWORDS = ("etc/passwd", "proc/self/environ", "pyproject.toml", "voice_server/app.py", "windows/win.ini")
UPS = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "%252e%252e%252f", "..%c0%af", "....//", ".%00./")
METHODS = (
    "HEAD",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "SEARCH",
    "M-SEARCH",
    "get",
    "G\0T",
    "",
    "GÉT",
)
NAMES = (
    *("Authorization", "X-API-Key", "xi-api-key", "Cookie", "Origin", "Host", "Accept", "Range", "Expect", "Referer"),
    *("X-Request-ID", "X-Forwarded-For", "Forwarded", "If-None-Match", "If-Modified-Since", "Accept-Encoding", "Te"),
    *("Content-Type", "Content-Encoding", "Sec-WebSocket-Protocol", "Access-Control-Request-Method", "X-HTTP-Method"),
)
VALUES = (
    *("", " ", "Bearer", "Bearer ", "Basic %%%", "Basic " + "A" * 3000, "Token a b c", "vs_" + "a" * 60, "vt.1.2.3.4"),
    *(
        "null",
        "*",
        "http://[::1",
        "file:///",
        "https://evil.example",
        "bytes=0-0,-1",
        "bytes=9-1",
        "bytes=" + "0-1," * 500,
    ),
    *("W/" + '"' * 99, "Thu, 99 Foo 9999", "100-continue", "a=b; " * 300, "gzip;q=9, *;q=-1", "multipart/form-data"),
)
FRAMING = (
    *("Content-Length: -1", "Content-Length: 1e3", "Content-Length: +5", "Content-Length: 99999999999999999999999"),
    *(
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 0x5",
    ),
    *(
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length:",
    ),
    *("Transfer-Encoding: chunked\r\n\r\nzz\r\n", "Transfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n"),
    *("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na", "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nabc"),
)
SOCKET = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
)
SPOILT = (
    *(
        "Connection: close",
        "Connection: ",
        "Connection: keep-alive, upgrade",
        "Upgrade: h2c",
        "Upgrade: ",
        "Upgrade: WebSocket",
    ),
    *(
        "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Version: 13, 8",
        "Sec-WebSocket-Version: x",
        "Sec-WebSocket-Version: ",
    ),
    *(
        "Sec-WebSocket-Key: short",
        "Sec-WebSocket-Key: ",
        "Sec-WebSocket-Key: " + "A" * 4000,
        "Sec-WebSocket-Key: \xff\xfe",
    ),
    *("Sec-WebSocket-Extensions: permessage-deflate; a=", "Sec-WebSocket-Extensions: " + "a, " * 500),
    *("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", "Sec-WebSocket-Protocol: ,,,"),
    *("Sec-WebSocket-Protocol: token", "Sec-WebSocket-Protocol: " + "a,b " * 900, "Sec-WebSocket-Protocol: \xe9"),
    *("Origin: null", "Origin: http://evil.example", "Origin: http://[", "Host: evil.example:99999"),
)


def _request(method: str, target: str, *headers: str, body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
    head = "\r\n".join((f"{method} {target} {version}", "Host: localhost", *headers))
    return head.encode("latin-1", "replace") + b"\r\n\r\n" + body


def _query(random: Random) -> str:
    pairs = []
    for name in random.choices(FIELDS, k=random.randint(1, 5)):
        value = random.choice((*STRINGS, *NUMBERS)).encode("utf-8", "surrogatepass")
        written = quote(value) if random.random() < 0.6 else quote_from_bytes(mutated(random, value), safe="%&=+;/?")
        pairs.append(f"{name}={written}")
    return random.choice("&&&;").join(pairs)


def _asked(random: Random, routes: Routes) -> Attack:
    method, path = random.choice(routes.http if random.random() < 0.2 else routes.reading)
    return Attack("query", _request(method, f"{path}?{_query(random)}", *_length(method, b"")))


def _length(method: str, body: bytes) -> tuple[str, ...]:
    return (f"Content-Length: {len(body)}",) if body or method == "POST" else ()


def _posted(random: Random, routes: Routes) -> Attack:
    paths = [path for method, path in routes.http if method == "POST"]
    kind = random.random()
    said = message(random) if kind < 0.7 else random.choice(BROKEN) if kind < 0.8 else document(random)
    body = said.encode("utf-8", "surrogatepass")
    if random.random() < 0.2:
        body = mutated(random, body)
    headers = (f"{random.choice(NAMES[-7:])}: {random.choice(VALUES)}",) if random.random() < 0.2 else ()
    return Attack("body", _request("POST", random.choice(paths), *headers, *_length("POST", body), body=body))


def _method(random: Random, routes: Routes) -> Attack:
    method = random.choice(METHODS)
    return Attack("method", _request(method, routes.any_path(random), "Content-Length: 0"), complete=False)


def _traversal(random: Random, routes: Routes) -> Attack:
    start = random.choice((*(path for _, path in routes.http), "/demo/", "/demo/app.js/", "//", "/"))
    up = "".join(random.choice(UPS) for _ in range(random.randint(1, 6)))
    return Attack("traversal", _request("GET", f"{start.rstrip('/')}/{up}{random.choice(PASSWORDS)}"))


def _headers(random: Random, routes: Routes) -> Attack:
    method, path = random.choice(routes.http)
    lines = [f"{random.choice(NAMES)}: {random.choice(VALUES)}" for _ in range(random.randint(1, 8))]
    return Attack("headers", _request(method, path, *lines, *_length(method, b"")))


def _head(random: Random, routes: Routes) -> Attack:
    """A head that is not one."""
    lines = ("no colon", ": no name", " folded: a", "a\0b: c", "a: b\0c", "a b: c", "\xff: \xff", "a:\rb", "a: b\nc: d")
    method, path = random.choice(routes.http)
    version = random.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/0.9", "HTTP/2.0", "HTTP/9.99", "HTCPCP/1.0", "http/1.1", ""))
    targets = (path, path, path, "*", "", "http://other.example/", f"{path} {path}", path + "\t", path[1:], "/\xff")
    target, line = random.choice(targets), random.choice(lines)
    return Attack("head", _request(method, target, line, version=version), complete=False)


def _bomb(random: Random, routes: Routes) -> Attack:
    """A head that is very long, in one way or another."""
    size = random.choice((9_000, 70_000, 300_000))
    path = routes.any_path(random)
    target, lines = random.choice(
        (
            (path + "?" + "a" * size, []),
            (path + "/a" * (size // 2), []),
            (path + "?" + "&".join(["a=1"] * (size // 4)), []),
            (path, ["X: " + "a" * size]),
            (path, ["a: b"] * (size // 6)),
            (path, ["X" * size + ": a"]),
        )
    )
    return Attack("bomb", _request("GET", target, *lines), complete=False)


def _framing(random: Random, routes: Routes) -> Attack:
    method, path = random.choice(routes.http)
    body = random.choice((b"", b"abcde", b"0\r\n\r\n", b"5\r\nabcde\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n"))
    return Attack("framing", _request(method, path, random.choice(FRAMING), body=body), complete=False)


def _handshake(random: Random, routes: Routes) -> Attack:
    spoilt = random.choices(SPOILT, k=random.randint(1, 2))
    replaced = {line.partition(":")[0] for line in spoilt}
    lines = [line for line in SOCKET if line.partition(":")[0] not in replaced or random.random() < 0.3] + spoilt
    path = random.choice(routes.sockets) if random.random() < 0.8 else routes.any_path(random)
    query = f"?{_query(random)}" if random.random() < 0.3 else ""
    method = random.choice(("GET",) * 9 + ("POST",))
    return Attack("handshake", _request(method, path + query, *random.sample(lines, len(lines))), complete=False)


def _changed(random: Random, routes: Routes) -> Attack:
    """A good request after an accident."""
    body = document(random).encode("utf-8", "replace")
    method, path = random.choice(routes.http)
    good = random.choice(
        (
            _request(method, f"{path}?{_query(random)}"),
            _request("POST", path, *_length("POST", body), body=body),
            _request("GET", random.choice(routes.sockets), *SOCKET),
        )
    )
    return Attack("changed", mutated(random, good), complete=False)


def _noise(random: Random, routes: Routes) -> Attack:
    first = random.choice(
        (b"", b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    )
    return Attack("noise", first + random.randbytes(random.randrange(2000)) + b"\r\n\r\n", complete=False)


KINDS: Mapping[Callable[[Random, Routes], Attack], int] = {
    _asked: 25,
    _posted: 30,
    _traversal: 6,
    _headers: 10,
    _method: 4,
    _head: 5,
    _framing: 4,
    _handshake: 8,
    _changed: 5,
    _noise: 2,
    _bomb: 1,
}
"""What there is, and how often in a hundred. Those that are complete share connections, and cost least."""


def attack(random: Random, routes: Routes) -> Attack:
    """Return a request that nobody would write."""
    (kind,) = random.choices(tuple(KINDS), tuple(KINDS.values()))
    return kind(random, routes)
