"""OpenAI's dialect: what its clients send is understood, and they are answered as they are used to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import pytest

from engine.tone import decode as pitches
from engine.tone import hear, pitch_of
from tests.engine.audio.listening import decode_file
from tests.voice_server.asking import TEXT, WORDS, heard, samples
from tests.voice_server.asking import asking as any_asking
from tests.voice_server.conftest import KEY
from voice_server.adapters.openai_http import MODELS, SpeechRequest, read, refuse
from voice_server.errors import (
    Busy,
    EngineFailed,
    InvalidField,
    RateLimited,
    TextTooLong,
    Unauthorized,
    VoiceServerError,
)
from voice_server.stand_ins import FEMALE, MALE


@contextmanager
def asking(
    base: str, body: Mapping[str, object] | None, path: str = "/v1/audio/speech", key: str = "anything"
) -> Iterator[HTTPResponse]:
    with any_asking(base, path, body, {"Authorization": f"Bearer {key}"}) as response:
        yield response


def speech(**fields: object) -> dict[str, object]:
    return {"model": "tts-1", "input": TEXT, "voice": "alloy"} | fields


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        (None, "audio/mpeg"),
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
def test_every_format_holds_what_was_said(served: str, format: str | None, media_type: str) -> None:
    with asking(served, speech(response_format=format)) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, media_type)
        assert response.headers["x-request-id"]
        pcm, rate = decode_file(response.read())
    assert rate == (48000 if format == "opus" else 24000)
    assert hear(pcm, rate, WORDS) == TEXT.split()


def test_bare_samples_are_24_khz_and_nothing_else(served: str) -> None:
    with asking(served, speech(response_format="pcm")) as response:
        assert response.headers["Content-Type"] == "audio/pcm"
        assert heard(response.read()) == TEXT.split()


def test_events_hold_the_same_samples_and_end_with_done(served: str) -> None:
    with asking(served, speech(response_format="pcm")) as response:
        plain = response.read()
    with asking(served, speech(response_format="pcm", stream_format="sse")) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = [line for line in response.read().decode().split("\n\n") if line]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    *deltas, done = events
    assert len(deltas) > 1
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == plain
    assert done == {
        "type": "speech.audio.done",
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
    }


def test_twice_the_speed_is_half_as_long(served: str) -> None:
    with asking(served, speech(response_format="pcm")) as response:
        whole = len(response.read())
    with asking(served, speech(response_format="pcm", speed=2)) as response:
        assert len(response.read()) == pytest.approx(whole / 2, rel=0.02)


@pytest.mark.parametrize("voice", [*FEMALE, *MALE, {"id": "nova"}, "tone"])
def test_a_name_that_clients_know_is_a_voice_without_further_ado(served: str, voice: object) -> None:
    with asking(served, speech(response_format="pcm", voice=voice)) as response:
        assert "X-Voice-Warning" not in response.headers
        assert heard(response.read()) == TEXT.split()


def test_a_voice_of_ours_speaks_as_itself(served: str) -> None:
    with asking(served, speech(response_format="pcm", voice="tone-high", input=WORDS[0])) as response:
        pcm = samples(response.read())
    assert pitches(pcm, 24000) == [pytest.approx(pitch_of(WORDS[0], "tone-high"), abs=3)]


def test_a_voice_that_nobody_has_is_told_and_somebody_speaks(served: str) -> None:
    with asking(served, speech(response_format="pcm", voice="af_bella")) as response:
        assert "'af_bella'" in response.headers["X-Voice-Warning"]
        assert heard(response.read()) == TEXT.split()


def test_instructions_and_what_is_not_known_are_taken_and_change_nothing(served: str) -> None:
    with asking(served, speech(response_format="pcm", instructions="Whisper.", lang_code="en", extra=[1])) as response:
        assert heard(response.read()) == TEXT.split()


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        ({"input": 5}, "input"),
        ({"response_format": "mp4"}, "response_format"),
        ({"speed": 5}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"voice": ["alloy"]}, "voice"),
        ({"stream_format": "ws"}, "stream_format"),
    ],
)
def test_a_wrong_field_is_named_as_clients_call_it(served: str, given: dict[str, object], param: str) -> None:
    with asking(served, speech(**given)) as response:
        body = json.loads(response.read())
        assert response.status == 400
    assert body["error"].items() >= {"type": "invalid_request_error", "param": param, "code": "invalid_field"}.items()
    assert body["error"]["message"].startswith(f"{param}: ")


def test_a_wrong_key_is_told_as_clients_expect_it(guarded: str) -> None:
    with asking(guarded, speech(), key="wrong") as response:
        assert response.status == 401
        assert response.headers["x-request-id"]
        assert json.loads(response.read())["error"]["code"] == "invalid_api_key"
    with asking(guarded, speech(), key=KEY) as response:
        assert response.status == 200
        assert len(decode_file(response.read())[0]) > 24000


@pytest.mark.parametrize(
    ("error", "status", "kind", "param"),
    [
        (InvalidField("speed: no", field="speed"), 400, "invalid_request_error", "speed"),
        (TextTooLong("too long", field="text"), 400, "invalid_request_error", "input"),
        (Unauthorized("who?"), 401, "invalid_request_error", None),
        (RateLimited("later", retry_after_s=3), 429, "rate_limit_error", None),
        (Busy("full"), 503, "server_error", None),
        (EngineFailed("died"), 500, "server_error", None),
    ],
)
def test_an_error_has_the_vendors_shape(error: VoiceServerError, status: int, kind: str, param: str | None) -> None:
    refusal = refuse(error)
    assert refusal.status == status
    told: Any = refusal.body["error"]
    assert set(told) == {"message", "type", "param", "code"}
    assert (told["type"], told["param"]) == (kind, param)


def test_http_is_not_paced_and_asks_for_no_times() -> None:
    options = read(SpeechRequest.model_validate(speech())).agreed.options
    assert (options.max_lead_s, options.timestamps) == (0.0, "none")


def test_models_and_voices_are_listed(served: str) -> None:
    with asking(served, None, "/v1/models") as response:
        assert [model["id"] for model in json.loads(response.read())["data"]] == list(MODELS)
    with asking(served, None, "/v1/audio/voices") as response:
        assert {"tone", "tone-low", "alloy", "verse"} <= set(json.loads(response.read())["voices"])
