"""The client against real servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from engine.tone import hear, vocabulary
from engine.types import Pcm
from tests.voice_server.conftest import KEY
from voice_server.client import (
    Audio,
    Cancelled,
    Client,
    ConnectionLost,
    Done,
    Event,
    Flushed,
    Options,
    Refused,
    Started,
    Timestamps,
    TTSError,
    Utterance,
    connect,
    stream_url,
)
from voice_server.private import private_server

WORDS = vocabulary(60)
UNPACED: Options = {"max_lead_s": 0.0}
MEAGRE: Options = {"format": "mulaw", "sample_rate": 8000, "frame_ms": 20, "max_lead_s": 0.0}


def sentence(words: list[str]) -> str:
    return " ".join(words)


def samples(data: bytes) -> Pcm:
    return (np.frombuffer(data, "<i2") / 32768).astype(np.float32)


async def events_of(utterance: Utterance) -> list[Event]:
    return [event async for event in utterance]


async def until(utterance: Utterance, kind: type[Event]) -> list[Event]:
    """Read up to the first event of a kind."""
    seen: list[Event] = []
    async for event in utterance:
        seen.append(event)
        if isinstance(event, kind):
            return seen
    raise AssertionError(f"no {kind.__name__} came, but {seen}")


async def test_a_sentence_comes_back_as_started_sound_word_times_and_done(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak(sentence(WORDS[:5]), voice="tone-low", seed=7)
        events = await events_of(utterance)
    assert events[0] == Started("tone-low", "hi", 7, "pcm_s16le", 48000)
    done = events[-1]
    assert isinstance(done, Done)
    audio = [event for event in events if isinstance(event, Audio)]
    position = 0
    for piece in audio:
        assert piece.first_sample == position
        position += len(piece.data) // 2
    assert done.audio_ms == pytest.approx(position / 48)
    assert hear(samples(b"".join(piece.data for piece in audio)), 48000, WORDS, "tone-low") == WORDS[:5]
    tokens = [token for event in events if isinstance(event, Timestamps) for token in event.tokens]
    assert [token.text for token in tokens] == WORDS[:5]
    assert all(token.start_ms < token.end_ms for token in tokens)
    assert [sentence(WORDS[:5])[token.offset :].split()[0] for token in tokens] == WORDS[:5]


async def test_a_done_tells_where_the_time_went(served: str) -> None:
    async with connect(served) as tts:
        done = (await events_of(await tts.speak("one two three")))[-1]
    assert isinstance(done, Done)
    assert done.chars == len("one two three")
    assert 0 < (done.timeline.ttfb_ms or 0) <= (done.timeline.audible_ms or 0) < 5000
    assert done.timeline.rtf is not None


async def test_tokens_of_a_model_are_spoken_while_it_still_writes(served: str) -> None:
    async with connect(served, **UNPACED) as tts:
        utterance = tts.utterance()
        for word in WORDS[:30]:
            await utterance.send(word + " ")
        await until(utterance, Audio)
        for word in WORDS[30:]:
            await utterance.send(word + " ")
        await utterance.end()
        rest = await events_of(utterance)
    assert isinstance(rest[-1], Done)
    assert rest[-1].chars == sum(len(word) + 1 for word in WORDS)


async def test_utterances_on_one_connection_keep_their_own_sound(served: str) -> None:
    texts = [WORDS[start : start + 20] for start in (0, 20, 40)]
    async with connect(served, **UNPACED) as tts:
        utterances = [await tts.speak(sentence(words)) for words in texts]
        said = await asyncio.gather(*(utterance.collect() for utterance in utterances))
    assert [hear(samples(data), 48000, WORDS) for data in said] == texts


async def test_options_of_the_connection_are_defaults_for_its_utterances(served: str) -> None:
    async with connect(served, voice="tone-high", sample_rate=8000) as tts:
        (first, *_), (second, *_) = [
            await events_of(await tts.speak("hm")),
            await events_of(await tts.speak("hm", voice="tone-low")),
        ]
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert [first.voice, second.voice] == ["tone-high", "tone-low"]
    assert first.sample_rate == second.sample_rate == 8000


async def test_text_that_is_longer_than_a_frame_may_be_arrives_whole(served: str) -> None:
    text = "\u0915" * 300_000
    async with connect(served) as tts:
        utterance = await tts.speak(text, end=False)
        answer = await utterance.cancel(played_ms=0)
    assert answer is not None
    assert answer.text_spoken + answer.text_remaining == text


async def test_a_flush_is_answered_after_its_sound_and_more_may_follow(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak("ba bo", end=False)
        await utterance.flush()
        assert any(isinstance(event, Audio) for event in await until(utterance, Flushed))
        await utterance.send(" bu")
        await utterance.end()
        assert any(isinstance(event, Audio) for event in await until(utterance, Done))


async def test_an_utterance_that_is_ended_without_a_word_is_done(served: str) -> None:
    async with connect(served) as tts:
        utterance = tts.utterance()
        await utterance.end()
        assert await utterance.collect() == b""


async def test_an_unknown_voice_ends_its_utterance_and_no_other(served: str) -> None:
    async with connect(served) as tts:
        good, bad = await tts.speak("ba bo bu"), await tts.speak("ba", voice="nobody")
        with pytest.raises(TTSError, match="nobody") as caught:
            await bad.collect()
        assert (caught.value.code, caught.value.field, caught.value.retryable) == ("unknown_voice", "voice", False)
        with pytest.raises(TTSError, match="nobody"):
            await bad.send("more")
        await bad.end()
        assert await good.collect()


async def test_text_after_the_end_is_an_error_of_the_utterance(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak(sentence(WORDS) * 20)
        await utterance.send("more")
        with pytest.raises(TTSError) as caught:
            await utterance.collect()
    assert caught.value.code == "text_after_end"


# Cancel


async def test_a_cancel_tells_what_was_heard_and_nothing_follows_it(served: str) -> None:
    text = sentence(WORDS)
    async with connect(served) as tts:
        utterance = await tts.speak(text)
        ends_ms: list[float] = []
        heard_ms = 0.0
        while len(ends_ms) < 2 or heard_ms < ends_ms[1]:
            event = await anext(utterance)
            if isinstance(event, Timestamps):
                ends_ms += [token.end_ms for token in event.tokens]
            elif isinstance(event, Audio):
                heard_ms += len(event.data) / 96
        answer = await utterance.cancel(played_ms=ends_ms[1])
        assert answer is not None
        assert answer.text_spoken == sentence(WORDS[:2]) + " "
        assert answer.text_spoken + answer.text_remaining == text
        assert await events_of(utterance) == [answer]
        assert await utterance.cancel() == answer


async def test_a_cancel_ends_the_iteration_of_a_task_that_waits_for_more(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak("ba bo bu", end=False)
        await utterance.flush()
        await until(utterance, Flushed)
        reading = asyncio.create_task(events_of(utterance))
        await utterance.cancel()
        assert isinstance((await reading)[-1], Cancelled)
        with pytest.raises(TTSError, match="over"):
            await utterance.send("more")


async def test_what_is_done_can_be_cancelled_while_it_is_still_heard_and_then_no_more(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak(sentence(WORDS[:10]))
        await until(utterance, Done)
        answer = await utterance.cancel(played_ms=0)
        assert answer is not None
        assert (answer.text_spoken, answer.text_remaining) == ("", sentence(WORDS[:10]))
        other = await tts.speak("ba bo bu")
        await until(other, Done)
        await other.playback(played_ms=10_000)
        assert await other.cancel() is None


async def test_a_cancel_before_the_first_text_is_answered_at_once(served: str) -> None:
    async with connect(served) as tts:
        utterance = tts.utterance()
        assert await utterance.cancel() == Cancelled(utterance.context, 0.0, "", "")
        assert [type(event) for event in await events_of(utterance)] == [Cancelled]


async def test_a_failed_utterance_has_nothing_to_cancel(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak("ba", voice="nobody", end=False)
        with pytest.raises(TTSError):
            await utterance.collect()
        assert await utterance.cancel() is None


# A reader that is slow


class Complaints(logging.Handler):
    """Lets a test wait for the client's warning."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()
        self.num = 0

    def emit(self, record: logging.LogRecord) -> None:
        if "not read fast enough" in record.getMessage():
            self.num += 1
            self.came.set()


@asynccontextmanager
async def overfull(url: str) -> AsyncIterator[tuple[Client, Utterance, Complaints]]:
    """A client that has been sent more of an utterance than it keeps."""
    complaints = Complaints()
    logging.getLogger("voice_server.client").addHandler(complaints)
    try:
        async with connect(url, **MEAGRE) as tts:
            utterance = await tts.speak(sentence(WORDS) * 8)  # 40 s in messages of 20 ms
            await complaints.came.wait()
            yield tts, utterance, complaints
    finally:
        logging.getLogger("voice_server.client").removeHandler(complaints)


async def test_an_utterance_read_late_makes_its_connection_wait_says_so_once_and_loses_nothing(served: str) -> None:
    async with overfull(served) as (tts, utterance, complaints):
        other = await tts.speak("ba bo bu")
        end = 0
        async for event in utterance:
            if isinstance(event, Audio):
                assert event.first_sample == end
                end += len(event.data)
        assert isinstance(event, Done)
        assert event.audio_ms == pytest.approx(end / 8)
        assert len(await other.collect()) > 0
        assert complaints.num == 1


async def test_a_cancel_frees_a_connection_that_waits_for_its_reader(served: str) -> None:
    async with overfull(served) as (tts, utterance, _):
        assert await utterance.cancel() is not None
        assert len(await (await tts.speak("ba bo bu")).collect()) > 0


# Connections


async def test_leaving_ends_what_is_under_way(served: str) -> None:
    async with connect(served) as tts:
        utterance = await tts.speak("ba", end=False)
    with pytest.raises(ConnectionLost):
        await utterance.collect()
    with pytest.raises(ConnectionLost):
        await utterance.send("bo")
    with pytest.raises(ConnectionLost):
        await utterance.cancel()


async def test_a_leaving_server_tells_what_it_has_not_spoken() -> None:
    async with asyncio.timeout(20):
        server = private_server(["--engine", "tone", "--drain", "0"])
        async with connect(await asyncio.to_thread(server.__enter__)) as tts:
            utterance = await tts.speak(sentence(WORDS), max_lead_s=0.5)
            await until(utterance, Audio)
            await asyncio.to_thread(server.__exit__, None, None, None)
            with pytest.raises(ConnectionLost, match="1012") as caught:
                await utterance.collect()
    assert caught.value.retryable
    assert sentence(WORDS).endswith(caught.value.text_remaining or "nothing")


async def test_nobody_there_is_told_as_such() -> None:
    with pytest.raises(Refused, match="nothing listens there") as caught:
        async with connect("ws://127.0.0.1:9"):
            pass
    assert caught.value.retryable


async def test_a_wrong_key_is_refused_and_a_right_one_let_in_and_a_full_server_says_so(guarded: str) -> None:
    with pytest.raises(Refused, match="API key") as caught:
        async with connect(guarded, api_key="guess"):
            pass
    assert (caught.value.code, caught.value.retryable) == ("unauthorized", False)
    async with connect(guarded, api_key=KEY):
        with pytest.raises(Refused, match="sessions are taken") as caught:
            async with connect(guarded, api_key=KEY):
                pass
    assert (caught.value.code, caught.value.retryable) == ("busy", True)


async def test_real_speech_comes_at_once(guarded: str) -> None:
    async with connect(guarded, api_key=KEY, **UNPACED) as tts:
        pcm = samples(await (await tts.speak("Hello there, how are you?")).collect())
    assert 0.8 < len(pcm) / 48000 < 3.0
    assert np.argmax(np.abs(pcm) > 0.01) < 0.05 * 48000


async def test_wrong_options_of_a_connection_are_told_by_name(served: str) -> None:
    with pytest.raises(TTSError, match="speed") as caught:
        async with connect(served, speed=99.0):
            pass
    assert (caught.value.code, caught.value.field) == ("invalid_field", "speed")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "is it a voice-server"),
        (b"SSH-2.0-x\r\n", "no connection"),
    ],
)
async def test_a_server_of_another_kind_is_refused_with_a_hint(answer: bytes, told: str) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Refused, match=told):
            async with connect(f"http://127.0.0.1:{port}"):
                pass


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("ws://host:8000", "ws://host:8000/v1/tts/stream?audio=tagged"),
        ("http://host:8000/", "ws://host:8000/v1/tts/stream?audio=tagged"),
        ("https://host/voice", "wss://host/voice/v1/tts/stream?audio=tagged"),
        ("ws://host/v1/tts/stream?voice=hi&audio=none", "ws://host/v1/tts/stream?voice=hi&audio=tagged"),
        ("host:8000", "ws://host:8000/v1/tts/stream?audio=tagged"),
    ],
)
def test_addresses_are_taken_as_people_write_them(given: str, address: str) -> None:
    assert stream_url(given, {"audio": "tagged"}) == address
