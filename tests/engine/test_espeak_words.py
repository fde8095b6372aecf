from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.types import Span
from tests.engine.espeaking import Heard, engine, hear, segment, spans_of

RATE = engine().info.sample_rate

SENTENCES = {
    "en-us": "Of the people, by the people: I am at the door, to be or not to be!",
    "hi": "नमस्ते, आप कैसे हैं? मैं ठीक हूँ।",
    "te": "నమస్కారం, మీరు ఎలా ఉన్నారు?",
    "ta": "வணக்கம், நீங்கள் எப்படி இருக்கிறீர்கள்?",
    "bn": "নমস্কার, আপনি কেমন আছেন?",
    "ur": "آپ کیسے ہیں؟ میں ٹھیک ہوں۔",  # noqa: RUF001
    "de": "Am 24. Dezember kostet es 1.234,50 Euro, oder?",
    "it": "Perché è così? Non lo so, è la verità.",
    "ko": "안녕하세요, 만나서 반갑습니다. 오늘 날씨가 좋네요",
    "af": "Hoe gaan dit met jou, my vriend?",
    "hu": "A 2024-es év 12 hónapja elmúlt.",
    "ru": "Привет, как дела? Всё хорошо.",
    "ar": "مرحبا، كيف حالك اليوم؟",
    "cmn": "我们 去 吃饭 。 你好 ， 世界 ！",  # noqa: RUF001
    "ja": "こんにちは 、 世界 。",
    "th": "สวัสดีครับ วันนี้อากาศดีมาก",
    "chr": "ᎣᏏᏲ ᏙᎯᏧ ᎣᏏᏉ",
}


def check(spans: tuple[Span, ...], heard: Heard) -> None:
    """One word a span, in order, within the audio, and each in the chunk in which it begins."""
    assert [(word.start, word.end) for word in heard.words] == [(span.start, span.end) for span in spans]
    times = [moment for word in heard.words for moment in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert not times or 0.0 <= times[0] <= times[-1] <= heard.seconds
    begin = 0
    for chunk in heard.chunks:
        end = begin + len(chunk.pcm)
        assert all(begin <= word.start_s * RATE + 0.5 and word.start_s * RATE <= end + 0.5 for word in chunk.words)
        begin = end


@pytest.mark.parametrize("voice", SENTENCES)
def test_every_token_has_its_time_in(voice: str) -> None:
    spans = spans_of(SENTENCES[voice])
    heard = hear(segment(spans, voice))
    check(spans, heard)
    spoken = [word for word, span in zip(heard.words, spans, strict=True) if any(c.isalnum() for c in span.text)]
    assert all(word.end_s - word.start_s > 0.02 for word in spoken)
    assert heard.words[0].start_s < 0.05
    assert spoken[-1].end_s > heard.seconds - 0.1


def test_words_begin_where_they_sound() -> None:
    spans = spans_of("Hello. World.")
    hello, dot, world, _ = hear(segment(spans)).words
    alone = hear(segment(spans_of("Hello."))).seconds
    assert dot.start_s == dot.end_s == hello.end_s == world.start_s
    assert world.start_s == pytest.approx(alone + 0.3, abs=0.06)


def test_a_number_of_several_words_is_one_word() -> None:
    spans = (Span("it", 0, 2), Span("costs", 3, 8), Span("five million dollars", 9, 19), Span("today", 20, 25))
    heard = hear(segment(spans))
    check(spans, heard)
    lengths = [word.end_s - word.start_s for word in heard.words]
    assert lengths[2] == max(lengths)


def test_a_chinese_token_starts_with_its_first_character() -> None:
    together = hear(segment((Span("我们", 0, 2), Span("吃饭", 2, 4)), "cmn")).words
    apart = hear(segment(tuple(Span(char, i, i + 1) for i, char in enumerate("我们吃饭")), "cmn")).words
    assert together[1].start_s == pytest.approx(apart[2].start_s, abs=0.02)


def test_words_stay_in_place_over_many_parts() -> None:
    spans = spans_of("We went to the river, of the people at the door. " * 20)
    heard = hear(segment(spans))
    assert len(heard.chunks) > 4
    check(spans, heard)
    rivers = [word for word, span in zip(heard.words, spans, strict=True) if span.text == "river"]
    assert all(word.end_s - word.start_s == pytest.approx(0.4, abs=0.25) for word in rivers)


@pytest.mark.parametrize(("speed", "off_s"), [(0.5, 0.3), (2.0, 0.1), (4.0, 0.2)])
def test_words_follow_the_speed(speed: float, off_s: float) -> None:
    spans = spans_of("We went to the river and found it cold")
    normal, changed = hear(segment(spans)), hear(segment(spans, speed=speed))
    check(spans, changed)
    for before, after in zip(normal.words, changed.words, strict=True):
        assert after.start_s == pytest.approx(before.start_s / speed, abs=off_s)


def test_a_span_longer_than_a_part_has_one_word_and_those_after_it_follow() -> None:
    spans = (Span("twelve " * 60, 0, 9), Span("dogs", 10, 14), Span(".", 14, 15))
    heard = hear(segment(spans))
    check(spans, heard)
    assert heard.words[1].start_s == pytest.approx(heard.seconds - 0.6, abs=0.3)


TEXTS = st.text(max_size=40) | st.text(alphabet="aB1.,-'ि क中ก\u200d\u0301😀[<&", max_size=120)


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 1)), max_size=8), st.sampled_from(["en-us", "hi", "cmn"]))
def test_any_unicode_gives_one_word_a_span_or_nothing_at_all(made_of: list[tuple[str, int]], voice: str) -> None:
    spans: list[Span] = []
    at = 0
    for text, space in made_of:
        spans.append(Span(text, at + space, at + space + len(text)))
        at = spans[-1].end
    heard = hear(segment(tuple(spans), voice))
    check(tuple(spans) if heard.chunks else (), heard)
