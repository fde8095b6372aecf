"""Deepgram over HTTP: every encoding in its container, and how it says no."""

from __future__ import annotations

import json

import pytest

from engine.tone import hear
from tests.engine.audio.listening import decode_file
from tests.voice_server.asking import TEXT, WORDS, asking, heard
from tests.voice_server.conftest import KEY


@pytest.mark.parametrize("path", ["/v1/speak", "/v2/speak"])
@pytest.mark.parametrize(
    ("query", "media_type", "rate"),
    [
        ("", "audio/mpeg", 22050),
        ("encoding=mp3&bit_rate=32000", "audio/mpeg", 22050),
        ("encoding=opus&container=ogg", "audio/ogg", 48000),
        ("encoding=flac&sample_rate=16000", "audio/flac", 16000),
        ("encoding=aac", "audio/aac", 22050),
        ("encoding=linear16", "audio/wav", 24000),
        ("encoding=mulaw", "audio/wav", 8000),
        ("encoding=alaw&container=wav&sample_rate=16000", "audio/wav", 16000),
    ],
)
def test_every_encoding_holds_what_was_said(served: str, path: str, query: str, media_type: str, rate: int) -> None:
    with asking(served, f"{path}?model=aura-2-thalia-en&{query}", {"text": TEXT}) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, media_type)
        assert response.headers["dg-request-id"]
        pcm, decoded_rate = decode_file(response.read())
    assert decoded_rate == rate
    assert hear(pcm, rate, WORDS) == TEXT.split()


def test_without_a_container_there_are_samples_and_nothing_else(served: str) -> None:
    with asking(served, "/v1/speak?encoding=linear16&container=none", {"text": TEXT}) as response:
        assert response.headers["Content-Type"] == "audio/pcm"
        assert heard(response.read()) == TEXT.split()


@pytest.mark.parametrize("query", ["encoding=wma", "sample_rate=1", "speed=9", "container=mp4", "bit_rate=1"])
def test_a_wrong_query_is_told_in_the_vendors_shape(served: str, query: str) -> None:
    with asking(served, f"/v1/speak?{query}", {"text": TEXT}) as response:
        body = json.loads(response.read())
        assert response.status == 400
        assert response.headers["dg-error"].startswith(query.partition("=")[0])
    assert body["err_code"] == "INVALID_FIELD"
    assert body["err_msg"].startswith(query.partition("=")[0])


def test_a_body_without_text_is_told(served: str) -> None:
    with asking(served, "/v1/speak", {"url": "http://127.0.0.1/"}) as response:
        assert response.status == 400
        assert json.loads(response.read())["err_msg"].startswith("text: ")


def test_a_key_comes_as_a_token(guarded: str) -> None:
    with asking(guarded, "/v1/speak", {"text": TEXT}, {"Authorization": "Token wrong"}) as response:
        assert (response.status, json.loads(response.read())["err_code"]) == (401, "UNAUTHORIZED")
    with asking(guarded, "/v1/speak", {"text": TEXT}, {"Authorization": f"Token {KEY}"}) as response:
        assert response.status == 200
        assert len(response.read()) > 1000


def test_the_voices_are_its_models(served: str) -> None:
    with asking(served, "/v1/models", headers={"Authorization": "Token any"}) as response:
        body = json.loads(response.read())
    assert [model["canonical_name"] for model in body["tts"]] == ["tone", "tone-low", "tone-high"]
