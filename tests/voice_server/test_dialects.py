"""What holds for every dialect, whoever's it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.voice_server.exchange import Exchange, enter
from tests.voice_server.talk import WORDS, sentence
from voice_server.dialects import DOORS
from voice_server.doors import SpeechDoor
from voice_server.errors import BinaryFrame, EngineFailed, MessageTooLarge, TextTooLong, VoiceServerError
from voice_server.messages import Failure, Text

TEXT = f"{sentence(60)} "

CLIENTS_TAKE = 32 * 1024
"""Bytes of a message that no client's library thinks large; the smallest bound among them is a megabyte."""

EL = "/v1/text-to-speech/tone"
CARTESIA = {"context_id": "c", "model_id": "any", "voice": "tone"}
RAW = {"container": "raw", "encoding": "pcm_f32le", "sample_rate": 48000}

SAID: dict[str, list[dict[str, Any]]] = {
    "/v1/tts/stream?audio=base64&format=pcm_f32le": [{"text": TEXT, "end": True}],
    f"{EL}/stream-input?output_format=pcm_48000": [{"text": " "}, {"text": TEXT}, {"text": ""}],
    f"{EL}/stream-input?output_format=mp3_44100_192": [{"text": " "}, {"text": TEXT}, {"text": ""}],
    f"{EL}/multi-stream-input?output_format=opus_48000_192": [{"text": TEXT, "flush": True, "context_id": "c"}],
    "/tts/websocket": [{**CARTESIA, "output_format": RAW, "transcript": TEXT}],
    "/v1/speak?sample_rate=48000": [{"type": "Speak", "text": TEXT}, {"type": "Flush"}],
    "/v2/speak?sample_rate=48000": [{"type": "Speak", "text": TEXT}, {"type": "Flush"}],
}
"""How a text of a minute is said, by the socket."""


def told(address: str, messages: list[dict[str, Any]]) -> list[str | bytes]:
    exchange = Exchange(entered=enter(address))
    for message in messages:
        exchange.say(message)
    exchange.hear()
    return exchange.take()


@pytest.mark.parametrize("address", SAID)
def test_no_message_is_larger_than_any_client_takes(address: str) -> None:
    sizes = [len(frame) for frame in told(address, SAID[address])]
    assert sum(sizes) > 50_000, "that is no speech"
    assert max(sizes) < CLIENTS_TAKE


@pytest.mark.parametrize("address", [address for address in SAID if not address.startswith("/v1/tts/")])
def test_what_is_not_known_is_ignored(address: str) -> None:
    strange = {"colour": "red", "nested": {"deep": [1, None]}}
    as_always = told(address, SAID[address])
    assert told(address, [message | strange for message in SAID[address]]) == as_always
    assert told(f"{address}{'&' if '?' in address else '?'}colour=red", SAID[address]) == as_always


BODIES: dict[str, dict[str, Any]] = {
    "/tts/bytes": {"transcript": "baba", "output_format": RAW},
    "/tts/sse": {"transcript": "baba", "output_format": RAW},
    "/v1/audio/speech": {"input": "baba"},
}


@pytest.mark.parametrize(
    "door", [door for door in DOORS if isinstance(door, SpeechDoor) and door.methods == ("POST",)], ids=lambda d: d.path
)
def test_bodies_are_not_paced_since_some_clients_wait_for_all_of_it_for_so_long_only(door: SpeechDoor[Any]) -> None:
    asked = door.form.read({"voice_id": "tone"}, {}, BODIES.get(door.path, {"text": "baba"}))
    assert door.read(asked).agreed.options.max_lead_s == 0.0


def test_a_name_of_a_context_is_understood_in_the_spelling_of_elevenlabs_answers_too() -> None:
    frames = told(f"{EL}/multi-stream-input", [{"text": f"{WORDS[0]} ", "contextId": "mine", "flush": True}])
    assert {json.loads(frame)["contextId"] for frame in frames} == {"mine"}


@pytest.mark.parametrize(
    ("encoding", "format", "rate"),
    [("", "pcm_s16le", 24000), ("linear16", "pcm_s16le", 24000), ("mulaw", "mulaw", 8000), ("alaw", "alaw", 8000)],
)
@pytest.mark.parametrize("path", ["/v1/speak", "/v2/speak"])
def test_deepgrams_encodings_have_the_rates_that_its_clients_expect(
    path: str, encoding: str, format: str, rate: int
) -> None:
    options = enter(f"{path}?encoding={encoding}" if encoding else path).agreed.options
    assert (options.format, options.sample_rate) == (format, rate)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BinaryFrame, "MESSAGE-0000"),
        (TextTooLong, "BIG-0000"),
        (MessageTooLarge, "BIG-0000"),
        (EngineFailed, "NET-0001"),
        (VoiceServerError, "NET-0000"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/speak", "/v2/speak"])
def test_deepgrams_clients_know_errors_by_its_codes(path: str, error: type[VoiceServerError], code: str) -> None:
    (frame,) = enter(path).adapter.encode(Failure.of(error("it went wrong"), fatal=True))
    assert json.loads(frame) == {"type": "Error", "code": code, "description": "it went wrong"}


@pytest.mark.parametrize("path", ["/v1/speak", "/v2/speak"])
def test_deepgrams_warnings_are_read_under_two_names(path: str) -> None:
    (warned,) = [each for each in map(json.loads, told(path, [{"type": "Shout"}])) if each["type"] == "Warning"]
    assert warned["description"] == warned["warn_msg"]


@pytest.mark.parametrize("encoding", ["pcm_mulaw", "pcm_alaw"])
def test_cartesias_telephone_encodings_hold_a_byte_for_each_sample(encoding: str) -> None:
    raw = {"container": "raw", "encoding": encoding, "sample_rate": 8000}
    messages = [{**CARTESIA, "output_format": raw, "transcript": WORDS[0], "language": None, "locale": "en-US"}]
    (said, *_) = enter("/tts/websocket").adapter.decode(json.dumps(messages[0]))
    assert isinstance(said, Text)
    assert said.options is not None
    assert (said.options.language, said.options.sample_rate) == ("en-US", 8000)
    heard = [json.loads(frame) for frame in told("/tts/websocket", messages)]
    assert [each["type"] for each in heard[-1:]] == ["done"]
    num_bytes = sum(len(base64.b64decode(each["data"])) for each in heard if each["type"] == "chunk")
    assert num_bytes == pytest.approx((60 + 5 * len(WORDS[0])) * 8, abs=160)
