"""Whatever a client sends, it is decoded to commands, and whatever they lead to can be encoded."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import NoReturn

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voice_server.adapters.native import NativeAdapter, query_options
from voice_server.errors import InvalidField
from voice_server.messages import Command, Failure, Invalid, Ping, Pong, Text

FIELDS = [
    *("text", "context_id", "flush", "end", "cancel", "played_ms", "playback", "ping", "close", "voice", "language"),
    *("format", "sample_rate", "frame_ms", "timestamps", "speed", "pitch", "volume", "seed"),
    *("max_buffer_delay_ms", "max_lead_s", "exact", "audio", "unheard_of"),
]

CHARS = st.text(st.characters(exclude_categories=()), max_size=20)
"""Any text at all, lone surrogates included."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CHARS | st.sampled_from([10**400, -(2**63), 1 << 32]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CHARS | st.just("played_ms"), inner, max_size=3),
    max_leaves=6,
)


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def check(commands: list[Command]) -> None:
    """There is something to do, its parts are of the kinds promised, and its answers are JSON."""
    assert commands
    for command in commands:
        assert command.__class__.__module__ == "voice_server.messages"
        context = getattr(command, "context", None)
        assert context is None or (isinstance(context, str) and 0 < len(context) <= 256)
        if isinstance(command, Text):
            assert isinstance(command.text, str)
        if isinstance(command, Ping):
            answer(Pong(command.value))
        if isinstance(command, Invalid):
            answer(Failure(command.error.code, command.error.message, command.error.field, command.context))


def answer(event: Pong | Failure) -> None:
    (message,) = NativeAdapter().encode(event)
    assert isinstance(message, str)
    json.loads(message, parse_constant=refuse)
    assert len(message.encode("utf-8")) < 2500


@given(CHARS | CHARS.map("{{{}".format) | CHARS.map(' {{"{}'.format))
@example('{"text":"a","text":5}')
@example("{" * 100_000)
@example('{"ping":' + "[" * 900 + "]" * 900 + "}")
@example('{"ping":' + "[" * 200_000)
@example('\u00a0{"text":"hi"}')
@example('\x1c{"text":"hi"}')
@example('{"\\ud800":"\\udfff","context_id":"\\udc00"}')
def test_any_frame_is_decoded(message: str) -> None:
    check(NativeAdapter().decode(message))


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_any_value_in_any_field_is_decoded(given: dict[str, object]) -> None:
    check(NativeAdapter().decode(json.dumps(given)))


@pytest.mark.parametrize("depth", [10, 100, 300, 600, 900, 1000, 10_000])
def test_what_could_be_read_can_be_answered_however_deep_it_is(depth: int) -> None:
    for field in FIELDS:
        check(NativeAdapter().decode(f'{{"{field}":' + '{"a":[' * depth + "]}" * depth + "}"))


@given(st.dictionaries(st.sampled_from(FIELDS), CHARS | st.integers().map(str) | st.floats().map(str), max_size=4))
def test_any_address_is_read_or_refused(query: dict[str, str]) -> None:
    with suppress(InvalidField):
        query_options(query)
