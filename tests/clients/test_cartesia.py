"""Cartesia's own SDK, and the frameworks that speak its dialect, against a real server."""

from __future__ import annotations

import base64

import pytest

from tests.clients.driving import Turn, check_turns, check_words, drive, snippet, turns
from tests.clients.serving import LONG, PLAIN, TEXT, TURNS, outcomes, tokens
from tests.voice_server.serving import Server
from tests.voice_server.talk import WORDS

pytestmark = pytest.mark.clients

VENDOR = "Cartesia"

NUM_AT_ONCE = 50


def test_the_sdk_has_many_contexts_cancels_one_and_speaks_over_http(server: Server) -> None:
    texts = [" ".join(WORDS[index : index + 4]) for index in range(NUM_AT_ONCE)]
    task = {
        "snippet": snippet("The SDK, as the text is written", VENDOR, server.url),
        "turns": [tokens(TEXT), tokens(LONG), tokens(TEXT)],
        "at_once": [tokens(text) for text in texts],
    }
    told = drive("sdk", "cartesia_sdk", task)
    first, second, third = turns(told["turns"])
    check_turns([first, second, third], TEXT, LONG)
    for text, turn in zip(texts, turns(told["at_once"]), strict=True):
        assert turn.spoken(text) == text
        check_words(turn, text, 0.005)
    assert {Turn(base64.b64decode(told[name]), 24000, ()).spoken(TEXT) for name in ("bytes", "sse")} == {PLAIN}
    assert told["voices"] == ["tone", "tone-low", "tone-high"]
    assert outcomes(server) == ["done", "cancelled", *["done"] * (NUM_AT_ONCE + 3)]


def test_a_livekit_agent_speaks_hears_an_interruption_and_speaks_again(server: Server) -> None:
    task = {"snippet": snippet("LiveKit Agents", VENDOR, server.url), "turns": TURNS, "at_once": [TEXT]}
    told = turns(drive("livekit", "livekit_turns", task))
    check_turns(told[:3], TEXT, LONG)
    assert told[3].spoken(TEXT) == PLAIN
    assert outcomes(server) == ["done", "vanished", "done", "done"], "it interrupts by closing its socket"


@pytest.mark.parametrize("mode", ["sentence", "token"])
def test_a_pipecat_pipeline_speaks_hears_an_interruption_and_speaks_again(server: Server, mode: str) -> None:
    code = snippet("Pipecat", VENDOR, server.url).replace("api_key", f'text_aggregation_mode="{mode}", api_key')
    check_turns(turns(drive("pipecat", "pipecat_turns", {"snippet": code, "turns": TURNS})), TEXT, LONG)
    assert outcomes(server) == ["done", "cancelled", "done"]
