"""Conversations: text in by the piece, by the line, in many contexts, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import duration_of
from tests.voice_server.talk import WORDS, Talk, sentence
from voice_server.messages import Audio, Options

ONE, TWO, THREE, FOUR = WORDS[:4]


def test_a_session_begins_with_ready() -> None:
    ready = Talk(audio="base64", options=Options(voice="tone-low", speed=2.0)).hear().one("ready")
    assert (ready["protocol"], ready["engine"]) == (1, "tone")
    assert ready["limits"] == {
        **{"text_chars": 1 << 20, "contexts": 64, "frame_bytes": 1 << 20},
        **dict.fromkeys(("sessions", "utterances", "chars_per_minute")),
    }
    chosen = {"voice": "tone-low", "language": "hi", "speed": 2.0, "audio": "base64", "max_lead_s": 10.0}
    assert chosen.items() <= ready["defaults"].items()


@pytest.mark.parametrize("audio", ["binary", "tagged", "base64"])
def test_a_plain_line_is_spoken(audio: Audio) -> None:
    heard = Talk(audio=audio).ask(f"{ONE} {TWO}")
    assert heard.types == ["ready", "started", "audio", "done"]
    assert heard.words("1") == [ONE, TWO]
    assert heard.one("started").body.items() >= {
        "context_id": "1",
        "stream": 1,
        "voice": "tone",
        "language": "en-us",
        "format": "pcm_s16le",
        "sample_rate": 48000,
        "frame_ms": 60,
        "pre_skip": 0,
    }.items()  # fmt: skip
    done = heard.one("done")
    assert done["audio_ms"] == pytest.approx(1000 * (duration_of(ONE) + duration_of(TWO)), abs=10)
    assert done["chars"] == len(f"{ONE} {TWO}")


def test_plain_lines_are_spoken_one_after_another() -> None:
    talk = Talk(audio="binary")
    talk.say(ONE)
    talk.say(TWO)
    heard = talk.hear()
    assert heard.types == ["ready", "started", "audio", "done", "started", "audio", "done"]
    assert (heard.words("1"), heard.words("2")) == ([ONE], [TWO])


def test_a_plain_line_does_not_join_the_utterance_that_is_open() -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} "})
    talk.say(TWO)
    talk.say({"text": THREE, "end": True})
    heard = talk.hear()
    assert (heard.words("1"), heard.words("2")) == ([ONE, THREE], [TWO])


def test_text_comes_by_the_piece() -> None:
    talk = Talk()
    for piece in (ONE[:1], ONE[1:] + " ", TWO, ". ", THREE[:2]):
        talk.say({"text": piece})
    talk.say({"text": THREE[2:], "end": True})
    heard = talk.hear()
    assert heard.words("1", f"{ONE} {TWO}. {THREE}") == [ONE, TWO, THREE]
    assert heard.tokens("1") == [ONE, f"{TWO}.", THREE]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 40), max_size=6), st.sampled_from([0.0, 0.1, 0.5]))
def test_the_same_words_are_spoken_however_the_text_was_cut(cuts: list[int], wait_s: float) -> None:
    text = f"{ONE}, {TWO} {THREE}. {FOUR} {FOUR} {ONE}"
    talk = Talk()
    begin = 0
    for cut in sorted({min(cut, len(text)) for cut in cuts} | {len(text)}):
        talk.say({"text": text[begin:cut], "context_id": "a"})
        talk.hear(wait_s)
        begin = cut
    talk.say({"end": True, "context_id": "a"})
    talk.hear()
    assert talk.heard.words("a", text) == [ONE, TWO, THREE, FOUR, FOUR, ONE]
    assert talk.heard.tokens("a") == text.split()


def test_an_utterance_without_text_is_done() -> None:
    heard = Talk().ask({"text": "", "end": True})
    assert heard.types == ["ready", "started", "done"]
    assert heard.one("done")["audio_ms"] == 0
    assert heard.one("done")["timeline"]["rtf"] is None


@pytest.mark.parametrize("text", [" ", "\n\n\t", "😀 👍🏽", "\x00", "…", "\ud800", "\u200b\ufeff"])
def test_text_that_says_nothing_is_done_without_audio(text: str) -> None:
    talk = Talk()
    heard = talk.ask({"text": text, "end": True})
    assert heard.types == ["ready", "started", "done"]
    assert (heard.one("done")["audio_ms"], heard.one("done")["chars"]) == (0, len(text))
    assert talk.ask(ONE).words("2") == [ONE]


def test_without_a_context_id_text_goes_to_one_utterance_until_its_end() -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} "})
    talk.say({"text": TWO, "end": True})
    talk.say({"text": THREE, "end": True})
    heard = talk.hear()
    assert [message.context for message in heard.of("started")] == ["1", "2"]
    assert (heard.words("1"), heard.words("2")) == ([ONE, TWO], [THREE])


def test_the_name_the_server_gave_is_understood() -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} "})
    talk.say({"text": TWO, "context_id": "1", "end": True})
    assert talk.hear().words("1") == [ONE, TWO]


def test_a_name_the_server_gives_is_nobody_elses() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "2"})
    talk.say(TWO)
    heard = talk.hear()
    assert len({message.context for message in heard.of("started")}) == 2


def test_tagged_contexts_interleave() -> None:
    talk = Talk(options=Options(max_lead_s=1.0))
    texts = {f"c{index}": sentence(30, 30 * index) for index in range(5)}
    for context, text in texts.items():
        talk.say({"text": text, "context_id": context, "end": True})
    heard = talk.hear()
    order = [message.context for message in heard.of("audio")]
    for context, text in texts.items():
        assert heard.words(context) == text.split()
        assert order.index(context) < 50
    assert heard.of("done")[0].at == pytest.approx(heard.of("done")[-1].at, abs=0.1)


def test_binary_contexts_sound_one_after_another_in_the_order_they_began() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": f"{ONE} ", "context_id": "a"})
    talk.say({"text": f"{TWO} ", "context_id": "b"})
    talk.say({"text": FOUR, "context_id": "c", "end": True})
    talk.say({"text": THREE, "context_id": "b", "end": True})
    assert talk.hear(1.0).words("a") == [ONE]
    assert not talk.heard.of("started", context="b")
    talk.say({"end": True, "context_id": "a"})
    talk.hear()
    assert talk.heard.types == ["ready", *["started", "audio", "done"] * 3]
    assert [message.context for message in talk.heard.of("done")] == ["a", "b", "c"]
    assert talk.heard.words("b") == [TWO, THREE]
    timelines = [message["timeline"] for message in talk.heard.of("done")]
    assert timelines[0]["turn_wait_ms"] == 0
    assert [timeline["turn_wait_ms"] for timeline in timelines[1:]] == pytest.approx([1000, 1000], abs=1)
    assert timelines[1]["text_wait_ms"] >= timelines[1]["turn_wait_ms"]
    assert timelines[1]["ttfb_ms"] == pytest.approx(1000, abs=1)


def test_a_context_id_may_be_used_again_once_its_utterance_is_done() -> None:
    talk = Talk()
    for word in (ONE, TWO):
        heard = talk.ask({"text": word, "context_id": "a", "end": True})
        assert heard.of("done", "error").types == ["done"]
        assert heard.words("a") == [word]
    assert [message["stream"] for message in talk.heard.of("started")] == [1, 2]


def test_flushes_are_answered_in_order_after_the_audio_of_their_text() -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} {TWO}", "flush": True})
    talk.say({"text": f" {THREE}", "flush": True})
    heard = talk.hear()
    assert heard.types == ["ready", "started", "audio", "flushed", "audio", "flushed"]
    assert [message["flush_id"] for message in heard.of("flushed")] == [1, 2]
    first = heard.index(heard.of("flushed")[0])
    assert type(heard)(heard[:first]).words("1") == [ONE, TWO]
    assert heard.words("1") == [ONE, TWO, THREE]
    assert talk.ask({"text": FOUR, "end": True}).types == ["audio", "done"]


def test_a_flush_with_nothing_to_speak_is_answered_at_once() -> None:
    talk = Talk()
    talk.say({"text": ONE, "flush": True})
    talk.hear()
    heard = talk.ask({"flush": True})
    assert (heard.types, heard[0]["flush_id"]) == (["flushed"], 2)
    assert talk.ask({"text": "  ", "flush": True}).types == ["flushed"]


def test_a_flush_after_the_end_is_answered_before_done() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a", "end": True})
    talk.say({"flush": True, "context_id": "a"})
    assert talk.hear().types == ["ready", "started", "audio", "flushed", "done"]
    talk = Talk(options=Options(max_lead_s=0.5))
    talk.say({"text": sentence(60), "context_id": "a", "end": True})
    talk.hear(4.0)
    talk.say({"flush": True, "context_id": "a"})
    talk.hear()
    assert talk.heard.types == ["ready", "started", "audio", "flushed", "done"]


def test_a_flush_of_a_waiting_context_is_answered_in_its_turn() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": ONE, "context_id": "a"})
    talk.say({"text": TWO, "context_id": "b", "flush": True})
    talk.say({"text": THREE, "context_id": "b"})
    talk.hear()
    talk.say({"end": True, "context_id": "a"})
    talk.say({"end": True, "context_id": "b"})
    talk.hear()
    assert talk.heard.types == ["ready", "started", "audio", "done", "started", "audio", "flushed", "audio", "done"]
    assert talk.heard.words("b") == talk.heard.tokens("b") == [TWO, THREE]


@pytest.mark.parametrize("message", [{"flush": True}, {"end": True}, {"cancel": True}, {"playback": {"played_ms": 5}}])
@pytest.mark.parametrize("context", [{}, {"context_id": "nobody"}])
def test_what_is_asked_of_nobody_is_ignored(message: dict[str, object], context: dict[str, object]) -> None:
    talk = Talk()
    assert talk.ask(message | context).types == ["ready"]
    assert talk.ask(ONE).words("1") == [ONE]


def test_a_second_end_is_ignored() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a", "end": True})
    talk.say({"end": True, "context_id": "a"})
    assert talk.hear().types == ["ready", "started", "audio", "done"]


def test_options_after_the_first_message_are_ignored_with_one_warning() -> None:
    talk = Talk()
    talk.say({"text": ONE, "context_id": "a", "speed": 1.0, "sample_rate": 48000})
    talk.say({"text": " ", "context_id": "a", "speed": 1.0})
    assert not talk.hear().of("warning")
    talk.say({"text": TWO, "context_id": "a", "speed": 2.0, "volume": 0.5})
    talk.say({"text": f" {THREE}", "context_id": "a", "speed": 3.0, "end": True})
    heard = talk.hear()
    warning = heard.one("warning")
    assert (warning["code"], warning["field"], warning.context) == ("option_ignored", "speed", "a")
    assert talk.heard.words("a") == [ONE, TWO, THREE]


def test_an_utterance_may_choose_its_own_voice_format_and_pace() -> None:
    talk = Talk(options=Options(voice="tone-high"))
    options = {"voice": "tone-low", "format": "alaw", "sample_rate": 8000, "speed": 2.0, "seed": 7, "frame_ms": 20}
    heard = talk.ask({"text": ONE, "end": True, **options})
    started = heard.one("started")
    assert {name: started[name] for name in options if name != "speed"} | {"speed": 2.0} == options
    assert started["language"] == "hi"
    assert len(heard.data("1")) == pytest.approx(8000 * duration_of(ONE) / 2, abs=8)
    assert talk.ask(TWO).one("started")["voice"] == "tone-high"


def test_a_seed_is_told_that_gives_the_same_again() -> None:
    talk = Talk()
    seed = talk.ask({"text": ONE, "end": True}).one("started")["seed"]
    assert 0 <= seed < 1 << 32
    assert talk.ask({"text": ONE, "end": True, "seed": seed}).one("started")["seed"] == seed


def test_a_ping_is_answered_while_others_speak() -> None:
    talk = Talk(options=Options(max_lead_s=0.2))
    talk.say(sentence(50))
    talk.hear(1.0)
    heard = talk.ask({"ping": "now"}, 0.0)
    assert (heard[0].type, heard[0]["value"]) == ("pong", "now")


def test_close_speaks_what_there_is_and_then_closes() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": ONE, "context_id": "a"})
    talk.say({"text": TWO, "context_id": "b"})
    talk.say({"close": True})
    heard = talk.hear()
    assert heard.types == ["ready", "started", "audio", "done", "started", "audio", "done", "closed"]
    assert (heard.words("a"), heard.words("b"), heard[-1]["code"]) == ([ONE], [TWO], 1000)


def test_close_with_nothing_to_speak_closes_at_once() -> None:
    talk = Talk()
    talk.hear(1.0)
    heard = talk.ask({"close": True})
    assert (heard.types, heard[0]["code"]) == (["closed"], 1000)
    assert heard[0].at == pytest.approx(1.0)


def test_after_close_no_text_is_taken() -> None:
    talk = Talk(options=Options(max_lead_s=0.2))
    talk.say({"text": sentence(20), "context_id": "a"})
    talk.say({"close": True})
    talk.hear(0.1)
    talk.say({"text": TWO, "context_id": "b", "end": True})
    heard = talk.hear()
    assert heard.one("error").context == "b"
    assert heard.types[-2:] == ["done", "closed"]
    assert len(talk.heard.words("a")) == 20


def test_a_closing_socket_can_still_be_silenced() -> None:
    talk = Talk()
    talk.say(sentence(200))
    talk.say({"close": True})
    talk.hear(1.0)
    assert talk.ask({"cancel": True}).types == ["cancelled", "closed"]


def test_a_server_that_stops_tells_what_is_left_to_say() -> None:
    talk = Talk(audio="binary", options=Options(max_lead_s=0.2))
    text = sentence(20)
    talk.say({"text": text, "context_id": "a", "end": True})
    talk.say({"text": ONE, "context_id": "b"})
    talk.hear(0.5)
    talk.session.shut_down()
    heard = talk.hear()
    assert (heard.types, heard[-1]["code"]) == (["closing", "closed"], 1012)
    remaining = heard[0]["text_remaining"]
    assert remaining.keys() == {"a", "b"}
    assert text.endswith(remaining["a"])
    assert len(remaining["a"].split()) == pytest.approx(20 - 0.5 / 0.08, abs=1.5)
    assert remaining["b"] == ONE
    talk.session.close()


def test_before_the_server_stops_what_has_begun_is_spoken_to_its_end() -> None:
    talk = Talk(audio="binary", options=Options(max_lead_s=0.2))
    talk.say({"text": sentence(20), "context_id": "a", "end": True})
    talk.say({"text": sentence(10, 20), "context_id": "b"})
    talk.hear(0.5)
    talk.session.leave()
    told = talk.hear(0.0).one("closing")["text_remaining"]
    assert sentence(20).endswith(told["a"])
    assert told["b"] == sentence(10, 20)
    talk.say({"text": f" {sentence(10, 30)}", "context_id": "b", "end": True})
    heard = talk.hear()
    assert heard.types[-3:] == ["done", "closing", "closed"]
    assert (heard[-2]["text_remaining"], heard[-1]["code"]) == ({}, 1012)
    assert talk.heard.words("a") == sentence(20).split()
    assert talk.heard.words("b") == sentence(20, 20).split()


def test_before_the_server_stops_nothing_new_is_begun() -> None:
    talk = Talk(options=Options(max_lead_s=0.2))
    talk.say({"text": sentence(20), "context_id": "a", "end": True})
    talk.hear(0.5)
    talk.session.leave()
    error = talk.ask({"text": "more ", "context_id": "b"}, 0.0).one("error")
    assert (error["code"], error.context, error["retryable"], error["fatal"]) == ("busy", "b", True, False)
    talk.say({"text": "and more", "context_id": "b", "end": True})
    assert talk.hear().of("done", "error", "closed").types == ["done", "closed"]


def test_before_the_server_stops_a_socket_without_speech_is_closed_at_once() -> None:
    talk = Talk()
    talk.ask(ONE)
    talk.session.leave()
    heard = talk.hear(0.0)
    assert heard.types == ["closing", "closed"]
    assert (heard[0]["text_remaining"], heard[1]["code"]) == ({}, 1012)


def test_a_client_that_goes_leaves_nothing_in_the_engine() -> None:
    talk = Talk()
    talk.say(sentence(50))
    talk.say({"text": sentence(50), "context_id": "a"})
    talk.hear(1.0)
    talk.session.close()
    assert talk.hear(10.0) == []
    samples = {sample.name: sample.value for family in talk.metrics.registry.collect() for sample in family.samples}
    assert (samples["tts_sessions"], samples["tts_utterances"], samples["tts_live_segments"]) == (0, 0, 0)
