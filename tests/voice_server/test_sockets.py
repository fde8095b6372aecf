"""The native protocol over real sockets: what is sent comes, what is wrong is told, and nobody costs anybody else."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from contextlib import suppress
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed

from engine.tone import hear
from engine.types import Pcm
from tests.voice_server.serving import KIB, PATIENCE_S, Server, Socket, dial, idle, resident, socket_of, sockets_of
from tests.voice_server.talk import WORDS, Heard, sentence
from voice_server.server import UNREAD_S, listen

MIB = KIB * KIB
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
SAMPLE_BYTES = {"pcm_s16le": 2, "pcm_f32le": 4, "mulaw": 1, "alaw": 1}


def expand_mulaw(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    bits = ~codes.astype(np.int32) & 0xFF
    magnitude = ((((bits & 0x0F) << 3) + 0x84) << (bits >> 4 & 7)) - 0x84
    return np.where(bits & 0x80, -magnitude, magnitude)


def expand_alaw(codes: NDArray[np.uint8]) -> NDArray[np.int32]:
    bits = codes.astype(np.int32) ^ 0x55
    segment, step = bits >> 4 & 7, bits & 0x0F
    magnitude = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.where(bits & 0x80, magnitude, -magnitude)


def samples(data: bytes, audio_format: str) -> Pcm:
    if audio_format == "pcm_f32le":
        return np.frombuffer(data, "<f4")
    if audio_format == "pcm_s16le":
        steps: NDArray[np.int32] = np.frombuffer(data, "<i2").astype(np.int32)
    else:
        expand = expand_mulaw if audio_format == "mulaw" else expand_alaw
        steps = expand(np.frombuffer(data, np.uint8))
    return (steps / 32768).astype(np.float32)


async def speak(socket: Socket, text: str) -> Heard:
    return await socket.ask(text, "done")


# What comes


async def test_a_socket_is_greeted_with_its_options_and_limits(server: Server) -> None:
    async with socket_of(server, "base64", voice="tone-low", sample_rate=8000, format="alaw") as socket:
        ready = await socket.hear()
    assert ready.type == "ready"
    assert (ready["protocol"], ready["engine"]) == (1, "tone")
    chosen = {"voice": "tone-low", "language": "hi", "sample_rate": 8000, "format": "alaw", "audio": "base64"}
    assert chosen.items() <= ready["defaults"].items()
    assert ready["limits"] == {
        "text_chars": MIB,
        "contexts": 64,
        "frame_bytes": MIB,
        "sessions": 512,
        "utterances": 4096,
        "chars_per_minute": None,
    }
    assert ready["idle_timeout_s"] is None


@pytest.mark.parametrize("audio", ["binary", "tagged", "base64"])
async def test_audio_is_whole_however_it_travels(server: Server, audio: str) -> None:
    texts = {name: sentence(12, 12 * place) for place, name in enumerate("abc")}
    async with socket_of(server, audio, max_lead_s=0) as socket:
        for context, text in texts.items():
            await socket.say({"text": text, "context_id": context, "end": True})
        await socket.say({"close": True})
        heard, code = await socket.rest()
    assert code == 1000
    for context, text in texts.items():
        assert heard.words(context) == text.split()
        assert heard.tokens(context) == text.split()
        assert heard.one("done", context=context)["audio_ms"] == pytest.approx(len(heard.data(context)) / 96, abs=0.001)
    if audio == "binary":
        assert heard.types == ["ready", *["started", "audio", "done"] * 3]


async def test_without_audio_everything_else_comes(server: Server) -> None:
    async with socket_of(server, "none", max_lead_s=0) as socket:
        heard = await speak(socket, sentence(12))
    assert heard.types == ["ready", "started", "done"]
    assert heard.tokens("1") == sentence(12).split()
    assert heard.one("done")["audio_ms"] >= 12 * 80


async def test_a_first_sample_says_where_audio_belongs(server: Server) -> None:
    async with socket_of(server, "tagged", sample_rate=22050, max_lead_s=0) as socket:
        heard = await speak(socket, sentence(20))
    position = 0
    for message in heard.of("audio"):
        assert message["first_sample"] == position
        position += len(message.data) // 2


@pytest.mark.parametrize("audio_format", SAMPLE_BYTES)
async def test_every_format_at_every_rate_has_its_length_and_pitch(server: Server, audio_format: str) -> None:
    words = WORDS[:6]
    text = " ".join(words)
    async with socket_of(server, "tagged", format=audio_format, max_lead_s=0) as socket:
        for rate in RATES:
            await socket.say({"text": text, "context_id": str(rate), "sample_rate": rate, "end": True})
        await socket.say({"close": True})
        heard, _ = await socket.rest()
    for rate in RATES:
        context = str(rate)
        started, done = heard.one("started", context=context), heard.one("done", context=context)
        assert (started["format"], started["sample_rate"]) == (audio_format, rate)
        pcm = samples(heard.data(context), audio_format)
        assert len(heard.data(context)) == len(pcm) * SAMPLE_BYTES[audio_format]
        assert done["audio_ms"] == pytest.approx(len(pcm) / rate * 1000, abs=0.001)
        assert len(pcm) / rate == pytest.approx(6 * 0.080, abs=0.020)
        assert hear(pcm, rate, WORDS) == words


async def test_a_flush_is_answered_after_its_audio_and_more_may_follow(server: Server) -> None:
    async with socket_of(server) as socket:
        heard = await socket.ask({"text": "bako ", "flush": True, "context_id": "a"}, "flushed")
        assert heard.words("a", "bako bade") == ["bako"]
        heard.extend(await socket.ask({"text": "bade", "end": True, "context_id": "a"}, "done"))
    assert heard.words("a", "bako bade") == ["bako", "bade"]


async def test_a_cancel_stops_in_the_middle_of_a_word_and_the_socket_lives(server: Server) -> None:
    async with socket_of(server, max_lead_s=0.5) as socket:
        await socket.say({"text": sentence(100), "context_id": "a", "end": True})
        num_bytes = 0
        while num_bytes < 96 * 120:
            num_bytes += len((await socket.until("audio"))[-1].data)
        heard = await socket.ask({"cancel": True, "played_ms": 120}, "cancelled")
        cancelled = heard.one("cancelled")
        assert cancelled["text_spoken"] == f"{WORDS[0]} "
        assert cancelled["text_spoken"] + cancelled["text_remaining"] == sentence(100)
        assert cancelled["audio_ms"] < 8000
        after = await speak(socket, "bako")
    assert after.types == ["started", "audio", "done"]


# What is wrong


UNMASKED = bytes(4)

FRAMES = {
    "binary": (b"\x82\x83" + UNMASKED + b"\0\1\2", 1003),
    "not UTF-8": (b"\x81\x82" + UNMASKED + b"\xff\xfe", 1007),
    "too large": (b"\x81\xff" + (MIB + 1).to_bytes(8, "big") + UNMASKED, 1009),
    "far too large": (b"\x81\xff" + (1 << 40).to_bytes(8, "big") + UNMASKED, 1009),
    "of no known kind": (b"\x83\x80" + UNMASKED, 1002),
    "unmasked": (b"\x81\x02hi", 1002),
}
"""As they are on the wire; of those that are too large the announcement only."""


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("speaking", [False, True], ids=["idle", "speaking"])
async def test_a_frame_that_cannot_be_read_costs_the_socket(server: Server, kind: str, speaking: bool) -> None:
    frame, code = FRAMES[kind]
    async with socket_of(server, max_lead_s=0) as socket:
        await socket.until("ready")
        if speaking:
            await socket.ask(sentence(400), "audio")
        socket.connection.transport.write(frame)
        heard, closed_with = await socket.rest()
    assert closed_with == code
    errors = [(message["code"], message["fatal"]) for message in heard.of("error")]
    assert errors == ([("binary_frame", True)] if code == 1003 else [])
    await idle(server)


async def test_a_client_that_goes_on_sending_what_is_too_large_is_cut_off(server: Server) -> None:
    async with socket_of(server, max_lead_s=0) as socket:
        await socket.until("ready")
        with suppress(ConnectionClosed):
            await socket.say("x" * (16 * MIB))
        _, closed_with = await socket.rest()
    assert closed_with in (1009, 1006)  # TCP may drop the goodbye together with what it has not taken in
    await idle(server)


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        ("{bad", "bad_json", None),
        ('{"text": "bako"} {"text": "bade"}', "bad_json", None),
        ('{"a":' * 100_000, "bad_json", None),
        ("{}", "invalid_field", None),
        ('{"text": 7, "end": true}', "invalid_field", "text"),
        ('{"text": "bako", "voice": "nobody", "end": true}', "unknown_voice", "voice"),
        ('{"text": "bako", "sample_rate": 44101, "end": true}', "invalid_field", "sample_rate"),
        ('{"text": "bako", "format": "mp2", "end": true}', "invalid_field", "format"),
        ('{"text": "bako", "speed": 1e999, "end": true}', "invalid_field", "speed"),
        ('{"text": "bako", "context_id": 5, "end": true}', "invalid_field", "context_id"),
        ('{"cancel": "yes"}', "invalid_field", "cancel"),
        ('{"playback": {"played_ms": -1}}', "invalid_field", "playback.played_ms"),
    ],
)
async def test_a_wrong_message_is_told_by_name_and_the_socket_lives(
    server: Server, frame: str, code: str, field: str | None
) -> None:
    async with socket_of(server) as socket:
        error = (await socket.ask(frame, "error")).one("error")
        assert (error["code"], error.body.get("field"), error["fatal"]) == (code, field, False)
        assert (await speak(socket, "bako")).types == ["started", "audio", "done"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("voice", "nobody", "unknown_voice"),
        ("voice", "tone\0", "unknown_voice"),
        ("format", "mp2", "invalid_field"),
        ("sample_rate", "44101", "invalid_field"),
        ("sample_rate", "fast", "invalid_field"),
        ("speed", "nan", "invalid_field"),
        ("audio", "loud", "invalid_field"),
    ],
)
async def test_wrong_options_of_a_socket_are_told_by_name_before_it_closes(
    server: Server, name: str, value: str, code: str
) -> None:
    async with dial(server, {name: value}) as connection:
        socket = Socket(connection, "binary")
        heard, closed_with = await socket.rest()
    error = heard.one("error")
    assert (error["code"], error["field"], error["fatal"]) == (code, name, True)
    assert (closed_with, connection.close_reason) == (1008, code)


async def test_a_megabyte_of_text_is_taken_and_a_character_more_is_not(server: Server) -> None:
    text = (sentence(200) + " ") * (MIB // 1000)
    text += "a" * (MIB - len(text))
    async with socket_of(server, max_lead_s=1) as socket:
        await socket.ask(text, "audio")
        await socket.alive()
        heard = await socket.ask({"cancel": True, "played_ms": 0}, "cancelled")
        assert heard.one("cancelled")["text_remaining"] == text

        await socket.say({"text": text[: MIB // 2], "context_id": "a"})
        await socket.say({"text": text[MIB // 2 :], "context_id": "a"})
        error = (await socket.ask({"text": "a", "context_id": "a", "end": True}, "error")).one("error")
        assert (error["code"], error["field"], error["context_id"]) == ("text_too_long", "text", "a")
        await speak(socket, "bako")


@pytest.mark.parametrize(
    "text", ["", " ", " \n\t ", "\0", "\0\0 \0", "...", "\u200b", "\ud83d", '"', "\U0001f600\U0001f468\u200d\U0001f469"]
)
async def test_odd_texts_are_done_and_the_next_is_spoken(server: Server, text: str) -> None:
    async with socket_of(server, max_lead_s=0) as socket:
        await socket.say(json.dumps({"text": text, "context_id": "odd", "end": True}))
        done = (await socket.until("done", "odd")).one("done")
        assert done["chars"] == len(text)
        if not text.strip(" \n\t\0\u200b."):
            assert done["audio_ms"] == 0
        assert (await speak(socket, "bako")).words("2", "bako") == ["bako"]


# Who costs what


async def test_a_client_that_never_reads_costs_little_and_the_others_nothing(server: Server) -> None:
    text = sentence(60)
    server.get("/v1/tts?text=bako&format=ogg_opus")  # has the encoders' libraries loaded, as they are in time
    async with sockets_of(server, 8, max_lead_s=0) as others, socket_of(server, max_lead_s=0) as deaf:
        await speak(others[0], sentence(400))  # the engine keeps the tones of all words it has spoken
        await asyncio.gather(*(speak(socket, text) for socket in others))
        before, already_s = server.memory, server.metrics()["tts_audio_seconds_total"]
        await deaf.say(" ".join([sentence(400)] * 40))  # twenty minutes, or 120 MB
        others_s = 0.0
        for _ in range(2):
            for heard in await asyncio.gather(*(speak(socket, text) for socket in others)):
                done = heard.one("done")
                others_s += done["audio_ms"] / 1000
                assert heard.words(str(done.context), text) == text.split()
        assert server.metrics()["tts_audio_seconds_total"] - already_s - others_s < 20
        assert server.memory - before < 32 * MIB  # the allocators' peak with eight at a time varies by 20
        deaf.vanish()
    await idle(server)


def test_the_kernel_gives_up_clients_that_take_nothing_in() -> None:
    with listen("127.0.0.1", 0) as listening, sockets.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT) == UNREAD_S * 1000


async def test_clients_that_vanish_in_the_middle_of_a_word_free_what_they_held(server: Server) -> None:
    async with sockets_of(server, 8, "tagged", max_lead_s=0.2) as vanishing:
        for socket in vanishing:
            await socket.say({"text": sentence(400), "context_id": "a", "end": True})
            await socket.say({"text": sentence(400), "context_id": "b"})
        for socket in vanishing:
            await socket.until("audio", "a")
        assert server.metrics()["tts_utterances"] == 16
        for socket in vanishing:
            socket.vanish()
    await idle(server)


async def knock(server: Server, stay: asyncio.Semaphore, *, politely: bool) -> None:
    """Connect as thriftily as can be, read the greeting, and go."""
    address = urlsplit(server.url)
    request = (
        "GET /v1/tts/stream HTTP/1.1\r\nHost: me\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    async with stay, asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request.encode())
        await reader.readuntil(b'"idle_timeout_s":null}')
        if politely:
            writer.write(b"\x88\x80\0\0\0\0")
            await reader.read()
            writer.close()
        else:
            writer.transport.abort()


async def test_a_thousand_that_come_and_go_leave_nothing_behind(server: Server) -> None:
    stay = asyncio.Semaphore(8)
    for num_connections in (300, 700):
        before = resident(server.process.pid)
        await asyncio.gather(*(knock(server, stay, politely=bool(n % 2)) for n in range(num_connections)))
        await idle(server)
    assert resident(server.process.pid) - before < 700 * 4 * KIB
