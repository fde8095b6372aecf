"""HTTP requests with JSON, as vendors' clients make them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import numpy as np

from engine.tone import hear, vocabulary
from engine.types import Pcm

WORDS = vocabulary(200)
TEXT = " ".join(WORDS[:4])


@contextmanager
def asking(
    base: str, path: str, body: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
) -> Iterator[HTTPResponse]:
    """The answer to a POST of a body, or to a GET where there is none."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=30)
    data = None if body is None else json.dumps(body)
    try:
        connection.request("GET" if body is None else "POST", path, data, dict(headers or {}))
        yield connection.getresponse()
    finally:
        connection.close()


def samples(data: bytes, audio_format: str = "pcm_s16le") -> Pcm:
    """Return bare samples as numbers."""
    if audio_format == "pcm_f32le":
        return np.frombuffer(data, "<f4")
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def heard(data: bytes, rate: int = 24000) -> list[str]:
    """Return the words in some 16-bit samples."""
    return hear(samples(data), rate, WORDS)
