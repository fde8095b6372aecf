"""Ids are written out as numbers: those of the public model, in the order of its published inference."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.parser import Stage
from engine.spark.prompting import Prompting, parse_prompting
from engine.spark.prompts import NOTHING_YET, Past, Prompt, Prompts, ending, joined, wording
from engine.spark.voice_files import SparkVoice, Style
from engine.types import Segment, Span
from tests.engine.spark.spelling import PUBLIC, spelt

TOKENS = tuple(range(4064, 4096))
SPEAKER = [165150, *range(155729, 155761), 165156]

CLONE = SparkVoice("asha", tokens=TOKENS)
DEEP = SparkVoice("deep", gender="male", style=Style("very_low", "high"))
DEEP_MADE = replace(DEEP, tokens=TOKENS, style=Style("very_low", "high", (123, 4)))
SUNBIRD = 'template = "{speaker}: {text}"\n[voices.acholi]\nspeaker = "241"\n'


def build(prompting: str = "") -> Prompts:
    return Prompts(PUBLIC, parse_prompting(prompting))


def test_a_clone_is_the_text_and_the_speaker_and_then_speech() -> None:
    prompt = build().speak(CLONE, "Hi.")
    assert prompt.ids == (165137, 165146, *b"Hi.", 165152, *SPEAKER, 165151)
    assert (prompt.stage, prompt.semantic_only) == (Stage.SEMANTIC, True)


def test_without_the_marker_the_model_says_itself_that_speech_begins() -> None:
    prompt = build("marker = false").speak(CLONE, "Hi.")
    assert prompt.ids == (165137, 165146, *b"Hi.", 165152, *SPEAKER)
    assert (prompt.stage, prompt.semantic_only) == (Stage.GLOBAL, False)


@pytest.mark.parametrize("prompting", ["", "marker = false"])
def test_a_clone_goes_on_from_what_it_said(prompting: str) -> None:
    prompt = build(prompting).speak(CLONE, "Hi.", Past("Well,", (0, 7, 8191)))
    said = (155761, 155768, 163952)
    assert prompt.ids == (165137, 165146, *b"Well, Hi.", 165152, *SPEAKER, 165151, *said)
    assert prompt.semantic_only


def test_a_voice_is_made_up_of_labels() -> None:
    prompt = build().make_up(DEEP, "Hi.")
    style = (165147, 165033, 164965, 164989, 165153)
    assert prompt.ids == (165143, 165146, *b"Hi.", 165152, *style)
    assert (prompt.stage, prompt.semantic_only) == (Stage.ACOUSTIC, False)


@pytest.mark.parametrize(
    ("gender", "style", "ids"),
    [
        ("female", Style(), (165032, 164967, 164988)),
        ("female", Style("very_high", "very_low"), (165032, 164969, 164986)),
        ("male", Style("low", "very_high"), (165033, 164966, 164990)),
    ],
)
def test_each_label_has_its_id(gender: str, style: Style, ids: tuple[int, ...]) -> None:
    voice = SparkVoice("a", gender="female" if gender == "female" else "male", style=style)
    assert build().make_up(voice, "").ids[-4:-1] == ids


def test_a_voice_made_to_order_is_held_by_all_that_the_model_chose_for_it() -> None:
    prompt = build().speak(DEEP_MADE, "Hi.")
    style = (165147, 165033, 164965, 164989, 165153)
    values = (165149, 164076, 164979, 165155)
    assert prompt.ids == (165143, 165146, *b"Hi.", 165152, *style, *values, *SPEAKER, 165151)
    assert prompt.semantic_only


def test_a_voice_made_to_order_goes_on_too() -> None:
    prompt = build().speak(DEEP_MADE, "Hi.", Past("Well,", (9,)))
    assert prompt.ids[:11] == (165143, 165146, *b"Well, Hi.")
    assert prompt.ids[-2:] == (165151, 155770)


def test_a_style_without_values_is_a_clone_once_it_has_a_speaker() -> None:
    assert build().speak(replace(DEEP, tokens=TOKENS), "Hi.") == build().speak(CLONE, "Hi.")


def test_a_fine_tunes_speaker_is_named_and_the_model_says_its_tokens() -> None:
    prompt = build(SUNBIRD).make_up(SparkVoice("acholi", speaker="241"), "Hi.")
    assert prompt.ids == (165137, 165146, *b"241: Hi.", 165152, 165150)
    assert (prompt.stage, prompt.semantic_only) == (Stage.GLOBAL, False)


def test_a_fine_tunes_speaker_with_stored_tokens_is_named_and_given() -> None:
    prompt = build(SUNBIRD).speak(SparkVoice("acholi", speaker="241", tokens=TOKENS), "Hi.")
    assert prompt.ids == (165137, 165146, *b"241: Hi.", 165152, *SPEAKER, 165151)


def test_a_named_speaker_goes_on_and_is_named_once() -> None:
    prompt = build(SUNBIRD).speak(SparkVoice("acholi", speaker="241", tokens=TOKENS), "Hi.", Past("Well,", (9,)))
    assert prompt.ids[:16] == (165137, 165146, *b"241: Well, Hi.")


def test_a_clone_has_no_name_that_a_fine_tune_would_know() -> None:
    assert build(SUNBIRD).speak(CLONE, "Hi.").ids[2:6] == (*b"Hi.", 165152)


def test_a_voice_may_be_put_in_a_way_of_its_own() -> None:
    voice = SparkVoice("minh", speaker="Minh", template="@{speaker}: {text}", tokens=TOKENS)
    assert build(SUNBIRD).speak(voice, "Hi.").ids[2:12] == tuple(b"@Minh: Hi.")


@pytest.mark.parametrize("text", ["{text}", "{speaker}", "{}", "%s", "{0}", "{text"])
def test_braces_in_a_text_are_text(text: str) -> None:
    voice = SparkVoice("acholi", speaker="241", tokens=TOKENS)
    assert list(build(SUNBIRD).speak(voice, text).ids[2 : 7 + len(text)]) == spelt(f"241: {text}")


def test_what_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="voice deep has no speaker tokens yet"):
        build().speak(DEEP, "Hi.")
    with pytest.raises(ValueError, match="voice asha has neither a style nor a speaker"):
        build().make_up(CLONE, "Hi.")


def segment(*spans: Span, emotion: str = "") -> Segment:
    return Segment(1, 1, "asha", "en", spans, emotion=emotion)


LAUGHING = segment(
    Span("Oh", 0, 2), Span("", 3, 9, tag="laugh"), Span("five", 10, 11), Span(".", 11, 12), emotion="happy"
)


def test_emotions_and_events_are_written_as_the_model_spells_them() -> None:
    assert wording(LAUGHING, {"laugh": "<laughs>", "happy": "[happy]"}) == "[happy] Oh <laughs> five."


@pytest.mark.parametrize("tags", [{}, {"sigh": "[sighs]"}])
def test_what_a_model_does_not_understand_is_left_out(tags: dict[str, str]) -> None:
    assert wording(LAUGHING, tags) == "Oh five."
    assert wording(segment(Span("", 0, 5, tag="laugh"), emotion="sad"), tags) == ""


def test_an_event_alone_is_something_to_say() -> None:
    assert wording(segment(Span("", 0, 6, tag="laugh")), {"laugh": "<laughs>"}) == "<laughs>"


@given(st.lists(st.tuples(st.sampled_from(["", "one", "two", "."]), st.integers(0, 1)), max_size=8))
def test_without_tags_it_is_the_segments_own_text(parts: list[tuple[str, int]]) -> None:
    spans, at = list[Span](), 0
    for text, gap in parts:
        spans.append(Span(text, at + gap, at + gap + len(text) + 1))
        at = spans[-1].end
    assert wording(segment(*spans), {"laugh": "<laughs>"}) == segment(*spans).text


def test_no_space_comes_between_texts_that_are_written_without() -> None:
    assert joined("Well,", "Hi.") == "Well, Hi."
    assert joined("你好。", "火车") == "你好。火车"
    assert joined("はい、", "Hi") == "はい、Hi"
    assert joined("안녕", "Hi") == "안녕 Hi"
    assert joined("", "Hi.") == "Hi."


def test_what_is_short_is_gone_on_from_as_a_whole() -> None:
    assert ending("Well, then.", (1, 2, 3), 3) == Past("Well, then.", (1, 2, 3))


def test_of_what_is_long_the_last_words_are_kept_and_never_more_than_were_said() -> None:
    codes = tuple(range(100))
    assert ending("aaaa bbbb cccc dddd", codes, 60) == Past("cccc dddd", tuple(range(40, 100)))
    assert ending("aaaa bbbb cccc dddd", codes, 40) == Past("dddd", tuple(range(60, 100)))
    assert ending("aaaa bbbb cccc dddd", codes, 10) == NOTHING_YET
    assert ending("火车早上七点开车", codes, 50) == Past("七点开车", tuple(range(50, 100)))


@given(st.text("ab ,。火", max_size=60), st.lists(st.integers(0, 8191), max_size=300), st.integers(0, 200))
def test_an_ending_is_an_ending_and_fits(text: str, codes: list[int], most: int) -> None:
    past = ending(text, tuple(codes), most)
    assert text.endswith(past.text)
    assert codes[len(codes) - len(past.codes) :] == list(past.codes)
    assert len(past.codes) <= most
    assert len(past.text) * len(codes) <= max(len(past.codes), 0) * len(text) or past.codes == tuple(codes)


@given(
    st.text(max_size=30),
    st.lists(st.integers(0, 8191), max_size=30).map(tuple),
    st.sampled_from(["", "marker = false"]),
)
def test_whatever_is_said_stands_between_the_two_markers_of_text(
    text: str, codes: tuple[int, ...], prompting: str
) -> None:
    prompt: Prompt = build(prompting).speak(CLONE, text, Past("so", codes))
    end = prompt.ids.index(165152)
    assert list(prompt.ids[2:end]) == spelt(joined("so", text))
    assert [id - 155761 for id in prompt.ids if 155761 <= id < 163953] == list(codes)


def test_the_public_model_takes_no_tags_and_a_fine_tune_takes_its_own() -> None:
    assert build().text(LAUGHING, CLONE) == "Oh five."
    assert build('[tags]\nlaugh = "<laughs>"').text(LAUGHING, CLONE) == "Oh <laughs> five."
    assert Prompts(PUBLIC, Prompting()).text(LAUGHING, replace(CLONE, tags={"happy": "[joy]"})) == "[joy] Oh five."
