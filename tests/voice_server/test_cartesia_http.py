"""Cartesia over HTTP: bodies, events, and the list of voices."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from engine.tone import hear
from tests.engine.audio.listening import decode_file
from tests.voice_server.asking import TEXT, WORDS, asking, heard, samples
from tests.voice_server.conftest import KEY

RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}


def speech(**fields: object) -> dict[str, object]:
    return {"model_id": "any", "transcript": TEXT, "voice": "tone", "output_format": RAW} | fields


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_wav_file_holds_the_encoding_that_was_asked_for(served: str, encoding: str, rate: int) -> None:
    file = {"container": "wav", "encoding": encoding, "sample_rate": rate}
    with asking(served, "/tts/bytes", speech(output_format=file)) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "audio/wav")
        data = response.read()
    assert int.from_bytes(data[20:22], "little") == {"pcm_f32le": 3, "pcm_alaw": 6, "pcm_mulaw": 7}.get(encoding, 1)
    pcm, decoded_rate = decode_file(data)
    assert decoded_rate == rate
    assert hear(pcm, rate, WORDS) == TEXT.split()


def test_a_wav_file_without_a_word_is_still_a_file(served: str) -> None:
    file = RAW | {"container": "wav"}
    with asking(served, "/tts/bytes", speech(transcript="…", output_format=file)) as response:
        assert len(response.read()) == 44


def test_an_mp3_has_its_bit_rate(served: str) -> None:
    file = {"container": "mp3", "bit_rate": 64000, "sample_rate": 44100}
    with asking(served, "/tts/bytes", speech(output_format=file)) as response:
        assert response.headers["Content-Type"] == "audio/mpeg"
        data = response.read()
    pcm, rate = decode_file(data)
    assert hear(pcm, rate, WORDS) == TEXT.split()
    assert len(data) * 8 / (len(pcm) / rate) == pytest.approx(64000, rel=0.1)


def test_a_raw_body_is_samples_and_nothing_else(served: str) -> None:
    with asking(served, "/tts/bytes", speech()) as response:
        assert response.headers["Content-Type"] == "audio/pcm"
        assert heard(response.read()) == TEXT.split()


def test_events_are_those_of_the_socket_with_the_context_asked_for(served: str) -> None:
    with asking(served, "/tts/sse", speech(add_timestamps=True, context_id="mine")) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        blocks = [block.split("\n") for block in response.read().decode().split("\n\n") if block]
    events = [json.loads(data.removeprefix("data: ")) for _, data in blocks]
    assert [name for name, _ in blocks] == [f"event: {event['type']}" for event in events]
    assert {event["context_id"] for event in events} == {"mine"}
    assert events[-1]["type"] == "done"
    assert (
        heard(b"".join(base64.b64decode(event["data"]) for event in events if event["type"] == "chunk")) == TEXT.split()
    )
    words = [word for event in events if event["type"] == "timestamps" for word in event["word_timestamps"]["words"]]
    assert words == TEXT.split()


@pytest.mark.parametrize(
    ("fields", "hz"), [({"speed": "slow"}, 1 / 0.8), ({"generation_config": {"speed": 2.0, "emotion": "sad"}}, 0.5)]
)
def test_a_speed_is_a_word_or_a_factor(served: str, fields: dict[str, Any], hz: float) -> None:
    with asking(served, "/tts/bytes", speech()) as response:
        plain = len(samples(response.read()))
    with asking(served, "/tts/bytes", speech(**fields)) as response:
        assert len(samples(response.read())) == pytest.approx(plain * hz, rel=0.03)


@pytest.mark.parametrize(
    "given",
    [
        {"transcript": ""},
        {"output_format": {"container": "ogg", "sample_rate": 24000}},
        {"output_format": None},
        {"speed": "quick"},
        {"voice": 7},
    ],
)
@pytest.mark.parametrize("path", ["/tts/bytes", "/tts/sse"])
def test_a_wrong_field_is_told_in_the_vendors_shape(served: str, path: str, given: dict[str, object]) -> None:
    with asking(served, path, speech(**given)) as response:
        body = json.loads(response.read())
        assert response.status == body["status_code"] == 400
    assert body["error_code"] == "invalid_field"
    assert body["message"].startswith(next(iter(given)))


def test_a_key_is_asked_for(guarded: str) -> None:
    with asking(guarded, "/tts/bytes", speech(), {"X-API-Key": "wrong"}) as response:
        assert (response.status, json.loads(response.read())["error_code"]) == (401, "unauthorized")
    with asking(guarded, "/tts/bytes", speech(), {"X-API-Key": KEY}) as response:
        assert response.status == 200
        assert len(response.read()) > 24000


def test_voices_come_a_page_at_a_time_and_end(served: str) -> None:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        with asking(served, f"/voices?limit=2{after}") as response:
            page = json.loads(response.read())
        if not page["data"]:
            break
        found += page["data"]
        after = f"&starting_after={found[-1]['id']}"
    assert [voice["id"] for voice in found] == ["tone", "tone-low", "tone-high"]
    assert [voice["gender"] for voice in found] == [None, "masculine", "feminine"]
    with asking(served, "/voices?starting_after=nobody") as response:
        assert (response.status, json.loads(response.read())["error_code"]) == (400, "invalid_field")
