# ruff: noqa: RUF001  # the letters of phonetics are meant
"""Pronunciations in IPA, as the library takes them and as they sound."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import _espeak_ng
from engine._espeak_call import call
from engine._espeak_ipa import MAX_SOUNDS, mnemonics, spell
from engine._espeak_text import Script, part_end, script
from engine.types import Span
from tests.engine.espeaking import SENTENCE, engine, hear, say, segment, spans_of

EN, HI, DE = (_espeak_ng.load().phonetics(identifier) for identifier in ("gmw/en-US", "inc/hi", "gmw/de"))

GENERAL_AMERICAN = re.findall(
    r"\S+",
    "p b t d k ɡ tʃ dʒ f v θ ð s z ʃ ʒ h m n ŋ l ɹ j w ʔ iː ɪ ɛ æ ɑː ɔː ʊ uː ʌ ə ɚ ɜː eɪ aɪ ɔɪ aʊ oʊ ɪɹ ɛɹ ʊɹ ɔːɹ ɑːɹ",
)
HINDI = re.findall(
    r"\S+",
    "k kʰ ɡ ɡʰ ŋ c cʰ ɟ ɟʰ ɲ ʈ ʈʰ ɖ ɖʰ ɳ t tʰ d dʰ n p pʰ b bʰ m j ɾ l ʋ ʃ ʂ s h q x ɣ z f "
    "ə aː ɪ i ʊ uː eː ɛː oː ɔː ã ĩ ũ ẽ õ ɛ̃ ɔ̃",
)


def nfd(texts: list[str]) -> set[str]:
    return {unicodedata.normalize("NFD", text) for text in texts}


def test_the_sounds_of_english_and_hindi_are_all_there() -> None:
    assert nfd(GENERAL_AMERICAN) <= set(EN)
    assert nfd(HINDI) <= set(HI)


@pytest.mark.parametrize(
    ("ipa", "table", "phonemes"),
    [
        ("naɪˈkiː", EN, "n|aI|'k|i:"),
        ("/ˈtɔɪ.lət/", EN, "'t|OI|l|@|t"),
        ("kæt", EN, "'k|a|t"),
        ("ˈt͡ʃɛk", EN, "'tS|E|k"),
        ("ˌælɪˈbaɪ", EN, ",a|l|I|'b|aI"),
        ("ræt", EN, "'r|a|t"),
        ("ˈkæt dɔɡ", EN, "'k|a|t d|O|g"),
        ("pʰɛn", EN, "'p|E|n"),
        ("nəmˈəsteː", HI, "n|@|m|'@|s|t|e:"),
        ("ˈbʱaːrət̪", HI, "'b#|a:|r|@|t["),
        ("ˈt͡ʃʰoːʈaː", HI, "'c#|o:|t.|a:"),
        ("maː̃", HI, "'m|a:"),
        ("ˈdoːza", DE, "'d|o:|z|a"),
    ],
)
def test_ipa_becomes_what_the_library_calls_its_sounds(ipa: str, table: dict[str, str], phonemes: str) -> None:
    assert spell(ipa, table) == phonemes


@pytest.mark.parametrize(("ipa", "near"), [("lɒs", "lɔs"), ("kʏt", "kʊt"), ("kɤt", "kʌt"), ("ɦa", "hæ")])
def test_a_sound_that_a_voice_lacks_becomes_the_nearest(ipa: str, near: str) -> None:
    assert spell(ipa, EN) == spell(near, EN) is not None


@pytest.mark.parametrize("ipa", ["", "//", "ˈ", " ", "☃", "kæt☃", "日本", "kət5", "k" * (MAX_SOUNDS + 1)])
def test_what_cannot_be_said_is_reported(ipa: str) -> None:
    assert spell(ipa, EN) is None
    assert engine().phonemes(ipa, "en-us") is None


def test_without_a_table_nothing_can_be_said() -> None:
    assert spell("kæt", {}) is None


@given(st.lists(st.sampled_from(GENERAL_AMERICAN), min_size=1, max_size=12), st.integers(0, 11))
def test_every_sound_comes_back_from_the_library_as_it_was_given(sounds: list[str], stressed: int) -> None:
    ipa = "".join(["ˈ" * (at == stressed) + sound for at, sound in enumerate(sounds)])
    phonemes = spell(ipa, EN)
    assert phonemes is not None
    names = {name: sound for sound, name in EN.items()} | {"r": "ɹ"}
    said = "".join(names[part.lstrip("',")] for part in phonemes.split("|"))
    assert said == unicodedata.normalize("NFD", ipa.replace("ˈ", ""))


@given(st.text(alphabet="aɪbtʃʰˈˌːə̃ ɡkɹ.t͡☃5[]|'", max_size=80))
@settings(max_examples=300)
def test_any_ipa_becomes_phonemes_or_is_reported(ipa: str) -> None:
    phonemes = spell(ipa, EN)
    assert phonemes is None or (phonemes and not set("[]☃ˈə") & set(phonemes))


def test_a_file_that_is_no_table_of_phonemes_has_no_sounds() -> None:
    assert mnemonics(b"") == mnemonics(bytes(40)) == mnemonics(b"\x05\0\0\0\xff" + bytes(100)) == {}


def test_a_pronunciation_is_heard_in_place_of_the_spelling() -> None:
    spelt = hear(segment((Span("Say", 0, 3), Span("cat", 4, 7, ipa="həˈloʊ ˈwɜːld"), Span("now.", 8, 12))))
    assert spelt.seconds == pytest.approx(say("Say hello world now.").seconds, abs=0.06)
    assert spelt.seconds > say("Say cat now.").seconds + 0.3


@pytest.mark.parametrize("voice", ["en-us", "hi", "en-us+f3"])
def test_words_keep_their_times_around_a_pronunciation(voice: str) -> None:
    plain = spans_of("We met Kit again, and Kit was well.")
    ipa = tuple(Span(s.text, s.start, s.end, ipa="kɪt" if s.text == "Kit" else "") for s in plain)
    one, other = hear(segment(plain, voice)), hear(segment(ipa, voice))
    assert [(word.start, word.end) for word in other.words] == [(span.start, span.end) for span in plain]
    if voice != "hi":
        for before, after in zip(one.words, other.words, strict=True):
            assert after.start_s == pytest.approx(before.start_s, abs=0.03)


def test_punctuation_round_a_pronunciation_still_rests() -> None:
    flowing = (Span("Yes", 0, 3), Span("Kit", 4, 7, ipa="kɪt"), Span("came", 8, 12))
    resting = (Span("Yes", 0, 3), Span("(“Kit”),", 4, 12, ipa="kɪt"), Span("came", 13, 17))
    assert hear(segment(resting)).seconds > hear(segment(flowing)).seconds + 0.1


def test_ipa_that_cannot_be_said_leaves_the_text_as_it_is() -> None:
    assert hear(segment((Span("hello", 0, 5, ipa="☃"),))).seconds == pytest.approx(say("hello").seconds, abs=0.01)


def test_brackets_of_the_text_are_not_taken_for_a_pronunciation() -> None:
    spans = (*spans_of("Mind [[k'at]] now "), Span("Kit", 18, 21, ipa="kɪt"))
    made = script(segment(spans), lambda ipa: spell(ipa, EN))
    said = call(made, 0, len(made.text)).text
    assert said.count("[[") == 1
    assert said.endswith("[['k|I|t]]")
    plain = script(segment(spans_of("Mind [[k'at]] now")))
    assert call(plain, 0, len(plain.text)).phonemes is False


def test_positions_lead_back_to_where_the_words_stand() -> None:
    spans = (Span("a", 0, 1), Span("“Kit”,", 2, 8, ipa="kɪt"), Span("b", 9, 10), Span("Kit", 11, 14, ipa="kɪt"))
    made = script(segment(spans), lambda ipa: spell(ipa, EN))
    said = call(made, 0, len(made.text))
    assert said.text == "a “ [['k|I|t]]”, b [['k|I|t]]"
    starts = [0, said.text.index("'k"), said.text.index("b ["), said.text.rindex("'k")]
    assert [made.span_at(said.position(start)) for start in starts] == [0, 1, 2, 3]


@given(st.lists(st.tuples(st.text(alphabet="ab.[ क", max_size=30), st.booleans()), max_size=12), st.integers(1, 200))
def test_every_part_holds_whole_pronunciations_and_fits_the_library(words: list[tuple[str, bool]], limit: int) -> None:
    spans = tuple(
        Span(text, 40 * at, 40 * at + len(text), ipa="ˈkɪtəkæt" if spelt else "")
        for at, (text, spelt) in enumerate(words)
    )
    made: Script = script(segment(spans), lambda ipa: spell(ipa, EN))
    begin = 0
    while begin < len(made.text):
        end = part_end(made, begin, limit)
        said = call(made, begin, end)
        if said.phonemes:
            assert re.findall(r"\[\[|\]\]", said.text) == ["[[", "]]"] * len(said.held)
        assert len(said.text.encode()) <= 800
        assert all(begin <= said.position(at) <= end for at in range(len(said.text)))
        begin = end


def test_many_long_pronunciations_in_one_segment_are_survived() -> None:
    longest = "ˈkæt" + "dɔɡ" * 18
    spans = tuple(Span("Kit", 4 * at, 4 * at + 3, ipa=longest) for at in range(40))
    heard = hear(segment(spans))
    assert len(heard.words) == 40
    assert heard.seconds > 40 * 3


def test_a_pronunciation_does_not_change_how_others_are_read() -> None:
    before, brackets = say(SENTENCE).seconds, say("a [[b'i:]] c").seconds
    hear(segment((Span("Kit", 0, 3, ipa="kɪt"),)))
    assert say("a [[b'i:]] c").seconds == pytest.approx(brackets, abs=0.02)
    assert say(SENTENCE).seconds == pytest.approx(before, rel=0.02)
