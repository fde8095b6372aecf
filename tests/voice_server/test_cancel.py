"""Cancelling: silence at once, and a report of what was heard and what was not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import duration_of
from tests.voice_server.talk import WORDS, Heard, Talk, sentence
from voice_server.messages import Audio, Options

ONE, TWO, THREE, FOUR = WORDS[:4]
TEXT = sentence(40)
WORD_MS = 1000 * duration_of(ONE)
"""Every word of a sentence has four letters."""


def spoken(heard: Heard, context: str | None = None) -> tuple[str, str]:
    told = heard.one("cancelled", context=context)
    return told["text_spoken"], told["text_remaining"]


def split(num_words: int, text: str = TEXT) -> tuple[str, str]:
    """Return what was spoken and what remains after so many words: the cut is at the start of the next."""
    cut = sum(len(word) + 1 for word in text.split()[:num_words])
    return text[:cut], text[cut:]


def told_by(heard: Heard, context: str, played_ms: float) -> int:
    """Return how many words were over by a position, as the client was told."""
    return sum(
        end_ms <= played_ms for message in heard.of("timestamps", context=context) for end_ms in message["end_ms"]
    )


@pytest.mark.parametrize(
    ("played_ms", "num_words"),
    [(0, 0), (1, 0), (WORD_MS - 1, 0), (WORD_MS, 1), (1.5 * WORD_MS, 1), (3 * WORD_MS, 3), (3.9 * WORD_MS, 3)],
)
def test_a_word_is_spoken_when_its_end_was_heard(played_ms: float, num_words: int) -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a"})
    talk.hear(1.0)
    heard = talk.ask({"cancel": True, "context_id": "a", "played_ms": played_ms})
    assert heard.types == ["cancelled"]
    assert spoken(heard) == split(num_words)


def test_what_was_not_delivered_cannot_have_been_heard() -> None:
    talk = Talk(options=Options(max_lead_s=1.0))
    talk.say({"text": TEXT, "context_id": "a"})
    delivered_ms = talk.hear(0.0).data("a").__len__() / 96
    heard = talk.ask({"cancel": True, "context_id": "a", "played_ms": 1e9})
    assert heard.one("cancelled")["audio_ms"] == pytest.approx(delivered_ms)
    assert spoken(heard) == split(int(delivered_ms // WORD_MS))


def test_what_was_all_heard_was_all_spoken() -> None:
    talk = Talk()
    talk.say({"text": f"{ONE} {TWO}. 😀 ", "context_id": "a", "end": True})
    audio_ms = talk.hear(0.0).one("done")["audio_ms"]
    heard = talk.ask({"cancel": True, "context_id": "a", "played_ms": audio_ms})
    assert spoken(heard) == (f"{ONE} {TWO}. 😀 ", "")


def test_white_space_after_the_last_word_goes_with_it() -> None:
    talk = Talk()
    talk.say({"text": f" {ONE}\n\n", "context_id": "a", "flush": True})
    talk.hear(1.0)
    assert spoken(talk.ask({"cancel": True, "context_id": "a", "played_ms": 1000})) == (f" {ONE}\n\n", "")


def test_nothing_heard_is_nothing_spoken() -> None:
    talk = Talk()
    talk.say({"text": f"  {ONE}", "context_id": "a", "flush": True})
    talk.hear(0.0)
    assert spoken(talk.ask({"cancel": True, "context_id": "a"})) == ("", f"  {ONE}")


@pytest.mark.parametrize("after_s", [0.0, 0.079, 0.081, 0.5, 1.0, 3.0])
def test_without_a_position_the_listener_is_taken_to_play_since_the_first_audio(after_s: float) -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a"})
    talk.hear(after_s)
    num_words = told_by(talk.heard, "a", 1000 * after_s)
    assert num_words == pytest.approx(1000 * after_s / WORD_MS, abs=1)
    assert spoken(talk.ask({"cancel": True, "context_id": "a"})) == split(num_words)


def test_a_listener_that_ran_dry_is_taken_to_have_stood_still() -> None:
    talk = Talk()
    talk.say({"text": sentence(10), "context_id": "a", "flush": True})
    talk.hear(5.0)
    talk.say({"text": " " + sentence(30, 10), "context_id": "a", "flush": True})
    talk.hear(0.21)
    assert spoken(talk.ask({"cancel": True, "context_id": "a"})) == split(12)


def test_what_the_listener_reports_is_what_it_has_heard() -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a"})
    talk.hear(2.0)
    talk.say({"playback": {"played_ms": 500}, "context_id": "a"})
    talk.hear(0.5)
    assert spoken(talk.ask({"cancel": True, "context_id": "a"})) == split(12)


def test_nothing_of_a_cancelled_utterance_follows() -> None:
    talk = Talk(options=Options(max_lead_s=0.5))
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    talk.say({"text": TEXT, "context_id": "b", "end": True})
    talk.hear(1.0)
    talk.say({"cancel": True, "context_id": "a"})
    heard = talk.hear()
    assert heard[0].type == "cancelled"
    assert [message.type for message in heard if message.context == "a"] == ["cancelled"]
    assert talk.heard.words("b") == TEXT.split()
    assert talk.ask({"cancel": True, "context_id": "a"}) == []


def test_the_name_of_a_cancelled_utterance_is_free() -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a"})
    talk.hear(0.5)
    talk.say({"cancel": True, "context_id": "a"})
    talk.say({"text": FOUR, "context_id": "a", "end": True})
    heard = talk.hear()
    assert heard.types == ["cancelled", "started", "audio", "done"]
    assert heard.words("a") == [FOUR]
    assert len({message["stream"] for message in talk.heard.of("started")}) == 2


def test_a_waiting_utterance_is_cancelled_without_having_started() -> None:
    talk = Talk(audio="binary")
    for context in "abc":
        talk.say({"text": f"{ONE} {TWO}", "context_id": context})
    heard = talk.ask({"cancel": True, "context_id": "b"})
    assert spoken(heard) == ("", f"{ONE} {TWO}")
    assert heard.one("cancelled")["audio_ms"] == 0
    talk.say({"end": True, "context_id": "a"})
    talk.say({"end": True, "context_id": "c"})
    talk.hear()
    assert [message.context for message in talk.heard.of("started")] == ["a", "c"]


def test_cancelling_the_one_that_speaks_gives_the_next_its_turn() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": TEXT, "context_id": "a"})
    talk.say({"text": FOUR, "context_id": "b", "end": True})
    talk.hear(1.0)
    heard = talk.ask({"cancel": True, "context_id": "a"})
    assert heard.types == ["cancelled", "started", "audio", "done"]
    assert heard.words("b") == [FOUR]
    assert heard.one("started").at == pytest.approx(1.0)


def test_what_is_done_but_not_played_out_can_be_cancelled() -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    assert talk.hear(0.0).of("done")
    talk.hear(1.0)
    heard = talk.ask({"cancel": True, "context_id": "a"})
    assert heard.types == ["cancelled"]
    assert spoken(heard) == split(12)


def test_what_is_done_and_played_out_cannot() -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    talk.hear(3.3)
    assert talk.ask({"cancel": True}) == []
    assert talk.ask({"cancel": True, "context_id": "a"}) == []


@pytest.mark.parametrize("played_ms", [None, 1000])
def test_without_a_context_id_all_that_interleave_are_cancelled(played_ms: int | None) -> None:
    talk = Talk()
    talk.say({"text": TEXT, "context_id": "done", "end": True})
    talk.say({"text": TEXT, "context_id": "open"})
    talk.say({"text": TEXT})
    talk.hear(1.0)
    heard = talk.ask({"cancel": True, "played_ms": played_ms})
    assert [message.context for message in heard] == ["done", "open", "3"]
    for message in heard:
        assert (message["text_spoken"], message["text_remaining"]) == split(12)
    assert talk.ask({"text": ONE, "end": True}).words("4") == [ONE]


@pytest.mark.parametrize("at_s", [1.003, 4.003, 5.003])
@pytest.mark.parametrize("reported", [True, False])
def test_without_a_context_id_a_position_runs_on_from_one_utterance_into_the_next(at_s: float, reported: bool) -> None:
    talk = Talk(audio="binary")
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    talk.say({"text": TEXT, "context_id": "b", "end": True})
    talk.say({"text": f"{ONE} ", "context_id": "c"})
    talk.say({"text": TWO, "context_id": "d"})
    talk.hear(0.5)
    over_s = talk.heard.one("done", context="a")["audio_ms"] / 1000
    num_words = told_by(talk.heard, "b", 1000 * (at_s - over_s))
    expected = {"b": split(num_words), "c": ("", f"{ONE} "), "d": ("", TWO)}
    if at_s < over_s:
        expected["a"] = split(told_by(talk.heard, "a", 1000 * at_s))
    if reported:
        talk.say({"playback": {"played_ms": 1000 * at_s}})
    heard = talk.ask({"cancel": True} | ({} if reported else {"played_ms": 1000 * at_s}))
    told = {message.context: (message["text_spoken"], message["text_remaining"]) for message in heard}
    assert told == {"a": (TEXT, "")} | expected if not reported else expected


def test_a_report_does_not_make_the_next_utterance_begin_before_the_one_that_sounds_is_over() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    talk.say({"text": TEXT, "context_id": "b"})
    talk.hear(1.0)
    talk.say({"playback": {"played_ms": 200}})
    talk.hear(2.0)  # a plays until 1.0 + 3.0
    heard = talk.ask({"cancel": True})
    assert spoken(heard, "a") == split(27)
    assert spoken(heard, "b") == split(0)


def test_an_utterance_is_taken_to_sound_after_the_one_before_it() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": TEXT, "context_id": "a", "end": True})
    talk.say({"text": TEXT, "context_id": "b", "end": True})
    talk.hear(4.0)
    num_words = told_by(talk.heard, "b", 4000 - talk.heard.one("done", context="a")["audio_ms"])
    assert 8 < num_words < 12
    heard = talk.ask({"cancel": True})
    assert [message.context for message in heard] == ["b"]
    assert spoken(heard) == split(num_words)


def test_when_the_one_before_is_silenced_an_utterance_sounds_at_once() -> None:
    talk = Talk(audio="binary")
    talk.say({"text": TEXT, "context_id": "a"})
    talk.say({"text": TEXT, "context_id": "b"})
    talk.hear(1.0)
    talk.say({"playback": {"played_ms": 500}})
    talk.say({"cancel": True, "context_id": "a"})
    talk.hear(0.5)
    assert spoken(talk.ask({"cancel": True}), "b") == split(6)


def places(tokens: list[str], text: str) -> list[int]:
    """Return where each token is in the text."""
    starts: list[int] = []
    end = 0
    for token in tokens:
        starts.append(text.index(token, end))
        end = starts[-1] + len(token)
    return starts


PIECES = st.lists(
    st.sampled_from(
        [*WORDS[:8], " ", ", ", ". ", "\n\n", "😀", "नमस्ते", "你好。", "12", "$5", "\x00", "é", "\r\n", "—"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=60)
@given(
    text=PIECES,
    cuts=st.lists(st.integers(0, 200), max_size=4),
    waits=st.lists(st.sampled_from([0.0, 0.03, 0.2, 0.5, 1.7]), min_size=6, max_size=6),
    played_ms=st.none() | st.floats(0, 3000),
    audio=st.sampled_from(["binary", "tagged"]),
)
def test_spoken_and_remaining_are_together_exactly_the_text(
    text: str, cuts: list[int], waits: list[float], played_ms: float | None, audio: Audio
) -> None:
    talk = Talk(audio=audio, options=Options(max_lead_s=0.3))
    edges = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    talk.ask({"text": "", "context_id": "a"})
    for begin, end, wait_s in zip(edges, edges[1:], waits, strict=False):
        talk.say({"text": text[begin:end], "context_id": "a"})
        talk.hear(wait_s)
    heard = talk.ask({"cancel": True, "context_id": "a", "played_ms": played_ms}, 1.0)
    assert [message.type for message in heard] == ["cancelled"]
    before, after = spoken(heard)
    assert before + after == text
    if played_ms is not None:
        played_ms = min(played_ms, heard[0]["audio_ms"] + 0.001)
        starts = places(talk.heard.tokens("a"), text)
        assert sum(start < len(before) for start in starts) == told_by(talk.heard, "a", played_ms)
