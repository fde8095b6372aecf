from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import urllib.error
import urllib.request
import wave
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import av
import numpy as np
import pytest

from engine.tone import hear, vocabulary
from tests.voice_server.serving import running
from voice_server.adapters.native_http import MEDIA_TYPES, SpeechRequest
from voice_server.openapi import description

WORDS = vocabulary(200)
TEXT = " ".join(WORDS[:4])


def fetch(
    base: str, query: dict[str, str] | None = None, body: object = None, raw: bytes | None = None
) -> HTTPResponse:
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    url = f"{base}/v1/tts" + (f"?{urlencode(query)}" if query else "")
    response: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30)
    return response


def refusal(
    base: str, query: dict[str, str] | None = None, body: object = None, raw: bytes | None = None
) -> tuple[int, dict[str, str]]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetch(base, query, body, raw)
    with contextlib.closing(refused.value) as error:
        return error.code, json.loads(error.read())["error"]


def decoded(data: bytes) -> tuple[np.ndarray[Any, Any], int]:
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler(format="flt", layout="mono")
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), frames[0].sample_rate


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "aac", "ogg_opus"])
def test_every_container_holds_what_was_said(served: str, format: str) -> None:
    with fetch(served, body={"text": TEXT, "format": format}) as response:
        assert response.headers["Content-Type"] == MEDIA_TYPES[format]  # type: ignore[index]
        data = response.read()
    pcm, rate = decoded(data)
    assert hear(pcm, rate, WORDS) == TEXT.split()


def test_raw_samples_are_the_same_as_those_of_a_wave_file(served: str) -> None:
    with fetch(served, {"text": TEXT, "format": "pcm_s16le"}) as response:
        raw = response.read()
    with fetch(served, {"text": TEXT}) as response:
        assert response.headers["Content-Type"] == "audio/wav"
        data = response.read()
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 1, 2)
    assert data.endswith(raw)


def test_the_phases_known_at_the_first_byte_are_told(served: str) -> None:
    with fetch(served, {"text": TEXT}) as response:
        timing = response.headers["Server-Timing"]
    phases = dict(phase.split(";dur=") for phase in timing.split(", "))
    assert set(phases) == {"text", "queue", "engine", "ttfb"}
    assert all(float(duration) >= 0 for duration in phases.values())


def test_a_body_goes_over_the_query(served: str) -> None:
    with fetch(served, {"format": "mp3", "sample_rate": "16000"}, {"text": TEXT, "format": "pcm_s16le"}) as response:
        pcm = np.frombuffer(response.read(), "<i2") / 32768
    assert hear(pcm.astype(np.float32), 16000, WORDS) == TEXT.split()


def test_a_text_without_a_word_is_a_file_without_sound(served: str) -> None:
    with fetch(served, {"text": "…", "format": "pcm_s16le"}) as response:
        assert response.status == 200
        assert response.read() == b""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "hi", "voice": "nobody"}, "voice"),
        ({"text": "hi", "markup": "half"}, "markup"),
        ({"text": "hi", "format": "opus"}, "format"),
        ({"text": "hi", "format": "mp4"}, "format"),
        ({"text": "hi", "sample_rate": 44000}, "sample_rate"),
        ({"text": "hi", "format": "ogg_opus", "sample_rate": 44100}, "sample_rate"),
        ({"text": "hi", "format": "mp3", "bitrate": 7000}, "bitrate"),
        ({"text": 5}, "text"),
        ({"text": ""}, "text"),
        ({}, "text"),
        ({"text": "x" * ((1 << 20) + 1)}, None),
    ],
)
def test_a_wrong_field_is_named(served: str, given: dict[str, object], field: str | None) -> None:
    status, error = refusal(served, body=given)
    assert status == (400 if field else 413)
    assert error["field"] == field


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b"[" * 100_000, b"5"])
def test_a_body_that_is_no_object_is_refused(served: str, raw: bytes) -> None:
    status, error = refusal(served, raw=raw)
    assert (status, error["code"]) == (400, "bad_json")


def test_a_speech_that_breaks_off_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    with running(tmp_path) as server, ask_for(server.url, " ".join(WORDS * 20)) as client:
        received = bytearray(client.recv(65536))
        os.kill(server.engine, signal.SIGKILL)
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(65536):
                received += part
        assert b"transfer-encoding: chunked" in received
        assert not received.endswith(b"0\r\n\r\n")
        assert server.get("/readyz")


@contextlib.contextmanager
def ask_for(base: str, text: str) -> Iterator[socket.socket]:
    """A reader that takes in only what a test receives."""
    address = urlsplit(base)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as client:
        request = f"GET /v1/tts?text={quote(text)} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        client.sendall(request.encode())
        yield client


def test_a_reader_that_hangs_up_frees_the_engine(served: str) -> None:
    with ask_for(served, " ".join(WORDS * 15)) as client:
        client.recv(65536)
        assert gauge(served, "tts_sessions") > 0
    assert asyncio.run(becomes(lambda: gauge(served, "tts_sessions") + gauge(served, "tts_live_segments") == 0))


def test_a_reader_that_stops_reading_stops_the_work(served: str) -> None:
    with ask_for(served, " ".join(WORDS * 15)) as client:
        client.recv(1024)
        assert asyncio.run(becomes(lambda: gauge(served, "tts_live_segments") == 0))
        assert gauge(served, "tts_sessions") > 0


def test_the_description_names_every_field_of_a_request(served: str) -> None:
    with urllib.request.urlopen(f"{served}/openapi.json", timeout=30) as response:
        told = json.load(response)
    assert told == json.loads(json.dumps(description(keys=False)))
    schema = told["paths"]["/v1/tts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == set(SpeechRequest.model_fields)
    assert schema["required"] == ["text"]


def gauge(base: str, name: str) -> float:
    with urllib.request.urlopen(f"{base}/metrics", timeout=30) as response:
        lines: Iterator[str] = (line.decode() for line in response)
        return sum(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


async def becomes(condition: Callable[[], bool]) -> bool:
    for _ in range(200):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False
