"""What becomes of Markdown and tags on their way through a session: what is heard, and what the client is told."""

from __future__ import annotations

import pytest

from engine.tone import EVENTS, ToneEngine
from engine.types import Segment
from tests.voice_server.talk import WORDS, Heard, Talk
from voice_server.messages import Options

ONE, TWO, THREE, FOUR = WORDS[:4]


class NotingEngine(ToneEngine):
    """Notes the segments it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.segments: list[Segment] = []

    def add(self, segment: Segment) -> None:
        self.segments.append(segment)
        super().add(segment)


def talking(**options: object) -> tuple[Talk, NotingEngine]:
    engine = NotingEngine()
    return Talk(engine=engine, options=Options.model_validate({"max_lead_s": 0.0, **options})), engine


def codes(heard: Heard) -> list[str]:
    return [message["code"] for message in heard.of("warning")]


def words(engine: NotingEngine) -> list[str]:
    return [span.text or f"<{span.tag}>" for segment in engine.segments for span in segment.spans]


def test_markdown_is_not_spoken_and_comes_back_as_it_was_written() -> None:
    talk, _ = talking()
    text = f"# {ONE}\n\n- **{TWO}**\n- `{THREE}`\n"
    heard = talk.ask({"text": text, "context_id": "a", "end": True})
    assert heard.words("a", f"{ONE} {TWO} {THREE}") == [ONE, TWO, THREE]
    cancelled = talk.ask({"cancel": True, "played_ms": 100000}).one("cancelled")
    assert (cancelled["text_spoken"], cancelled["text_remaining"]) == (text, "")


def test_a_word_is_told_with_its_place_even_if_what_is_skipped_holds_it_too() -> None:
    text = f"😀 [{ONE}](https://{ONE}.example) <!-- {TWO} --> **{TWO}**"
    heard = talking()[0].ask({"text": text, "context_id": "a", "end": True})
    assert heard.tokens("a") == [ONE, TWO]
    offsets = [offset for message in heard.of("timestamps") for offset in message["offsets"]]
    assert offsets == [text.index(ONE), text.rindex(TWO)]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_how_the_text_comes_makes_no_difference_to_what_is_said(size: int) -> None:
    text = f"[happy] {ONE} **{TWO}**.\n\n```py\nx = [1]\n```\n<break time='1s'/>{THREE} [laugh] a < {FOUR}!"
    talk, engine = talking()
    for start in range(0, len(text), size):
        talk.say({"text": text[start : start + size], "context_id": "a"})
    talk.ask({"end": True, "context_id": "a"})
    assert words(engine) == [ONE, f"{TWO}.", THREE, "<laugh>", "a", "is less than", f"{FOUR}!"]
    assert {segment.emotion for segment in engine.segments} == {"happy"}


def test_an_emotion_colours_the_segments_after_it_until_it_is_taken_back() -> None:
    talk, engine = talking()
    talk.ask({"text": f"{ONE} [happy] {TWO}. ", "context_id": "a", "flush": True})
    talk.ask({"text": f"{THREE} [neutral] {FOUR}", "context_id": "a", "end": True})
    assert [(segment.text, segment.emotion) for segment in engine.segments] == [
        (ONE, ""), (f"{TWO}.", "happy"), (THREE, "happy"), (FOUR, ""),
    ]  # fmt: skip


def test_an_utterance_begins_neutral_whatever_the_one_before_was() -> None:
    talk, engine = talking()
    talk.ask(f"[happy] {ONE}")
    talk.ask(TWO)
    assert [segment.emotion for segment in engine.segments] == ["happy", ""]


def test_a_laugh_is_heard_between_the_words() -> None:
    plain, laughing = (
        talk.ask({"text": text, "context_id": "a", "end": True})
        for talk, text in ((talking()[0], f"{ONE} {TWO}"), (talking()[0], f"{ONE} [laugh] {TWO}"))
    )
    added = len(laughing.pcm("a")) - len(plain.pcm("a"))
    assert added == pytest.approx(EVENTS["laugh"].number * 0.07 * 48000, abs=48)
    assert laughing.tokens("a") == [ONE, TWO]


def test_a_pause_is_as_long_as_it_was_asked_for() -> None:
    lengths = {}
    for text in (f"{ONE} {TWO}", f"{ONE} <break time='700ms'/> {TWO}"):
        heard = talking()[0].ask({"text": text, "context_id": "a", "end": True})
        lengths[text] = len(heard.pcm("a")) / 48000
    first, second = lengths.values()
    assert second - first == pytest.approx(0.7, abs=0.011)


def test_an_unknown_tag_is_left_out_with_one_warning() -> None:
    talk, engine = talking()
    heard = talk.ask({"text": f"[dance] {ONE} [juggle] {TWO}", "context_id": "a", "end": True})
    assert words(engine) == [ONE, TWO]
    assert codes(heard) == ["unknown_tag"]
    assert "dance" in heard.one("warning")["message"]


def test_an_unknown_tag_is_read_where_that_is_wanted() -> None:
    talk, engine = talking(markup="literal")
    heard = talk.ask({"text": f"[dance] **{ONE}**", "context_id": "a", "end": True})
    assert words(engine) == ["[dance]", ONE]
    assert codes(heard) == []


def test_a_tag_that_the_engine_does_not_have_is_left_out_with_a_warning() -> None:
    talk, engine = talking()
    heard = talk.ask({"text": f"[sarcastic] {ONE} [sneeze] {TWO}", "context_id": "a", "end": True})
    assert words(engine) == [ONE, TWO]
    assert {segment.emotion for segment in engine.segments} == {""}
    assert codes(heard) == ["unsupported_tag"]


def test_code_is_left_out_with_a_warning() -> None:
    heard = talking()[0].ask({"text": f"{ONE}\n```\ncode\n```\n{TWO}", "context_id": "a", "end": True})
    assert heard.words("a", f"{ONE} {TWO}") == [ONE, TWO]
    assert codes(heard) == ["text_skipped"]


def test_without_markup_a_text_is_read_as_it_is_written() -> None:
    talk, engine = talking(markup="off")
    heard = talk.ask({"text": f"[laugh] {ONE}", "context_id": "a", "end": True})
    assert words(engine) == ["[laugh]", ONE]
    assert codes(heard) == []


def test_text_that_is_only_markup_is_done_at_once() -> None:
    heard = talking()[0].ask({"text": "***\n---\n<b></b>", "context_id": "a", "end": True})
    assert heard.types == ["ready", "started", "done"]


def test_a_language_that_no_voice_speaks_is_spoken_all_the_same_with_a_warning() -> None:
    heard = talking()[0].ask({"text": ONE, "context_id": "a", "language": "tlh", "end": True})
    assert heard.types == ["ready", "started", "warning", "audio", "done"]
    warning = heard.one("warning")
    assert (warning["code"], warning["field"]) == ("unknown_language", "language")
    assert heard.words("a", ONE) == [ONE]


def test_a_named_voice_reads_any_language_without_a_warning() -> None:
    heard = talking()[0].ask({"text": ONE, "context_id": "a", "voice": "tone", "language": "tlh", "end": True})
    assert codes(heard) == []


def test_a_lexicon_says_how_words_are_pronounced_also_in_the_middle_of_a_stream() -> None:
    talk, engine = talking()
    lexicon = f"{ONE} {TWO} = {FOUR}\n"
    for start, text in enumerate((f"{THREE} {ONE[:2]}", f"{ONE[2:]} ", f"{TWO}, {THREE}")):
        talk.say({"text": text, "context_id": "a"} | ({"lexicon": lexicon} if not start else {}))
        talk.hear(0.5)
    heard = talk.ask({"context_id": "a", "end": True})
    assert words(engine) == [THREE, f"{FOUR},", THREE]
    assert talk.heard.tokens("a") == [THREE, f"{ONE} {TWO},", THREE]
    assert heard.types[-1] == "done"


def test_a_wrong_lexicon_costs_the_utterance_and_names_every_line() -> None:
    heard = talking()[0].ask({"text": ONE, "context_id": "a", "lexicon": "one\ntwo = \n", "end": True})
    error = heard.one("error")
    assert (error["code"], error["field"], error["context_id"]) == ("invalid_field", "lexicon", "a")
    assert "line 1" in error["message"]
    assert "line 2" in error["message"]
