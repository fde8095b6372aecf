"""OpenAI's own SDK, and the frameworks that speak its dialect, against a real server."""

from __future__ import annotations

import base64

import pytest

from tests.clients.driving import Turn, drive, snippet, turns
from tests.clients.serving import PLAIN, TEXT, TURNS, check_sound
from tests.voice_server.serving import Server

pytestmark = pytest.mark.clients

VENDOR = "OpenAI"


def test_the_sdk_speaks_as_a_body_and_as_events(server: Server) -> None:
    told = drive("sdk", "openai_sdk", {"snippet": snippet("The SDK", VENDOR, server.url), "text": TEXT})
    heard = {Turn(base64.b64decode(told[name]), 24000, ()).spoken(TEXT) for name in ("audio", "whole", "events")}
    assert heard == {PLAIN}
    assert told["last"] == "speech.audio.done"
    assert told["request_id"]
    assert "tts-1" in told["models"]


@pytest.mark.parametrize("model", ["tts-1", "gpt-4o-mini-tts"])
@pytest.mark.parametrize("format", ["mp3", "pcm", "opus", "aac", "flac", "wav"])
def test_a_livekit_agent_speaks_in_every_format(server: Server, model: str, format: str) -> None:
    code = snippet("LiveKit Agents", VENDOR, server.url)
    code = code.replace("api_key", f'model="{model}", response_format="{format}", api_key')
    told = turns(drive("livekit", "livekit_turns", {"snippet": code, "turns": [], "at_once": [TEXT, TEXT]}))
    first_lost = PLAIN.removeprefix("Baba ")  # this client's decoder of Ogg drops the first packet
    assert {turn.spoken(TEXT) for turn in told} <= ({PLAIN, first_lost} if format == "opus" else {PLAIN})


def test_a_livekit_agent_speaks_hears_an_interruption_and_speaks_again(server: Server) -> None:
    code = snippet("LiveKit Agents", VENDOR, server.url).replace("api_key", 'response_format="pcm", api_key')
    check_sound(turns(drive("livekit", "livekit_turns", {"snippet": code, "turns": TURNS})))


@pytest.mark.parametrize("mode", ["sentence", "token"])
def test_a_pipecat_pipeline_speaks_hears_an_interruption_and_speaks_again(server: Server, mode: str) -> None:
    code = snippet("Pipecat", VENDOR, server.url).replace("api_key", f'text_aggregation_mode="{mode}", api_key')
    check_sound(turns(drive("pipecat", "pipecat_turns", {"snippet": code, "turns": TURNS})))
