"""Deepgram's own SDK, and the frameworks that speak its dialects, against a real server."""

from __future__ import annotations

import pytest

from tests.clients.driving import drive, snippet, turns
from tests.clients.serving import LONG, PLAIN, TEXT, TURNS, check_sound, outcomes, tokens
from tests.voice_server.serving import Server
from tests.voice_server.talk import bare

pytestmark = pytest.mark.clients

VENDOR = "Deepgram"

HEARD_MS = 300


def test_the_sdk_speaks_on_both_sockets_and_hears_what_was_heard(server: Server) -> None:
    code = snippet("The SDK, as the text is written", VENDOR, server.url)
    task = {"snippet": code, "turns": [tokens(TEXT), tokens(LONG), tokens(TEXT)], "heard_ms": HEARD_MS}
    told = drive("sdk", "deepgram_sdk", task)
    check_sound(turns(told["v1"]))
    check_sound(turns(told["v2"]))
    assert turns([told["http"]])[0].spoken(TEXT) == PLAIN
    interrupted = told["interrupted"]
    assert interrupted["text_spoken"] + interrupted["text_remaining"] == f"{LONG} "
    spoken = interrupted["text_spoken"].split()
    assert spoken == LONG.split()[: len(spoken)]
    assert sum(60 + 5 * len(word) for word in spoken) <= HEARD_MS
    assert sum(60 + 5 * len(word) for word in LONG.split()[: len(spoken) + 1]) > HEARD_MS
    assert outcomes(server) == ["done", "cancelled", "done"] * 2 + ["done"]


@pytest.mark.parametrize("heading", ["LiveKit Agents", "LiveKit Agents, Flux"])
def test_a_livekit_agent_speaks_hears_an_interruption_and_speaks_again(server: Server, heading: str) -> None:
    task = {"snippet": snippet(heading, VENDOR, server.url), "turns": TURNS, "at_once": [TEXT]}
    told = turns(drive("livekit", "livekit_turns", task))
    check_sound(told[:3])
    assert " ".join(map(bare, told[3].spoken(TEXT).split())) == PLAIN
    assert outcomes(server)[0] == outcomes(server)[-1] == "done"


@pytest.mark.parametrize("heading", ["Pipecat", "Pipecat, Flux"])
@pytest.mark.parametrize("mode", ["sentence", "token"])
def test_a_pipecat_pipeline_speaks_hears_an_interruption_and_speaks_again(
    server: Server, mode: str, heading: str
) -> None:
    code = snippet(heading, VENDOR, server.url).replace("api_key", f'text_aggregation_mode="{mode}", api_key')
    check_sound(turns(drive("pipecat", "pipecat_turns", {"snippet": code, "turns": TURNS})))
    assert outcomes(server) == ["done", "cancelled", "done"]
