"""A socket that lives long: what is over leaves nothing behind."""

from __future__ import annotations

import gc
from operator import attrgetter

import pytest

from tests.voice_server.talk import WORDS, Talk, sentence
from voice_server.messages import Audio, Options
from voice_server.playlist import MAX_DONE
from voice_server.session import Session
from voice_server.utterance import Utterance

ONE, TWO = WORDS[:2]


def num_held(talk: Talk) -> dict[str, int]:
    """Return the size of everything in a session that has one."""
    held = {f"session.{name}": len(value) for name, value in vars(talk.session).items() if hasattr(value, "__len__")}
    for part in ("_outbox", "_playlist", "_turns", "_streams", "_contexts", "_contexts.dead"):
        inside = vars(attrgetter(part)(talk.session))
        held |= {f"{part}.{name}": len(value) for name, value in inside.items() if hasattr(value, "__len__")}
    loop = vars(talk.loop) | vars(talk.loop._loop)
    return held | {f"loop.{name}": len(value) for name, value in loop.items() if hasattr(value, "__len__")}


def alive(kind: type) -> int:
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())


@pytest.mark.parametrize("audio", ["binary", "tagged"])
def test_two_thousand_utterances_leave_no_trace(audio: Audio) -> None:
    talk = Talk(audio=audio, options=Options(timestamps="none"))
    talk.say({"text": ONE, "context_id": "first", "end": True})
    talk.hear(1.0)
    held, utterances = num_held(talk), alive(Utterance)
    for number in range(500):
        talk.say("x")
        talk.say({"text": "x", "context_id": f"c{number}", "end": True})
        talk.say({"text": "x", "context_id": "again"})
        talk.say({"text": "x", "context_id": f"wrong{number}", "voice": "nobody"})
        talk.say({"end": True, "context_id": f"wrong{number}"})
        talk.hear(0.05)
        talk.say({"cancel": True, "context_id": "again"})
        talk.say({"text": "x", "flush": True})
        talk.say({"end": True})
        talk.hear(0.5)
        talk.heard.clear()
        talk._streams.clear()
    talk.say({"cancel": True})
    assert num_held(talk) | {"_playlist._utterances": 1} == held
    assert alive(Utterance) <= utterances


def test_a_context_that_stays_open_does_not_keep_the_others() -> None:
    talk = Talk(options=Options(timestamps="none"))
    talk.say({"text": f"{ONE} ", "context_id": "open"})
    for number in range(300):
        talk.ask({"text": "x", "context_id": f"c{number}", "end": True}, 0.1)
    assert num_held(talk)["_playlist._utterances"] <= 3
    assert talk.ask({"cancel": True, "context_id": "open"}).types == ["cancelled"]


def test_of_many_that_are_done_and_not_heard_the_oldest_are_forgotten() -> None:
    talk = Talk(options=Options(timestamps="none", max_lead_s=0))
    talk.say({"text": f"{ONE} ", "context_id": "open"})
    talk.hear(0.5)
    talk.say({"playback": {"played_ms": 0}, "context_id": "open"})
    for number in range(300):
        talk.ask({"text": "hello", "context_id": f"c{number}", "end": True}, 0.0)
    contexts = {message.context for message in talk.ask({"cancel": True}, 0.0)}
    assert "open" in contexts
    assert {"c299", f"c{300 - MAX_DONE}"} <= contexts
    assert "c0" not in contexts


@pytest.mark.parametrize("how", [{"cancel": True}, {"text": 5}])
def test_what_is_given_up_while_it_waits_for_its_turn_is_forgotten_at_once(how: dict[str, object]) -> None:
    talk = Talk(audio="binary")
    talk.say({"text": f"{ONE} ", "context_id": "open"})
    before = alive(Utterance)
    for number in range(50):
        talk.say({"text": "wait", "context_id": f"c{number}"})
        talk.say(how | {"context_id": f"c{number}"})
    talk.hear()
    assert alive(Utterance) == before


def test_a_name_that_an_error_ended_is_not_remembered_for_ever() -> None:
    talk = Talk()
    for number in range(1100):
        talk.say({"text": "x", "context_id": f"c{number}", "voice": "nobody"})
        talk.hear(0.01)
    assert num_held(talk)["_contexts.dead._names"] == 1024
    assert talk.ask({"text": "x", "context_id": "c1099", "end": True}) == []


def test_a_session_that_is_closed_can_be_collected() -> None:
    before = alive(Session)
    talk = Talk()
    talk.say(sentence(20))
    talk.hear(0.5)
    talk.session.close()
    talk.hear()
    assert alive(Session) == before + 1
    del talk
    assert alive(Session) == before
