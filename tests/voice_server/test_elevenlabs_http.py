"""ElevenLabs over HTTP: real requests to a real server."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from engine.tone import hear
from tests.voice_server.serving import Server, idle, running
from tests.voice_server.talk import bare, sentence
from tests.voice_server.test_elevenlabs import decoded
from voice_server.adapters.elevenlabs_terms import OUTPUT_FORMATS, Chosen
from voice_server.request_ids import WARNING

ARGUMENTS = ("--api-key", "open-sesame")
KEY = {"xi-api-key": "open-sesame"}
TEXT = f"{sentence(4)}. {sentence(3, 4)}"
SPOKEN = [bare(word) for word in TEXT.split()]


def post(
    server: Server, path: str, body: dict[str, Any], query: str = "output_format=pcm_24000", key: dict[str, str] = KEY
) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", **key}
    url = f"{server.url}/v1/text-to-speech/{path}?{query}"
    with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=30) as response:
        return response.read(), {name.lower(): value for name, value in response.headers.items()}


def heard(data: bytes, output_format: str = "pcm_24000") -> list[str]:
    options = Chosen(output_format=output_format).options("", "none", None)
    tokens = {*TEXT.split(), *SPOKEN}
    return [bare(word) for word in hear(decoded(data, options), options.sample_rate, sorted(tokens))]


@pytest.mark.parametrize("ending", ["", "/stream"])
@pytest.mark.parametrize("output_format", OUTPUT_FORMATS)
def test_a_body_holds_what_was_said_in_the_format_that_was_asked_for(
    server: Server, ending: str, output_format: str
) -> None:
    body = {"text": TEXT, "model_id": "eleven_flash_v2_5", "voice_settings": {"stability": 0.5}}
    data, headers = post(server, f"tone{ending}", body, f"output_format={output_format}")
    assert headers["content-type"].startswith("audio/")
    assert heard(data, output_format) == SPOKEN


def test_the_speed_of_the_voice_settings_is_followed(server: Server) -> None:
    plain, fast = (post(server, "tone", {"text": TEXT, "voice_settings": {"speed": speed}})[0] for speed in (1, 1.2))
    assert 0.75 < len(fast) / len(plain) < 0.95


def check_times(told: dict[str, Any]) -> str:
    """Check that times are complete and run forward; return the text they are of."""
    chars = told["characters"]
    starts, ends = told["character_start_times_seconds"], told["character_end_times_seconds"]
    assert len(chars) == len(starts) == len(ends)
    assert starts == sorted(starts)
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
    return "".join(chars)


def test_times_come_in_one_object(server: Server) -> None:
    data, headers = post(server, "tone/with-timestamps", {"text": TEXT})
    told = json.loads(data)
    assert headers["content-type"] == "application/json"
    assert check_times(told["alignment"]) == f"{TEXT} "
    assert told["alignment"] == told["normalized_alignment"]
    assert heard(base64.b64decode(told["audio_base64"])) == SPOKEN


def test_times_come_line_by_line_and_go_on(server: Server) -> None:
    data, headers = post(server, "tone/stream/with-timestamps", {"text": TEXT})
    assert headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in data.splitlines()]
    assert len(lines) > 5
    names = ("characters", "character_start_times_seconds", "character_end_times_seconds")
    alignments = [line["alignment"] for line in lines if line["alignment"]]
    assert check_times({name: [each for told in alignments for each in told[name]] for name in names}) == f"{TEXT} "
    assert heard(b"".join(base64.b64decode(line["audio_base64"]) for line in lines)) == SPOKEN


def test_a_voice_that_nobody_has_speaks_as_the_default_one_and_says_so(server: Server) -> None:
    data, headers = post(server, "21m00Tcm4TlvDq8ikWAM", {"text": TEXT})
    assert heard(data) == SPOKEN
    assert "21m00Tcm4TlvDq8ikWAM" in headers[WARNING.lower()]
    assert WARNING.lower() not in post(server, "tone", {"text": TEXT})[1]


def test_a_voice_map_with_a_voice_that_nobody_has_is_told_in_the_log_at_the_start(tmp_path: Path) -> None:
    voice_map = tmp_path / "voices.json"
    voice_map.write_text('{"Rachel": "tone-high", "Adam": "bass"}', "utf-8")
    with running(tmp_path, "--voice-map", str(voice_map)) as server:
        data, headers = post(server, "Rachel", {"text": "baba babe"}, key={})
    told = [line for line in server.log.splitlines() if '"event":"voice map"' in line]
    assert len(told) == 1
    assert "Adam" in told[0]
    assert WARNING.lower() not in headers
    options = Chosen(output_format="pcm_24000").options("", "none", None)
    assert hear(decoded(data, options), 24000, ["baba", "babe"], "tone-high") == ["baba", "babe"]


async def test_the_upgrade_of_a_socket_says_so_too(server: Server) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/v1/text-to-speech/nobody/stream-input"
    async with connect(url, additional_headers=KEY, proxy=None) as socket:
        assert socket.response is not None
        assert "'nobody'" in socket.response.headers[WARNING]


@pytest.mark.parametrize(
    ("path", "body", "query", "key", "status", "told"),
    [
        ("tone", {"text": "hi"}, "", {}, 401, "invalid_api_key"),
        ("tone/stream", {"text": "hi"}, "", {"xi-api-key": "guess"}, 401, "invalid_api_key"),
        ("tone", {}, "", KEY, 400, "invalid_field"),
        ("tone", {"text": "hi", "voice_settings": {"speed": 0}}, "", KEY, 400, "invalid_field"),
        ("tone", {"text": "hi"}, "output_format=aiff", KEY, 400, "invalid_field"),
        ("tone", {"text": "hi", "seed": True}, "", KEY, 400, "invalid_field"),
        ("tone", {"text": "x" * 1_100_000}, "", KEY, 413, "message_too_large"),
    ],
)
def test_errors_have_the_vendors_shape(
    server: Server, path: str, body: dict[str, Any], query: str, key: dict[str, str], status: int, told: str
) -> None:
    with pytest.raises(HTTPError) as refused:
        post(server, path, body, query, key)
    with refused.value as error:
        detail = json.loads(error.read())["detail"]
    assert (error.code, detail["status"]) == (status, told)
    assert detail["message"]


def test_lists_are_told_as_the_vendor_does_to_who_has_the_key_where_the_vendor_wants_it(server: Server) -> None:
    def get(path: str, key: dict[str, str] = KEY) -> Any:  # noqa: ANN401 - as JSON is
        return json.loads(server.get(path, key).body)

    assert [voice["voice_id"] for voice in get("/v1/voices")["voices"]] == ["tone", "tone-low", "tone-high"]
    assert get("/v2/voices")["total_count"] == 3
    assert get("/v1/voices/tone-low")["labels"] == {"language": "hi", "gender": "male"}
    assert server.get("/v1/voices/nobody", KEY).status == 400
    assert all(model["can_do_text_to_speech"] for model in get("/v1/models"))
    assert get("/v1/user")["subscription"]["character_limit"] > get("/v1/user/subscription")["character_count"]
    assert "default" in get("/v1/voices", {"X-API-Key": "open-sesame"})
    assert server.get("/v1/models", {"xi-api-key": "guess"}).status == 401


@pytest.mark.parametrize("field", ["xi-api-key", "xi_api_key", "authorization"])
async def test_the_first_message_of_a_socket_may_hold_the_key(server: Server, field: str) -> None:
    key = "Bearer open-sesame" if field == "authorization" else "open-sesame"
    url = f"{server.url.replace('http', 'ws', 1)}/v1/text-to-speech/tone/stream-input?output_format=pcm_24000"
    async with connect(url, proxy=None) as socket:
        for message in ({"text": " ", field: key}, {"text": f"{TEXT} "}, {"text": ""}):
            await socket.send(json.dumps(message))
        messages = [json.loads(message) async for message in socket]
    assert socket.close_code == 1000
    assert messages.pop() == {"audio": None, "isFinal": True}
    assert heard(b"".join(base64.b64decode(message["audio"]) for message in messages)) == SPOKEN


async def test_a_wrong_key_in_the_first_message_closes_the_socket_with_an_error(server: Server) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/v1/text-to-speech/tone/stream-input"
    async with connect(url, proxy=None) as socket:
        await socket.send(json.dumps({"text": " ", "xi-api-key": "guess"}))
        error = json.loads(await socket.recv())
        await socket.wait_closed()
    assert (error["error"], error["code"], socket.close_code) == ("invalid_api_key", 1008, 1008)


async def test_who_has_a_wrong_key_is_told_so_in_the_vendors_shape_before_the_upgrade(server: Server) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/v1/text-to-speech/tone/multi-stream-input"
    for query, headers, told in (("", {"xi-api-key": "guess"}, 401), ("?output_format=aiff", KEY, 400)):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{url}{query}", additional_headers=headers, proxy=None)
        response = refused.value.response
        assert response.status_code == told
        assert json.loads(response.body or b"")["detail"]["status"] in ("invalid_api_key", "invalid_field")


async def test_a_client_that_is_gone_frees_its_seat(server: Server) -> None:
    url = f"{server.url.replace('http', 'ws', 1)}/v1/text-to-speech/tone/multi-stream-input"
    async with connect(url, additional_headers=KEY, proxy=None) as socket:
        await socket.send(json.dumps({"text": sentence(300), "context_id": "a", "flush": True}))
        await socket.recv()
        socket.transport.abort()
    await idle(server, KEY)
