from __future__ import annotations

import base64
import json
import struct
from dataclasses import fields
from typing import get_args

import pytest

from voice_server.adapters.native import MAX_PING, NativeAdapter, query_options
from voice_server.errors import InvalidField
from voice_server.messages import (
    Audio,
    AudioOut,
    Cancel,
    Cancelled,
    Close,
    Closed,
    Closing,
    Command,
    Done,
    End,
    Event,
    Failure,
    Flush,
    Flushed,
    Invalid,
    KeepAlive,
    KeyWanted,
    Options,
    Ping,
    Playback,
    Pong,
    Ready,
    Started,
    Text,
    Timeline,
    Timestamps,
    Token,
    Warned,
)


def decode(message: str) -> list[Command]:
    return NativeAdapter().decode(message)


def refused(message: str) -> Invalid:
    (command,) = decode(message)
    assert isinstance(command, Invalid)
    return command


COMMANDS: list[tuple[str, list[Command]]] = [
    ('{"text":"hi"}', [Text("hi")]),
    ('{"text":""}', [Text("")]),
    (' \n{"text":"hi"}\t', [Text("hi")]),
    ('{"text":"hi","context_id":"a"}', [Text("hi", "a")]),
    ('{"text":"hi","flush":true,"end":true}', [Text("hi", last=True), Flush(), End()]),
    ('{"text":"hi","voice":"hi","speed":2}', [Text("hi", None, Options(voice="hi", speed=2.0))]),
    ('{"voice":"hi","context_id":"a"}', [Text("", "a", Options(voice="hi"))]),
    ('{"text":"hi","volume":null,"context_id":null,"seed":null}', [Text("hi")]),
    ('{"flush":true}', [Flush()]),
    ('{"flush":true,"context_id":"a"}', [Flush("a")]),
    ('{"end":true}', [End()]),
    ('{"end":true,"flush":true,"context_id":"a"}', [Flush("a"), End("a")]),
    ('{"cancel":true}', [Cancel()]),
    ('{"cancel":true,"played_ms":0}', [Cancel(None, 0.0)]),
    ('{"cancel":true,"played_ms":12.5,"context_id":"a"}', [Cancel("a", 12.5)]),
    ('{"cancel":true,"text":"instead"}', [Cancel(), Text("instead")]),
    ('{"playback":{"played_ms":1200}}', [Playback(1200.0)]),
    ('{"playback":{"played_ms":7.5,"at":3},"context_id":"a"}', [Playback(7.5, "a")]),
    ('{"ping":1}', [Ping(1)]),
    ('{"ping":0}', [Ping(0)]),
    ('{"ping":false}', [Ping(False)]),
    ('{"ping":"now"}', [Ping("now")]),
    ('{"close":true}', [Close()]),
    ('{"text":"bye","end":true,"close":true}', [Text("bye", last=True), End(), Close()]),
    ('{"text":"hi","colour":"green"}', [Text("hi")]),
    ('{"text":"first","text":"last"}', [Text("last")]),
    ('{"text":"\\ud83d\\ude00 \\ud800 \\u0000"}', [Text("\U0001f600 \ud800 \x00")]),
]


@pytest.mark.parametrize(("message", "commands"), COMMANDS, ids=[message for message, _ in COMMANDS])
def test_a_message_asks_for(message: str, commands: list[Command]) -> None:
    assert decode(message) == commands


def test_every_command_can_be_asked_for() -> None:
    asked = {type(command) for _, commands in COMMANDS for command in commands}
    assert asked | {Invalid, KeepAlive} == set(get_args(Command))  # vendors have no ping


@pytest.mark.parametrize(
    "line", ["Hello.", "42", '"hi"', "[laugh] ok", "", " ", "null", "}{", "\ufeff{", "\x00", "\ud800"]
)
def test_a_plain_line_is_an_utterance_of_its_own(line: str) -> None:
    assert decode(line) == [Text(line, whole=True)]


@pytest.mark.parametrize(
    "message",
    ["{", "{}x", '{"text":"hi"', "{text:1}", ' {"a":1}{"b":2}', '{"ping":' + "1" * 5000 + "}", '{"a":' * 100_000],
    ids=lambda message: message[:20],
)
def test_a_frame_that_starts_with_a_brace_must_be_an_object(message: str) -> None:
    command = refused(message)
    assert command.error.code == "bad_json"
    assert (command.context, command.loses_text) == (None, False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ('"text":5', "text"),
        ('"text":["hi"]', "text"),
        ('"context_id":7', "context_id"),
        ('"context_id":""', "context_id"),
        ('"context_id":"\\ud800"', "context_id"),
        (f'"context_id":"{"a" * 257}"', "context_id"),
        ('"voice":3', "voice"),
        (f'"voice":"{"v" * 10_000}"', "voice"),
        (f'"language":"{"l" * 10_000}"', "language"),
        ('"format":"mp3"', "format"),
        ('"format":["alaw"]', "format"),
        ('"sample_rate":44000', "sample_rate"),
        ('"sample_rate":"48000"', "sample_rate"),
        ('"frame_ms":30', "frame_ms"),
        ('"frame_ms":20.5', "frame_ms"),
        ('"frame_ms":220', "frame_ms"),
        ('"timestamps":true', "timestamps"),
        ('"speed":"fast"', "speed"),
        ('"speed":0', "speed"),
        ('"speed":NaN', "speed"),
        ('"speed":true', "speed"),
        ('"pitch":Infinity', "pitch"),
        ('"volume":-0.1', "volume"),
        ('"seed":-1', "seed"),
        ('"seed":1.5', "seed"),
        (f'"seed":1{"0" * 400}', "seed"),
        ('"max_buffer_delay_ms":-1', "max_buffer_delay_ms"),
        ('"max_lead_s":1e999', "max_lead_s"),
        ('"flush":"yes"', "flush"),
        ('"end":1', "end"),
        ('"cancel":0', "cancel"),
        ('"close":{}', "close"),
        ('"played_ms":-1', "played_ms"),
        (f'"played_ms":1{"0" * 400}', "played_ms"),
        ('"playback":5', "playback"),
        ('"playback":{}', "playback.played_ms"),
        ('"playback":{"played_ms":"now"}', "playback.played_ms"),
        ('"ping":NaN', "ping"),
        ('"ping":-1e999', "ping"),
        ('"ping":[1]', "ping"),
        ('"ping":{"at":1}', "ping"),
        (f'"ping":1{"0" * 400}', "ping"),
        (f'"ping":"{"x" * (MAX_PING + 1)}"', "ping"),
    ],
    ids=lambda given: given[:40],
)
def test_a_wrong_field_is_named(given: str, field: str) -> None:
    error = refused("{" + given + "}").error
    assert (error.code, error.field) == ("invalid_field", field)
    assert error.message.startswith(f"{field}: ")
    assert len(error.message) < 200


def test_an_empty_object_is_told_what_could_be_asked() -> None:
    for message in ("{}", '{"context_id":"a"}', '{"flush":false}', '{"txet":"hi"}'):
        assert "nothing to do: send text" in refused(message).error.message


def test_an_invalid_message_costs_the_utterance_whose_text_it_held() -> None:
    command = refused('{"text":"hi","voice":3,"context_id":"a"}')
    assert (command.context, command.loses_text) == ("a", True)
    command = refused('{"flush":3,"context_id":"a"}')
    assert (command.context, command.loses_text) == ("a", False)


def test_the_end_of_a_context_is_seen_in_an_invalid_message_too() -> None:
    commands = decode('{"text":"hi","voice":3,"context_id":"a","end":true}')
    assert [type(command) for command in commands] == [Invalid, End]
    assert commands[1] == End("a")


@pytest.mark.parametrize("other", ["", ',"voice":3'])
def test_a_message_for_nobody_costs_nobody(other: str) -> None:
    command = refused('{"text":"hi","end":true,"context_id":5' + other + "}")
    assert (command.context, command.loses_text, command.error.field) == (None, False, "context_id")


OPTIONS = Options(format="mulaw", sample_rate=8000, frame_ms=20)
TIMELINE = Timeline(1.0, 0.5, 2.0, 3.0, 6.5, None, 0.25)
TOLD: list[tuple[Event, dict[str, object] | None]] = [
    (
        Ready("s1", "r1", "tone", {"voice": "tone"}, {"contexts": 64}, 30.0),
        {
            "type": "ready",
            "protocol": 1,
            "session_id": "s1",
            "request_id": "r1",
            "engine": "tone",
            "defaults": {"voice": "tone"},
            "limits": {"contexts": 64},
            "voices_url": "/v1/voices",
            "idle_timeout_s": 30.0,
        },
    ),
    (
        Started("a", 3, "tone", "en-us", OPTIONS, 99, 312),
        {
            "type": "started",
            "context_id": "a",
            "stream": 3,
            "voice": "tone",
            "language": "en-us",
            "seed": 99,
            "format": "mulaw",
            "sample_rate": 8000,
            "frame_ms": 20,
            "pre_skip": 312,
        },
    ),
    (
        Timestamps("a", "word", (Token("नमस्ते", 0.0, 80.5, 2), Token("\ud800", 80.5, 90.0, 9))),
        {
            "type": "timestamps",
            "context_id": "a",
            "words": ["नमस्ते", "\ud800"],
            "start_ms": [0.0, 80.5],
            "end_ms": [80.5, 90.0],
            "offsets": [2, 9],
        },
    ),
    (
        Timestamps("a", "char", (Token("h", 0.0, 40.0),)),
        {"type": "timestamps", "context_id": "a", "chars": ["h"], "start_ms": [0.0], "end_ms": [40.0]},
    ),
    (
        Timestamps("a", "word", (Token("h", 0.0, 40.0, 0),), estimated=True),
        {
            "type": "timestamps",
            "context_id": "a",
            "words": ["h"],
            "start_ms": [0.0],
            "end_ms": [40.0],
            "offsets": [0],
            "estimated": True,
        },
    ),
    (Flushed("a", 2), {"type": "flushed", "context_id": "a", "flush_id": 2}),
    (
        Done("a", 85.0, 5, TIMELINE),
        {
            "type": "done",
            "context_id": "a",
            "audio_ms": 85.0,
            "chars": 5,
            "timeline": {
                "text_wait_ms": 1.0,
                "turn_wait_ms": 0.5,
                "queue_ms": 2.0,
                "engine_ms": 3.0,
                "ttfb_ms": 6.5,
                "audible_ms": None,
                "rtf": 0.25,
            },
        },
    ),
    (
        Cancelled("a", 60.0, "one ", "two\x00"),
        {"type": "cancelled", "context_id": "a", "audio_ms": 60.0, "text_spoken": "one ", "text_remaining": "two\x00"},
    ),
    (
        Warned("option_ignored", "speed is fixed", "speed", "a"),
        {"type": "warning", "code": "option_ignored", "message": "speed is fixed", "field": "speed", "context_id": "a"},
    ),
    (
        Failure("engine_failed", "again", None, "a", retryable=True),
        {
            "type": "error",
            "code": "engine_failed",
            "message": "again",
            "context_id": "a",
            "retryable": True,
            "fatal": False,
        },
    ),
    (
        Failure("binary_frame", "no", fatal=True),
        {"type": "error", "code": "binary_frame", "message": "no", "retryable": False, "fatal": True},
    ),
    (
        KeyWanted(5.0),
        {
            "type": "authenticate",
            "message": 'say {"api_key": KEY} within 5 s: this server is not open to everybody',
            "within_s": 5.0,
        },
    ),
    (Pong("now"), {"type": "pong", "value": "now"}),
    (Closing({"a": "rest"}), {"type": "closing", "text_remaining": {"a": "rest"}}),
    (Closed(1000), None),
    (AudioOut("a", 3, 960, 2, b"\x01\x02\x03\x04"), None),
]


@pytest.mark.parametrize(
    ("event", "told"), [(event, told) for event, told in TOLD if told], ids=lambda value: type(value).__name__
)
def test_an_event_is_told_as_one_json_object(event: Event, told: dict[str, object]) -> None:
    (message,) = NativeAdapter().encode(event)
    assert isinstance(message, str)
    assert message.isascii()
    assert json.loads(message) == told


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_no_event_is_forgotten(kind: type) -> None:
    samples = [event for event, _ in TOLD if type(event) is kind]
    assert samples, f"add an example of {kind.__name__} to TOLD"
    messages = NativeAdapter().encode(samples[0])
    assert len(messages) == (0 if kind is Closed else 1)  # that one is a close code, not a message


def test_no_field_of_an_event_is_forgotten() -> None:
    for event, told in TOLD:
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name == "unit" or value is False is field.default:
                continue  # it is in another field's name, or goes without saying
            if told is not None and isinstance(value, str | int | float | dict):
                assert value in told.values(), f"{type(event).__name__}.{field.name}"


@pytest.mark.parametrize("data", [b"\x01\x02\x03\x04", memoryview(b"\x01\x02\x03\x04")], ids=["bytes", "view"])
def test_audio_travels_as_the_socket_asked(data: bytes | memoryview) -> None:
    audio = AudioOut("a", 3, 1 << 40, 2, data)
    assert NativeAdapter("binary").encode(audio) == [b"\x01\x02\x03\x04"]
    assert NativeAdapter("none").encode(audio) == []
    (tagged,) = NativeAdapter("tagged").encode(audio)
    assert isinstance(tagged, bytes)
    assert struct.unpack("<BBHIQ", tagged[:16]) == (1, 0, 0, 3, 1 << 40)
    assert tagged[16:] == b"\x01\x02\x03\x04"
    (told,) = NativeAdapter("base64").encode(audio)
    body = json.loads(told)
    assert base64.b64decode(body.pop("data")) == b"\x01\x02\x03\x04"
    assert body == {"type": "audio", "context_id": "a", "first_sample": 1 << 40}


def test_the_address_of_a_socket_chooses_defaults() -> None:
    query = {"voice": "hi", "sample_rate": "8000", "speed": "1.5", "audio": "tagged", "seed": "7", "api_key": "x"}
    options = query_options(query)
    assert options.model_dump(exclude_unset=True) == {
        "voice": "hi",
        "sample_rate": 8000,
        "speed": 1.5,
        "audio": "tagged",
        "seed": 7,
    }


def test_every_way_for_audio_to_travel_can_be_asked_for() -> None:
    assert [query_options({"audio": way}).audio for way in get_args(Audio)] == list(get_args(Audio))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sample_rate", "44000"),
        ("sample_rate", ""),
        ("speed", "nan"),
        ("speed", "fast"),
        ("frame_ms", "60.0"),
        ("seed", "1" * 5000),
        ("audio", "loud"),
        ("format", "MULAW"),
        ("max_lead_s", "inf"),
    ],
)
def test_a_wrong_value_in_the_address_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidField) as error:
        query_options({name: value})
    assert error.value.field == name
