"""ElevenLabs' own SDK, and the frameworks that speak its dialect, against a real server."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.clients.driving import Turn, check_turns, drive, snippet, turns
from tests.clients.serving import LONG, PLAIN, TEXT, TURNS, num_sockets, outcomes, tokens
from tests.voice_server.serving import Server, running
from tests.voice_server.talk import WORDS

pytestmark = pytest.mark.clients

VENDOR = "ElevenLabs"

NUM_TOGETHER = 20


def spoken(told: dict[str, Any], name: str) -> str:
    return Turn(base64.b64decode(told[name]), 24000, ()).spoken(TEXT)


def test_the_sdk_speaks_over_http_with_times_and_without_and_lists_what_there_is(server: Server) -> None:
    code = snippet("The SDK, over HTTP", VENDOR, server.url)
    told = drive("sdk", "elevenlabs_sdk", {"snippet": code, "text": TEXT})
    heard = {spoken(told, name) for name in ("audio", "whole", "timed", "lines")}
    assert heard == {PLAIN}
    assert told["characters"] == f"{TEXT} "
    assert told["starts"] == sorted(told["starts"])
    assert told["voices"] == told["found"] == ["tone", "tone-low", "tone-high"]
    assert told["models"]
    assert told["limit"] > 0


def test_the_sdk_speaks_over_tls_as_the_text_is_written(tmp_path: Path) -> None:
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    names = ("cert.pem", "key.pem", "ca.pem")
    blobs = (b"".join(blob.bytes() for blob in made.cert_chain_pems), made.private_key_pem.bytes())
    for name, blob in zip(names, (*blobs, authority.cert_pem.bytes()), strict=True):
        (tmp_path / name).write_bytes(blob)
    tls = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with running(tmp_path, *tls) as server:
        code = snippet("The SDK, as the text is written", VENDOR, server.url)
        task = {"snippet": code, "text": TEXT, "pieces": tokens(TEXT)}
        told = drive("sdk", "elevenlabs_sdk", task, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert outcomes(server) == ["done", "done"]
    assert spoken(told, "audio") == PLAIN
    assert len(base64.b64decode(told["sample"])) > 10_000


@pytest.mark.parametrize("options", ['encoding="mp3_22050_32"', 'encoding="pcm_24000"', "auto_mode=False"])
def test_a_livekit_agent_speaks_hears_an_interruption_and_speaks_again(server: Server, options: str) -> None:
    code = snippet("LiveKit Agents", VENDOR, server.url).replace("api_key", f"{options}, api_key")
    told = turns(drive("livekit", "livekit_turns", {"snippet": code, "turns": TURNS, "at_once": [TEXT]}))
    check_turns(told[:3], TEXT, LONG, within_s=0.005 if "pcm" in options else 0.05)
    assert told[3].spoken(TEXT) == told[0].spoken(TEXT)
    assert outcomes(server) == ["done", "cancelled", "done", "done"]


def test_twenty_livekit_streams_share_a_socket_and_each_hears_its_own_words(server: Server) -> None:
    texts = [" ".join(WORDS[start : start + 8]) for start in range(0, 8 * NUM_TOGETHER, 8)]
    code = snippet("LiveKit Agents", VENDOR, server.url).replace("api_key", 'encoding="pcm_24000", api_key')
    together = [{"tokens": tokens(text)} for text in texts]
    told = turns(drive("livekit", "livekit_turns", {"snippet": code, "turns": [], "together": together}))
    for text, turn in zip(texts, told, strict=True):
        assert (turn.spoken(text), " ".join(word for word, _ in turn.words)) == (text, text)
        sounding = [0.08 * number for number in range(8)]  # 10 ms less behind each seam
        assert [start for _, start in turn.words] == pytest.approx(sounding, abs=0.025)
    assert outcomes(server) == ["done"] * NUM_TOGETHER
    assert num_sockets(server) == 1


@pytest.mark.parametrize("mode", ["sentence", "token"])
def test_a_pipecat_pipeline_speaks_hears_an_interruption_and_speaks_again(server: Server, mode: str) -> None:
    code = snippet("Pipecat", VENDOR, server.url).replace("api_key", f'text_aggregation_mode="{mode}", api_key')
    check_turns(turns(drive("pipecat", "pipecat_turns", {"snippet": code, "turns": TURNS})), TEXT, LONG)
    assert outcomes(server) == ["done", "cancelled", "done"]
