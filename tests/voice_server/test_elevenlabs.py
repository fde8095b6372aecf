"""ElevenLabs' sockets, as their clients use them: what they say, what is heard, and when each word of it sounds."""

from __future__ import annotations

import base64
import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import ToneEngine, hear
from engine.types import Pcm
from tests.voice_server.exchange import Exchange, Frames, enter, replay, transcripts
from tests.voice_server.talk import WORDS, bare, sentence
from voice_server.adapters.elevenlabs import MAX_CONTEXTS
from voice_server.adapters.elevenlabs_terms import OUTPUT_FORMATS
from voice_server.doors import Entered
from voice_server.errors import InvalidField
from voice_server.messages import Options

MULTI = "/v1/text-to-speech/tone/multi-stream-input?output_format=pcm_24000"
SINGLE = "/v1/text-to-speech/tone/stream-input?output_format=pcm_24000"


def decoded(data: bytes, options: Options) -> Pcm:
    """Return what is heard of an audio stream in one of ElevenLabs' formats."""
    if options.format == "pcm_s16le":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
    raw = {"mulaw": "mulaw", "alaw": "alaw"}.get(options.format)
    with av.open(io.BytesIO(data), "r", format=raw, options={"sample_rate": "8000"} if raw else {}) as container:
        resampler = av.AudioResampler(format="flt", layout="mono")
        parts = [out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate(parts)


def clock_of(messages: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """Return characters with their begin and end, as a client reckons them that adds up what it is told."""
    told: list[tuple[str, int, int]] = []
    origin = 0
    for alignment in filter(None, (message["alignment"] for message in messages)):
        chars, starts, durations = alignment["chars"], alignment["charStartTimesMs"], alignment["charDurationsMs"]
        assert len(chars) == len(starts) == len(durations)
        spans = zip(chars, starts, durations, strict=True)
        told += [(char, origin + start, origin + start + duration) for char, start, duration in spans]
        origin += starts[-1] + durations[-1]
    return told


def running_of(messages: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Return characters with their begin, as a client reckons them that takes what it is told as it is."""
    alignments = [message["normalizedAlignment"] for message in messages if message["normalizedAlignment"]]
    return [pair for told in alignments for pair in zip(told["chars"], told["charStartTimesMs"], strict=True)]


def words_of(chars: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return words with the begin of their first character."""
    words: list[tuple[str, int]] = []
    last = " "
    for char, start in chars:
        if char != " ":
            words = [*words, (char, start)] if last == " " else [*words[:-1], (words[-1][0] + char, words[-1][1])]
        last = char
    return words


def sound_in_short(messages: list[dict[str, Any]], entered: Entered) -> dict[str, Any]:
    """Return what is heard in the audio of one context, and when its words begin for either kind of client."""
    options = entered.agreed.options
    chars = clock_of(messages)
    assert all(end >= start for _, start, end in chars)
    assert all(earlier[1] <= later[1] for earlier, later in pairwise(chars)), "times run back"
    words = words_of([(char, start) for char, start, _ in chars])
    running = words_of(running_of(messages))
    assert [(word, round(start / 5)) for word, start in words] == [(word, round(start / 5)) for word, start in running]
    tokens = {word for word, _ in words}
    pcm = decoded(b"".join(base64.b64decode(message["audio"]) for message in messages), options)
    voice = {"Rachel": "tone-high", "tone-low": "tone-low"}.get(options.voice, "tone")
    spoken = [bare(word) for word in hear(pcm, options.sample_rate, sorted(tokens | {*map(bare, tokens)}), voice)]
    return {
        "context": messages[0].get("contextId"),
        "spoken": " ".join(spoken),
        "told": " ".join(word for word, _ in words),
        "starts_ms": [start for _, start in words],
        "over": chars[-1][0] == " ",  # the last word: where there is no space, some clients wait for more of it
        "lasts_ms": round(len(pcm) * 1000 / options.sample_rate),
    }


def in_short(frames: Frames, entered: Entered) -> list[dict[str, Any]]:
    """Tell runs of audio of one context as one, and everything else as it is."""
    told: list[dict[str, Any]] = []
    run: list[dict[str, Any]] = []
    for message in [*map(json.loads, frames), None]:
        is_audio = message is not None and message.get("audio") is not None
        if run and (not is_audio or message.get("contextId") != run[0].get("contextId")):
            told.append(sound_in_short(run, entered))
            run = []
        if is_audio:
            assert message.get("contextId") == message.get("context_id")
            assert "message" not in message  # clients take that for an error
            run.append(message)
        elif message is not None:
            told.append({name: value for name, value in message.items() if name not in ("audio", "contextId")})
    return told


@pytest.mark.parametrize("path", transcripts("elevenlabs"), ids=lambda path: path.stem)
def test_what_a_client_says_is_answered_as_it_expects(path: Path) -> None:
    replay(path, in_short)


@pytest.mark.parametrize("output_format", OUTPUT_FORMATS)
def test_every_output_format_holds_what_was_said(output_format: str) -> None:
    exchange = Exchange(entered=enter(f"/v1/text-to-speech/tone/stream-input?output_format={output_format}"))
    for message in ({"text": " "}, {"text": f"{sentence(5)} "}, {"text": ""}):
        exchange.say(message)
    exchange.hear()
    (sound, final) = in_short(exchange.take(), exchange.entered)
    assert sound["spoken"] == sound["told"] == sentence(5)
    assert final == {"isFinal": True}


def test_twenty_contexts_on_one_socket_speak_at_a_time_and_none_hears_another() -> None:
    exchange = Exchange(entered=enter(MULTI))
    texts = {f"context {index}": sentence(8, 8 * index) for index in range(20)}
    for piece in range(8):
        for name, text in texts.items():
            exchange.say({"text": f"{text.split()[piece]} ", "context_id": name})
    for name in texts:
        exchange.say({"context_id": name, "flush": True})
        exchange.say({"context_id": name, "close_context": True})
    exchange.hear()
    messages = [json.loads(frame) for frame in exchange.take()]
    order = [message["contextId"] for message in messages if message["audio"]]
    assert len(set(order[:20])) > 10, "they do not take turns"
    for name, text in texts.items():
        own = [message for message in messages if message["contextId"] == name]
        assert own[-1]["isFinal"]
        short = sound_in_short(own[:-1], exchange.entered)
        assert short["spoken"] == short["told"] == text


@given(st.data())
def test_however_a_text_is_cut_its_words_and_times_are_the_same(data: st.DataObject) -> None:
    text = f"{sentence(4)}. {sentence(4, 4)}, {sentence(3, 8)}! "
    exchange = Exchange(entered=enter(MULTI))
    exchange.say({"text": " ", "context_id": "a"})
    left = text
    while left:
        size = data.draw(st.integers(1, len(left)))
        exchange.say({"text": left[:size], "context_id": "a"})
        left = left[size:]
    exchange.say({"context_id": "a", "flush": True})
    exchange.say({"context_id": "a", "close_context": True})
    exchange.hear()
    sound, final = in_short(exchange.take(), exchange.entered)
    assert sound["told"] == text.strip()
    assert sound["spoken"] == " ".join(map(bare, text.split()))
    assert final == {"isFinal": True, "context_id": "a"}


@given(
    st.lists(st.text() | st.from_type(dict).map(str) | st.sampled_from(["[]", "null", "{}", '{"text": 1}']), max_size=4)
)
def test_no_message_breaks_a_socket_with_contexts(messages: list[str]) -> None:
    exchange = Exchange(entered=enter(MULTI))
    for message in messages:
        exchange.say(message)
    exchange.hear()
    exchange.take()
    exchange.say({"text": f"{sentence(2)} ", "context_id": "a", "flush": True})
    exchange.hear()
    assert in_short(exchange.take(), exchange.entered)[-1]["spoken"] == sentence(2)


SAID = st.fixed_dictionaries(
    {"context_id": st.sampled_from("ab")},
    optional={
        "text": st.sampled_from(["", " ", f"{WORDS[0]} ", f"{WORDS[1]}.", "boom "]),
        "flush": st.booleans(),
        "close_context": st.booleans(),
        "voice_settings": st.sampled_from([{"speed": 1.1}, {"speed": "fast"}]),
    },
)


@settings(max_examples=150)
@given(st.lists(st.tuples(SAID, st.sampled_from([None, None, 0.0, 0.1])), max_size=16))
def test_contexts_that_fail_and_names_that_come_again_break_no_socket(
    said: list[tuple[dict[str, Any], float | None]],
) -> None:
    exchange = Exchange(entered=enter(MULTI), engine=ToneEngine(faults={"fail_on": "boom"}))
    for message, wait_s in said:
        exchange.say(message)
        if wait_s is not None:
            exchange.hear(wait_s)
    for name in "ab":
        exchange.say({"context_id": name, "close_context": True})
    exchange.hear()
    exchange.take()
    exchange.say({"text": f"{sentence(2)} ", "context_id": "a", "flush": True})
    exchange.hear()
    (sound,) = in_short(exchange.take(), exchange.entered)
    assert (sound["context"], sound["spoken"]) == ("a", sentence(2))
    assert not exchange.closed


def test_contexts_that_are_opened_and_left_cost_no_more_than_so_much() -> None:
    exchange = Exchange(entered=enter(MULTI))
    for index in range(MAX_CONTEXTS + 3):
        exchange.say({"text": " ", "context_id": f"context {index}"})
        exchange.hear()
    errors = [json.loads(frame) for frame in exchange.take()]
    assert [error.get("error") for error in errors] == ["max_active_contexts_exceeded", None] * 3
    exchange.say({"text": "baba ", "context_id": "context 0", "flush": True})
    exchange.hear()
    assert in_short(exchange.take(), exchange.entered)[0]["spoken"] == "baba"


def test_times_that_are_only_reckoned_are_told_too() -> None:
    exchange = Exchange(entered=enter(MULTI), engine=ToneEngine(aligned=False))
    exchange.say({"text": f"{sentence(6)} ", "context_id": "a", "flush": True})
    exchange.hear()
    (sound,) = in_short(exchange.take(), exchange.entered)
    assert sound["told"] == sound["spoken"] == sentence(6)


def test_a_turn_of_many_phrases_does_not_run_into_the_bound_of_flushes() -> None:
    exchange = Exchange(entered=enter(f"{MULTI}&auto_mode=true"))
    for index in range(1500):
        exchange.say({"text": f"{WORDS[index % 100]}.", "context_id": "a"})
    exchange.hear(1.0)
    assert not exchange.closed
    exchange.say({"context_id": "a", "close_context": True})
    exchange.hear()
    assert json.loads(exchange.take()[-1])["isFinal"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("output_format=mp3_11025_8", "output_format"),
        ("inactivity_timeout=181", "inactivity_timeout"),
        ("inactivity_timeout=0", "inactivity_timeout"),
        ("seed=-1", "seed"),
        ("auto_mode=perhaps", "auto_mode"),
        ("close_context=later", "close_context"),
    ],
)
def test_a_query_that_is_wrong_is_refused_by_the_name_of_its_field(query: str, field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        enter(f"/v1/text-to-speech/tone/stream-input?{query}")
    assert refused.value.field == field


def test_a_socket_that_asks_for_it_is_closed_when_idle_though_a_context_is_open() -> None:
    exchange = Exchange(entered=enter(f"{MULTI}&inactivity_timeout=20"))
    exchange.say({"text": "baba ", "context_id": "a", "flush": True})
    exchange.hear(19.0)
    exchange.session.look_idle()
    exchange.say({"text": "", "context_id": "a"})  # to keep it alive
    exchange.hear(19.0)
    exchange.session.look_idle()
    exchange.hear()
    assert not exchange.closed
    exchange.hear(2.0)
    exchange.session.look_idle()
    exchange.hear()
    assert exchange.closed
