"""Bad input and broken engines: a typed error that names the field, at the cost of one utterance at most."""

from __future__ import annotations

from typing import Any

import pytest

from engine.tone import ToneEngine
from tests.voice_server.talk import WORDS, Heard, Talk, sentence
from voice_server.allowance import Allowance, Quota
from voice_server.errors import TooManyUnread, UnknownVoice
from voice_server.messages import Audio, Options, Ping
from voice_server.outbox import MAX_CONTROL
from voice_server.terms import Limits

ONE, TWO, THREE, FOUR = WORDS[:4]


def errors(heard: Heard) -> list[tuple[str, str | None, str | None]]:
    return [(error["code"], error.body.get("field"), error.context) for error in heard.of("error")]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"voice": "nobody"}, "unknown_voice", "voice"),
    ({"format": "mp3"}, "invalid_field", "format"),
    ({"sample_rate": 44000}, "invalid_field", "sample_rate"),
    ({"speed": "fast"}, "invalid_field", "speed"),
    ({"timestamps": "phoneme"}, "invalid_field", "timestamps"),
]


@pytest.mark.parametrize(("option", "code", "field"), WRONG, ids=[field for _, _, field in WRONG])
@pytest.mark.parametrize("over", ["end", "cancel"])
def test_a_wrong_option_costs_one_utterance_until_the_client_ends_it(
    option: dict[str, Any], code: str, field: str, over: str
) -> None:
    talk = Talk()
    heard = talk.ask({"text": ONE, "context_id": "a"} | option)
    assert errors(heard) == [(code, field, "a")]
    assert (heard.one("error")["retryable"], heard.one("error")["fatal"]) == (False, False)
    talk.say({"text": TWO, "context_id": "a"})
    talk.say({"text": TWO, "context_id": "b", "end": True})
    heard = talk.hear()
    assert heard.types == ["started", "audio", "done"]
    assert heard.words("b") == [TWO]
    assert talk.ask({over: True, "context_id": "a"}) == []
    heard = talk.ask({"text": THREE, "context_id": "a", "end": True})
    assert heard.types == ["started", "audio", "done"]
    assert heard.words("a") == [THREE]


def test_without_a_context_id_a_wrong_first_message_swallows_text_until_the_end() -> None:
    talk = Talk()
    talk.say({"text": ONE, "voice": "nobody"})
    talk.say({"text": TWO})
    heard = talk.ask({"text": THREE, "end": True})
    assert errors(heard) == [("unknown_voice", "voice", "1")]
    assert not heard.of("started")
    assert talk.ask({"text": FOUR, "end": True}).words("2") == [FOUR]


def test_a_whole_utterance_in_one_wrong_message_swallows_nothing() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a", "voice": "nobody", "end": True})
    assert talk.ask({"text": TWO, "context_id": "a", "end": True}).words("a") == [TWO]


def test_cancelling_everything_brings_back_the_names_that_errors_took() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a", "voice": "nobody"})
    talk.say({"cancel": True})
    assert talk.ask({"text": TWO, "context_id": "a", "end": True}).words("a") == [TWO]


def test_a_wrong_message_with_text_ends_the_utterance_it_was_for() -> None:
    talk = Talk()
    talk.say({"text": sentence(100), "context_id": "a"})
    talk.say({"text": sentence(100), "context_id": "b", "end": True})
    talk.hear(1.0)
    heard = talk.ask({"text": 5, "context_id": "a"})
    assert errors(heard) == [("invalid_field", "text", "a")]
    assert heard[0].type == "error"
    assert not heard.data("a")
    assert len(talk.heard.words("b")) == 100


@pytest.mark.parametrize(
    "message",
    ['{"context_id":"a"', '{"flush":1,"context_id":"a"}', '{"text":"x","context_id":5}', '{"context_id":"a"}'],
)
def test_a_wrong_message_that_loses_no_text_costs_nothing(message: str) -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} ", "context_id": "a"})
    talk.say({"text": f"{TWO} "})
    talk.say(message)
    talk.say({"text": THREE, "context_id": "a", "end": True})
    talk.say({"text": FOUR, "end": True})
    heard = talk.hear()
    assert len(heard.of("error")) == 1
    assert heard.one("error").context is None
    assert (heard.words("a"), heard.words("2")) == ([ONE, THREE], [TWO, FOUR])


def test_text_after_the_end_is_an_error_that_ends_the_utterance() -> None:
    talk = Talk(options=Options(max_lead_s=0.5))
    talk.say({"text": sentence(50), "context_id": "a", "end": True})
    talk.hear(1.0)
    heard = talk.ask({"text": "more", "context_id": "a"})
    assert errors(heard) == [("text_after_end", "text", "a")]
    assert heard.types == ["error"]
    talk.say({"text": "and more", "context_id": "a"})
    talk.say({"end": True, "context_id": "a"})
    assert talk.ask({"text": TWO, "context_id": "a", "end": True}).words("a") == [TWO]


def test_too_much_text_is_an_error_that_ends_the_utterance() -> None:
    talk = Talk(limits=Limits(text_chars=20))
    talk.say({"text": "a" * 10, "context_id": "a"})
    talk.say({"text": "b" * 10, "context_id": "a"})
    assert errors(talk.hear()) == []
    heard = talk.ask({"text": "c", "context_id": "a"})
    assert errors(heard) == [("text_too_long", "text", "a")]
    assert "20" in heard.one("error")["message"]
    assert errors(talk.ask("d" * 21)) == [("text_too_long", "text", "2")]
    assert talk.ask("e" * 20).types == ["started", "audio", "done"]


@pytest.mark.parametrize("audio", ["binary", "tagged"])
def test_too_many_contexts_are_refused_one_by_one(audio: Audio) -> None:
    talk = Talk(audio=audio, limits=Limits(contexts=3))
    for context in "abc":
        talk.say({"text": f"{ONE} ", "context_id": context})
    talk.say({"text": TWO, "context_id": "d"})
    talk.say({"text": THREE, "context_id": "d", "end": True})
    talk.say(THREE)
    heard = talk.hear()
    assert [code for code, _, _ in errors(heard)] == ["too_many_contexts"] * 2
    assert heard.of("error")[0].body.items() >= {"context_id": "d", "field": "context_id", "retryable": False}.items()
    talk.say({"end": True, "context_id": "a"})
    talk.hear()
    talk.say({"text": TWO, "context_id": "d"})
    for context in "bcd":
        talk.say({"end": True, "context_id": context})
    talk.hear()
    assert [message.context for message in talk.heard.of("done")] == [*"abcd"]
    assert talk.heard.words("d") == [TWO]


def test_what_the_engine_cannot_say_ends_its_utterance_and_no_other() -> None:
    talk = Talk(engine=ToneEngine(faults={"fail_on": "cough"}))
    talk.say({"text": f"{ONE} cough {TWO}", "context_id": "a", "end": True})
    talk.say({"text": sentence(20), "context_id": "b", "end": True})
    heard = talk.hear()
    error = heard.one("error")
    assert (error["code"], error["retryable"], error["fatal"], error.context) == ("engine_failed", True, False, "a")
    assert heard.of("done").one("done").context == "b"
    assert len(heard.words("b")) == 20
    assert heard.index(error) > max(
        (heard.index(message) for message in heard if message.context == "a" and message is not error), default=0
    )
    assert talk.ask({"text": TWO, "context_id": "a", "end": True}).words("a") == [TWO]


def test_after_an_engine_failure_in_the_middle_text_is_swallowed_until_the_end() -> None:
    talk = Talk(audio="binary", engine=ToneEngine(faults={"fail_on": "cough"}))
    talk.say({"text": f"{ONE}. cough ", "context_id": "a"})
    talk.say({"text": f"{TWO}", "context_id": "b", "end": True})
    heard = talk.hear()
    assert heard.types == ["ready", "started", "audio", "error", "started", "audio", "done"]
    assert talk.ask({"text": THREE, "context_id": "a", "end": True}) == []
    assert talk.ask({"text": FOUR, "context_id": "a", "end": True}).words("a") == [FOUR]


def test_a_socket_is_refused_a_default_voice_that_is_not_there() -> None:
    with pytest.raises(UnknownVoice):
        Talk(options=Options(voice="nobody"))


def test_a_client_that_asks_and_never_reads_is_sent_away() -> None:
    talk = Talk()

    def ask() -> None:
        for number in range(MAX_CONTROL + 2):
            talk.session.handle(Ping(number))

    with pytest.raises(TooManyUnread):
        ask()


def test_a_client_that_asks_much_and_reads_stays() -> None:
    talk = Talk()
    for number in range(MAX_CONTROL * 2):
        talk.say({"ping": number})
        assert talk.hear(0.001).one("pong")["value"] == number


@pytest.mark.parametrize("context", ["speaking", "waiting"])
def test_flushes_without_end_do_not_pile_up(context: str) -> None:
    talk = Talk(audio="binary")
    talk.say({"text": sentence(100), "context_id": "speaking"})
    talk.say({"text": "wait", "context_id": "waiting"})

    def flush() -> None:
        for _ in range(MAX_CONTROL + 2):
            talk.say({"flush": True, "context_id": context})

    with pytest.raises(TooManyUnread):
        flush()


def test_flushes_that_are_read_may_be_many() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a"})
    for number in range(MAX_CONTROL * 2):
        talk.say({"flush": True, "context_id": "a"})
        assert talk.hear(1.0).one("flushed")["flush_id"] == number + 1


def test_characters_beyond_the_minutes_cost_their_utterance_and_are_told_when_to_come_again() -> None:
    talk = Talk(allowance=Allowance(Quota(chars_per_minute=60)))
    assert talk.hear(0.0).one("ready")["limits"]["chars_per_minute"] == 60
    talk.say({"text": "x" * 60, "context_id": "a", "end": True})
    error = talk.ask({"text": "bako", "context_id": "b"}, 0.0).one("error")
    assert (error["code"], error["retryable"], error["field"]) == ("rate_limited", True, "text")
    assert error["retry_after_s"] == 4.0
    talk.hear(4.0)
    talk.say({"end": True, "context_id": "b"})
    talk.say({"text": "bako", "context_id": "b", "end": True})
    assert talk.hear().of("done").one("done", context="b")


def test_utterances_beyond_their_number_are_refused_until_one_is_over() -> None:
    allowance = Allowance(Quota(utterances=2))
    talk = Talk(allowance=allowance)
    for name in "abc":
        talk.say({"text": "bako bade", "context_id": name, "end": True})
    error = talk.hear().one("error")
    assert (error["code"], error.context, error["retryable"]) == ("busy", "c", True)
    assert allowance.num_utterances == 0
    talk.say({"text": "bako", "context_id": "c"})
    talk.say({"text": "bako", "context_id": "d"})
    talk.hear(0.1)
    assert allowance.num_utterances == 2
    talk.ask({"cancel": True, "context_id": "c"})
    talk.session.close()
    assert allowance.num_utterances == 0


def test_a_socket_that_is_not_used_is_closed_where_that_is_wished() -> None:
    talk = Talk(options=Options(max_lead_s=0.3), limits=Limits(idle_timeout_s=5.0))
    assert talk.hear(0.0).one("ready")["idle_timeout_s"] == 5.0
    talk.say({"text": sentence(100), "context_id": "a", "end": True})
    talk.hear(7.0)
    talk.session.look_idle()
    talk.hear(4.9)
    talk.session.look_idle()
    talk.say({"ping": 1})
    talk.hear(4.9)
    talk.session.look_idle()
    assert not talk.closed
    talk.hear(0.2)
    talk.session.look_idle()
    assert (talk.hear().types, talk.heard[-1]["code"]) == (["closed"], 1000)


def test_without_such_a_wish_a_socket_may_be_idle_for_ever() -> None:
    talk = Talk()
    talk.hear(1e6)
    talk.session.look_idle()
    assert talk.hear().types == []
