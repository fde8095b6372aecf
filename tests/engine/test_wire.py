from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import Abort, Close, Command, Flush, Open, Position, Submit
from engine.types import Delivery, EngineInfo, Failed, Output, Segment, Span, Timing, Voice, Word
from engine.wire import (
    Inbox,
    command_from_plain,
    command_to_plain,
    delivery_from_plain,
    delivery_to_plain,
    info_from_plain,
    info_to_plain,
    pack,
)

SEGMENT = Segment(
    id=5,
    utterance=6,
    voice="hi+f2",
    language="hi",
    spans=(
        Span("नमस्ते", 0, 6),
        Span("five million", 7, 9),
        Span("", 9, 16, tag="laugh"),
        Span("Anu", 17, 20, ipa="ənu"),
    ),
    gap_ms=150,
    speed=1.5,
    pitch=0.5,
    volume=0.25,
    seed=4294967295,
    emotion="whisper",
    exact=True,
)

COMMANDS: list[Command] = [
    Open(1, Output("mulaw", 8000), 2.5),
    Open(1, Output("opus", 12000, 60, 64_000, 9, True, True), 2.5),
    Submit(SEGMENT),
    Flush(1, 7),
    Position(1, -0.25),
    Abort(1),
    Close(1),
]

DELIVERIES = [
    Delivery(1),
    Delivery(
        1,
        b"\x00\xff",
        960,
        1,
        (Word(0, 4, 0.5, 0.75), Word(5, 9, 0.75, 1.0, estimated=True)),
        963,
        Timing(1.5, 2.5),
        0.125,
        5,
        None,
        7,
        True,
        (1, 1),
    ),
    Delivery(2, failed=Failed(9, "out of breath \ud800")),
]


def through(message: tuple[Any, ...]) -> tuple[Any, ...]:
    (received,) = Inbox().feed(pack(message))
    assert isinstance(received, tuple)
    return received


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_every_command_arrives_as_it_was(command: Command) -> None:
    assert command_from_plain(through(command_to_plain(command))) == command


def test_no_command_has_been_forgotten() -> None:
    assert {type(command) for command in COMMANDS} == set(Command.__args__)


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_every_delivery_arrives_as_it_was(delivery: Delivery) -> None:
    assert delivery_from_plain(through(delivery_to_plain(delivery))) == delivery


def test_what_an_engine_is_arrives_as_it_was() -> None:
    voices = (Voice("hi", "Hindi", "hi", "female"), Voice("en", "English", "en-us"))
    info = EngineInfo(
        "x", 24000, "hi", voices, ("f2",), 8, 2.0, frozenset({"laugh", "happy"}), False, frozenset({"speed"})
    )
    arrived = info_from_plain(*through(info_to_plain(info)))
    assert arrived == info
    assert arrived.voice("hi+f2") == voices[0]


messages = st.lists(st.tuples(st.integers(), st.binary(max_size=40)), max_size=6)


@given(messages, st.integers(1, 50))
def test_messages_are_whole_again_however_the_stream_was_cut(sent: list[tuple[int, bytes]], size: int) -> None:
    stream = b"".join(map(pack, sent))
    inbox = Inbox()
    received = [message for at in range(0, len(stream), size) for message in inbox.feed(stream[at : at + size])]
    assert received == sent
