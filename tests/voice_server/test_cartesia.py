"""Cartesia's socket, as its clients use it: what they say, what is heard, and when each word of it sounds."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import ToneEngine, hear
from engine.types import Pcm
from tests.voice_server.exchange import Exchange, Frames, enter, replay, transcripts
from tests.voice_server.talk import WORDS, bare, sentence
from voice_server.doors import Entered

OPEN = "/tts/websocket"
RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}


def message(context: str, text: str, more: bool = False, **fields: object) -> dict[str, Any]:
    given = {"context_id": context, "transcript": text, "continue": more, "add_timestamps": True}
    return given | {"model_id": "any", "voice": "tone", "output_format": RAW} | fields


def samples(data: bytes, encoding: str = "pcm_s16le") -> Pcm:
    if encoding == "pcm_f32le":
        return np.frombuffer(data, "<f4")
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def spoken(pcm: Pcm, candidates: list[str], rate: int = 24000) -> tuple[str, str]:
    """Return what is heard and in whose voice: the one in which all of it is words."""
    tokens = sorted({*candidates, *map(bare, candidates)})
    for voice in ("tone", "tone-low", "tone-high"):
        words = [bare(word) for word in hear(pcm, rate, tokens, voice)]
        if "?" not in words:
            return " ".join(words), voice
    raise AssertionError("these are no words")


def of_context(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Tell in short what a client hears of one context; its end, if it came, came last."""
    chunks = [each for each in messages if each["type"] == "chunk"]
    times = [each["word_timestamps"] for each in messages if each["type"] == "timestamps"]
    told = {name: [each for some in times for each in some[name]] for name in ("words", "start", "end")}
    assert told["start"] == sorted(told["start"])
    assert all(start <= end for start, end in zip(told["start"], told["end"], strict=True))
    assert all(each["status_code"] == (200 if each["done"] else 206) for each in messages)
    ends = [each["type"] for each in messages if each["done"]]
    assert [each["type"] for each in messages[-len(ends) :]] == ends or not ends
    pcm = samples(b"".join(base64.b64decode(chunk["data"]) for chunk in chunks))
    text, voice = spoken(pcm, told["words"] or WORDS)
    return told | {"context": messages[0]["context_id"], "spoken": text, "voice": voice, "ended": "".join(ends)}


def in_short(frames: Frames, entered: Entered) -> list[dict[str, Any]]:
    """Tell the sound of each context, in the order they begin, then everything else as it is."""
    messages = [json.loads(frame) for frame in frames]
    sounding = [each for each in messages if each["type"] in ("chunk", "timestamps", "done")]
    contexts = dict.fromkeys(each["context_id"] for each in sounding)
    heard = [of_context([each for each in sounding if each["context_id"] == context]) for context in contexts]
    rest = [each for each in messages if each not in sounding]
    return rest + heard if messages[:1] == rest[:1] else heard + rest


@pytest.mark.parametrize("path", transcripts("cartesia"), ids=lambda path: path.stem)
def test_what_a_client_says_is_answered_as_it_expects(path: Path) -> None:
    replay(path, in_short)


def exchanged() -> Exchange:
    return Exchange(entered=enter(OPEN))


def heard_by(exchange: Exchange) -> list[dict[str, Any]]:
    exchange.hear()
    return [json.loads(frame) for frame in exchange.take()]


def test_a_socket_says_nothing_before_it_is_asked() -> None:
    assert heard_by(exchanged()) == []


def test_word_times_are_those_of_the_sound_and_run_on_through_a_context() -> None:
    exchange = exchanged()
    for piece in (f"{WORDS[0]} ", f"{WORDS[1]}. ", f"{WORDS[2]} "):
        exchange.say(message("c", piece, more=True, max_buffer_delay_ms=0))
        exchange.hear()
    exchange.say(message("c", "", max_buffer_delay_ms=0))
    exchange.hear()
    (told,) = in_short(exchange.take(), exchange.entered)
    assert told["words"] == [WORDS[0], f"{WORDS[1]}.", WORDS[2]]
    assert told["start"][0] == 0.0
    assert told["start"][1] == pytest.approx(told["end"][0], abs=0.02)
    assert told["start"][2] - told["end"][1] == pytest.approx(0.3, abs=0.05)  # the gap between sentences


@pytest.mark.parametrize("encoding", ["pcm_s16le", "pcm_f32le"])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_every_format_is_the_words(encoding: str, rate: int) -> None:
    exchange = exchanged()
    exchange.say(message("c", sentence(4), output_format=RAW | {"encoding": encoding, "sample_rate": rate}))
    data = b"".join(base64.b64decode(each["data"]) for each in heard_by(exchange) if each["type"] == "chunk")
    assert spoken(samples(data, encoding), WORDS, rate)[0] == sentence(4)


def test_nothing_at_all_follows_a_cancel_of_its_context() -> None:
    exchange = exchanged()
    exchange.say(message("old", sentence(40), more=True, flush=True))
    exchange.hear(0.3)
    assert {json.loads(frame)["context_id"] for frame in exchange.take()} == {"old"}
    exchange.say({"context_id": "old", "cancel": True})
    exchange.say(message("old", ""))
    exchange.say({"context_id": "old", "cancel": True})
    exchange.say(message("new", WORDS[50]))
    assert {each["context_id"] for each in heard_by(exchange)} == {"new"}


@pytest.mark.parametrize("text", ["", " ", "..."])
def test_a_context_that_never_had_a_word_ends_too_and_once(text: str) -> None:
    exchange = exchanged()
    exchange.say(message("c", text))
    (done,) = [each for each in heard_by(exchange) if each["type"] != "chunk"]
    assert done == {"type": "done", "context_id": "c", "done": True, "status_code": 200}
    exchange.say(message("c", ""))
    assert heard_by(exchange) == [], "nobody reads it any more"


def test_a_flush_of_a_context_without_text_is_answered_and_so_is_its_end() -> None:
    exchange = exchanged()
    exchange.say(message("c", "", more=True))
    exchange.say(message("c", "", more=True, flush=True))
    exchange.say(message("c", ""))
    assert [each["type"] for each in heard_by(exchange)] == ["flush_done", "done"]


def test_fifty_contexts_interleave_and_each_is_whole() -> None:
    exchange = exchanged()
    texts = {f"c{index}": " ".join(WORDS[index : index + 6]) for index in range(50)}
    for word in range(6):
        for context, text in texts.items():
            exchange.say(message(context, text.split()[word] + " ", more=word < 5))
    messages = heard_by(exchange)
    order = [each["context_id"] for each in messages if each["type"] == "chunk"]
    assert len(dict.fromkeys(order[:50])) == 50, "they take turns"
    for context, text in texts.items():
        told = of_context([each for each in messages if each["context_id"] == context])
        assert (told["spoken"], told["words"], told["ended"]) == (text, text.split(), "done")


def test_an_engine_that_fails_costs_one_context() -> None:
    exchange = Exchange(entered=enter(OPEN), engine=ToneEngine(faults={"fail_on": "boom"}))
    exchange.say(message("bad", "boom"))
    exchange.say(message("good", WORDS[0]))
    messages = heard_by(exchange)
    (error,) = [each for each in messages if each["type"] == "error"]
    assert (
        error.items() >= {"context_id": "bad", "done": False, "error_code": "engine_failed", "status_code": 500}.items()
    )
    assert [each["context_id"] for each in messages if each["type"] == "done"] == ["good"]


FIELDS = [*message("c", ""), "cancel", "flush", "speed", "colour"]
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
)


@settings(max_examples=50)
@given(VALUES)
def test_whatever_comes_the_socket_lives_and_errors_have_the_vendors_shape(given: object) -> None:
    exchange = exchanged()
    exchange.say(json.dumps(given))
    for each in heard_by(exchange):
        assert {"type", "context_id", "done", "status_code"} <= set(each)
    exchange.say(message("after", WORDS[0]))
    assert heard_by(exchange)[-1] == {"type": "done", "context_id": "after", "done": True, "status_code": 200}
