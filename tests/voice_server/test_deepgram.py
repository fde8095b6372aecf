"""Deepgram's two sockets, as their clients use them: turns, clears and interrupts, and what was heard."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import ToneEngine, hear
from tests.voice_server.asking import samples
from tests.voice_server.exchange import Exchange, Frames, enter, replay, transcripts
from tests.voice_server.talk import WORDS, bare, sentence
from voice_server.allowance import Allowance, Quota
from voice_server.doors import Entered
from voice_server.errors import InvalidField
from voice_server.terms import Limits

CANDIDATES = [*WORDS[:80], *(f"{word}." for word in WORDS[:10])]

V1 = "/v1/speak?sample_rate=24000"
V2 = "/v2/speak?sample_rate=24000"


def sound_in_short(data: bytes) -> dict[str, Any]:
    pcm = samples(data)
    for voice in ("tone", "tone-low", "tone-high"):
        words = [bare(word) for word in hear(pcm, 24000, CANDIDATES, voice)]
        if "?" not in words:
            return {"spoken": " ".join(words), "voice": voice}
    return {}


def in_short(frames: Frames, entered: Entered) -> list[dict[str, Any]]:
    """Tell runs of audio as one, and everything else as it is."""
    told: list[dict[str, Any]] = []
    run = b""
    for frame in [*frames, "null"]:
        if isinstance(frame, bytes):
            run += frame
            continue
        if run:
            told.append(sound_in_short(run))
            run = b""
        if (message := json.loads(frame)) is not None:
            told.append(message)
    return told


@pytest.mark.parametrize("path", transcripts("deepgram"), ids=lambda path: path.stem)
def test_what_a_client_says_is_answered_as_it_expects(path: Path) -> None:
    replay(path, in_short)


def speak(exchange: Exchange, text: str) -> None:
    exchange.say({"type": "Speak", "text": text})


@pytest.mark.parametrize("address", [V1, V2])
@pytest.mark.parametrize("wrong", ["encoding=mp3", "sample_rate=12345", "speed=9", "speed=fast"])
def test_a_wrong_query_is_refused(address: str, wrong: str) -> None:
    with pytest.raises(InvalidField):
        enter(f"{address.partition('?')[0]}?{wrong}")


def test_of_a_cleared_turn_nothing_is_heard_and_no_flush_is_answered() -> None:
    exchange = Exchange(entered=enter(V1))
    speak(exchange, sentence(60))
    exchange.say({"type": "Flush"})
    exchange.hear(0.001)
    exchange.take()
    exchange.say({"type": "Clear"})
    speak(exchange, WORDS[70])
    exchange.say({"type": "Flush"})
    exchange.hear()
    cleared, sound, flushed = in_short(exchange.take(), exchange.entered)
    assert cleared["type"] == "Cleared"
    assert sound["spoken"] == WORDS[70]
    assert flushed["type"] == "Flushed"


@pytest.mark.parametrize("bounds", [{"limits": Limits(contexts=4)}, {"allowance": Allowance(Quota(utterances=4))}])
@pytest.mark.parametrize("address", [V1, V2])
def test_where_enough_turns_wait_a_flush_is_ignored_and_what_follows_is_heard_all_the_same(
    address: str, bounds: dict[str, Any]
) -> None:
    exchange = Exchange(entered=enter(address), **deepcopy(bounds))
    exchange.hear(0.0)
    for word in WORDS[:6]:
        speak(exchange, f"{word} ")
        exchange.say({"type": "Flush"})
    exchange.hear()
    told = in_short(exchange.take(), exchange.entered)
    assert [each["code"] for each in told if each.get("type") == "Warning"] == ["TOO_MANY_TURNS"] * 3
    assert sum(each.get("type") == "Flushed" for each in told) == 3
    exchange.say({"type": "Flush"})
    exchange.hear()
    told += in_short(exchange.take(), exchange.entered)
    assert " ".join(each["spoken"] for each in told if "spoken" in each) == sentence(6)
    assert sum(each.get("type") == "Flushed" for each in told) == 4
    assert not exchange.closed


@pytest.mark.parametrize("address", [V1, V2])
def test_a_server_with_room_for_one_turn_ends_it_at_its_flush(address: str) -> None:
    exchange = Exchange(entered=enter(address), limits=Limits(contexts=1))
    exchange.hear(0.0)
    for word in WORDS[:2]:
        speak(exchange, f"{word} ")
        exchange.say({"type": "Flush"})
        exchange.hear()
    told = in_short(exchange.take(), exchange.entered)
    assert [each["spoken"] for each in told if "spoken" in each] == WORDS[:2]
    assert sum(each.get("type") == "Flushed" for each in told) == 2


@pytest.mark.parametrize("address", [V1, V2])
def test_what_comes_after_close_does_not_cut_off_what_came_before(address: str) -> None:
    exchange = Exchange(entered=enter(address))
    speak(exchange, sentence(6))
    for kind in ("Close", "Speak", "Flush", "Close"):
        exchange.say({"type": kind, "text": WORDS[70]})
    exchange.hear()
    told = in_short(exchange.take(), exchange.entered)
    assert [each["spoken"] for each in told if "spoken" in each] == [sentence(6)]
    assert exchange.heard.one("closed")["code"] == 1000


@pytest.mark.parametrize("late_s", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("num_words", [0, 1, 20, 60])
def test_an_interrupt_tells_exactly_the_words_that_had_been_played(num_words: int, late_s: float) -> None:
    exchange = Exchange(entered=enter(V2))
    text = f"{sentence(60)} "
    speak(exchange, text)
    exchange.say({"type": "Flush"})
    exchange.hear(late_s)
    exchange.say({"type": "Interrupt", "playback_offset": {"type": "time_ms", "value": 80 * num_words + 10}})
    exchange.hear()
    told = in_short(exchange.take(), exchange.entered)
    if num_words == 60:
        assert told[-1]["code"] == "NO_ACTIVE_SPEECH", "it has been heard to its end"
        return
    assert told[-1]["type"] == "SpeechInterrupted"
    assert told[-1]["text_spoken"].split() == text.split()[:num_words]
    assert told[-1]["text_spoken"] + told[-1]["text_remaining"] == text


def test_offsets_run_on_from_what_was_really_heard() -> None:
    exchange = Exchange(entered=enter(V2))
    for first, offset in ((0, 410), (20, 650)):
        speak(exchange, sentence(20, first))
        exchange.say({"type": "Flush"})
        exchange.hear(0.5)
        exchange.say({"type": "Interrupt", "playback_offset": {"type": "time_ms", "value": offset}})
        exchange.hear(0.1)
    told = [each for each in in_short(exchange.take(), exchange.entered) if each.get("type") == "SpeechInterrupted"]
    assert [each["text_spoken"].split() for each in told] == [WORDS[:5], WORDS[20:23]]


@pytest.mark.parametrize("address", [V1, V2])
def test_an_engine_that_fails_is_told_and_closes_the_socket(address: str) -> None:
    exchange = Exchange(entered=enter(address), engine=ToneEngine(faults={"fail_on": "boom"}))
    speak(exchange, "boom ")
    exchange.say({"type": "Flush"})
    exchange.hear()
    error = json.loads(exchange.take()[-1])
    assert (error["type"], error["code"]) == ("Error", "NET-0001")
    assert exchange.heard.one("closed")["code"] == 1011


TYPES = st.sampled_from(["Speak", "Flush", "Clear", "Interrupt", "Configure", "Close", "Shout"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
OFFSETS = st.fixed_dictionaries({"type": st.just("time_ms"), "value": st.integers(0, 3000)})
MESSAGES = st.fixed_dictionaries(
    {"type": TYPES | PLAIN, "text": st.sampled_from(WORDS) | PLAIN},
    optional={"playback_offset": OFFSETS | PLAIN, "speed": PLAIN},
)


@settings(max_examples=50)
@given(st.sampled_from([V1, V2]), st.lists(st.tuples(MESSAGES, st.floats(0, 0.3)), max_size=12))
def test_whatever_comes_is_answered_with_messages_of_known_types(
    address: str, said: list[tuple[dict[str, Any], float]]
) -> None:
    exchange = Exchange(entered=enter(address))
    for message, wait_s in said:
        if not exchange.closed:
            exchange.say(message)
            exchange.hear(wait_s)
    exchange.hear()
    told = in_short(exchange.take(), exchange.entered)
    assert all("type" in each or "spoken" in each or each == {} for each in told)
    for turn, each in enumerate(told):
        if each.get("type") == "SpeechMetadata":
            assert each["speech_id"] not in [late.get("speech_id") for late in told[turn + 1 :]]
