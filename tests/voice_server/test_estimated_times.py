"""Word times as a client gets them from an engine that tells none."""

from __future__ import annotations

from typing import Literal

import pytest

from engine.tone import ToneEngine
from tests.voice_server.talk import Talk, sentence
from voice_server.answers import EVENTS
from voice_server.messages import Options, Timestamps

TEXT = f"{sentence(12)}. {sentence(8, 12)}."


def talk(unit: Literal["word", "char"] = "word", *, aligned: bool = False) -> Talk:
    return Talk(audio="tagged", options=Options(timestamps=unit, max_lead_s=0), engine=ToneEngine(aligned=aligned))


@pytest.mark.parametrize("unit", ["word", "char"])
def test_every_word_is_told_and_marked(unit: Literal["word", "char"]) -> None:
    client = talk(unit)
    heard = client.ask({"text": TEXT, "context_id": "a", "end": True})
    told = heard.of("timestamps")
    assert told
    assert all(message["estimated"] is True for message in told)
    read = [EVENTS["timestamps"](dict(message.body)) for message in told]
    assert all(isinstance(event, Timestamps) and event.estimated for event in read)
    tokens = heard.tokens("a", f"{unit}s")
    assert tokens == (TEXT.split() if unit == "word" else list(TEXT))


def test_nothing_is_marked_where_the_engine_tells() -> None:
    heard = talk(aligned=True).ask({"text": TEXT, "context_id": "a", "end": True})
    assert heard.of("timestamps")
    assert not any("estimated" in message.body for message in heard.of("timestamps"))


def test_times_are_in_order_within_the_audio() -> None:
    heard = talk().ask({"text": TEXT, "context_id": "a", "end": True})
    times = [
        moment
        for message in heard.of("timestamps")
        for pair in zip(message["start_ms"], message["end_ms"], strict=True)
        for moment in pair
    ]
    assert times == sorted(times)
    assert times[-1] <= heard.one("done")["audio_ms"]


def test_a_cancel_still_tells_all_of_the_text() -> None:
    client = talk()
    client.say({"text": TEXT, "context_id": "a", "end": True})
    client.hear(0.4)
    cancelled = client.ask({"cancel": True, "context_id": "a", "played_ms": 400}).one("cancelled")
    assert cancelled["text_spoken"] + cancelled["text_remaining"] == TEXT
    assert cancelled["text_spoken"]
