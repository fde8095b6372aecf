from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from voice_server.bench.wire import (
    BINARY,
    PING,
    TEXT,
    FrameReader,
    WireError,
    client_frame,
    new_key,
    request,
    status_of,
)

LENGTHS = (0, 1, 125, 126, 127, 1920, 65535, 65536, 70000)


def from_server(opcode: int, payload: bytes) -> bytes:
    """A frame as another implementation sends it."""
    return Frame(Opcode(opcode), payload).serialize(mask=False)


def read_by_server(data: bytes) -> tuple[int, bytes]:
    """A client's frame as another implementation reads it: only if it is masked."""
    reader = StreamReader()
    reader.feed_data(data)
    parsing: Generator[None, None, Frame] = Frame.parse(reader.read_exact, mask=True)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    return int(frame.opcode), bytes(frame.data)


messages = st.lists(
    st.tuples(st.sampled_from([TEXT, BINARY, PING]), st.one_of(st.sampled_from(LENGTHS), st.integers(0, 300))),
    max_size=6,
)


@given(messages, st.lists(st.integers(0, 300_000), max_size=12))
def test_frames_come_out_whole_however_the_stream_was_cut(sizes: list[tuple[int, int]], cuts: list[int]) -> None:
    sent = [(opcode, bytes([number % 251]) * (min(size, 125) if opcode == PING else size))
            for number, (opcode, size) in enumerate(sizes)]  # fmt: skip
    stream = b"".join(from_server(opcode, payload) for opcode, payload in sent)
    bounds = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    reader = FrameReader()
    assert [frame for start, end in pairwise(bounds) for frame in reader.feed(stream[start:end])] == sent


@pytest.mark.parametrize("length", LENGTHS)
def test_frames_of_every_size_of_header_are_read_by_the_byte(length: int) -> None:
    stream = from_server(BINARY, b"x" * length) + from_server(TEXT, b"after")
    reader = FrameReader()
    head = [frame for at in range(20) for frame in reader.feed(stream[at : at + 1])]
    assert [*head, *reader.feed(stream[20:])] == [(BINARY, b"x" * length), (TEXT, b"after")][0:2]


@given(st.sampled_from([TEXT, PING]), st.one_of(st.binary(max_size=200), st.sampled_from(LENGTHS).map(bytes)))
def test_what_a_client_sends_is_masked_and_understood(opcode: int, payload: bytes) -> None:
    payload = payload[:125] if opcode == PING else payload
    assert read_by_server(client_frame(opcode, payload)) == (opcode, payload)


def test_fragments_are_refused_rather_than_miscounted() -> None:
    with pytest.raises(WireError, match="fragments"):
        FrameReader().feed(Frame(Opcode.BINARY, b"half", fin=False).serialize(mask=False))


def test_only_the_answer_to_its_own_key_opens_a_socket() -> None:
    # the example of RFC 6455, section 1.3
    head = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert status_of(head, "dGhlIHNhbXBsZSBub25jZQ==") == 101
    with pytest.raises(WireError, match="wrongly"):
        status_of(head, new_key())


def test_a_refusal_is_told_by_its_status() -> None:
    assert status_of(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1", new_key()) == 503
    with pytest.raises(WireError):
        status_of(b"220 mail.example ESMTP", new_key())


def test_the_request_carries_the_query_and_the_key_of_the_server() -> None:
    asked = request("ws://127.0.0.1:8000/v1/tts/stream?audio=binary", "abc", "open-sesame").decode()
    assert asked.startswith("GET /v1/tts/stream?audio=binary HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert "Authorization: Bearer open-sesame\r\n" in asked
    assert asked.endswith("\r\n\r\n")
