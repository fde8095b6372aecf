from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from engine._espeak_text import MAX_COST, MAX_PART, Script, next_sound, part_end, pause_after, place_words, script
from engine.types import Span
from tests.engine.espeaking import one_span, segment, spans_of

PROSE = "We went to the river, all of us; and it was cold. "


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    made: list[Span] = []
    at = 0
    for text in draw(st.lists(st.text(max_size=60), max_size=12)):
        at += draw(st.integers(0, 2))
        made.append(Span(text, at, at + len(text)))
        at += len(text)
    return tuple(made)


def parts_of(made: Script, limit: int = MAX_PART) -> list[str]:
    parts, begin = [], 0
    while begin < len(made.text):
        end = part_end(made, begin, limit)
        assert begin < end <= begin + limit
        parts.append(made.text[begin:end])
        begin = end
    return parts


@given(spans())
def test_every_span_starts_where_its_text_is(made_of: tuple[Span, ...]) -> None:
    made = script(segment(made_of))
    for start, span in zip(made.starts, made.spans, strict=True):
        if span.text and not unicodedata.category(span.text[0]).startswith(("C", "Z", "Pd")):
            assert made.text[start] == span.text[0]
            assert made.spans[made.span_at(start)] == span


@given(spans())
def test_only_spaces_are_added_and_only_controls_and_hyphens_taken_away(made_of: tuple[Span, ...]) -> None:
    def kept(text: str) -> list[str]:
        return [char for char in text if char != "-" and not unicodedata.category(char).startswith(("C", "Z"))]

    wanted = segment(made_of)
    sent = script(wanted).text
    assert kept(sent) == kept(wanted.text)
    assert "\0" not in sent
    sent.encode()


@given(st.text(alphabet="ab.क1ि\u200dე-", max_size=400))
def test_no_run_is_longer_than_what_the_library_says(text: str) -> None:
    runs = script(segment(one_span(text))).text.split()
    assert all(len(run) <= 32 for run in runs)
    assert all(len(run) <= 20 for run in runs if run.isdigit())


@given(spans(), st.integers(1, MAX_PART))
def test_parts_are_the_whole_text_and_each_is_affordable(made_of: tuple[Span, ...], limit: int) -> None:
    made = script(segment(made_of))
    parts = parts_of(made, limit)
    assert "".join(parts) == made.text
    assert all(len(part.encode()) <= MAX_COST for part in parts)


def test_dots_and_hangul_make_parts_shorter() -> None:
    assert max(part.count(".") for part in parts_of(script(segment(one_span("ა.ბ." * 100))))) <= 45
    assert max(map(len, parts_of(script(segment(one_span("한국어 " * 100)))))) <= 100
    assert max(map(len, parts_of(script(segment(one_span("नमस्ते " * 100)))))) > 180


def test_short_abbreviations_and_words_are_left_as_they_are() -> None:
    for text in (
        "U.S.A. e.g. Ph.D. 192.168.100.1 1,234,567.89",
        "Donaudampfschifffahrtsgesellschaft"[:32],
        "中文，中文。",  # noqa: RUF001
    ):
        assert script(segment(one_span(text))).text == text


def test_a_hyphen_after_punctuation_is_a_space_unless_it_is_a_minus() -> None:
    assert script(segment(one_span("(-ა well-known - (-5) ,-\u0b80"))).text == "( ა well-known - (-5) , \u0b80"


def test_a_long_run_is_broken_after_its_punctuation() -> None:
    sent = script(segment(one_span("https://example.com/one/two/three/four"))).text
    assert all(piece[-1] in "/.:" for piece in sent.split()[:-1])
    assert len(sent.split()) > 1


def test_a_part_ends_after_a_clause_rather_than_at_the_limit() -> None:
    parts = parts_of(script(segment(PROSE * 10)))
    assert all(part.rstrip()[-1] in ",;." for part in parts)


def test_a_part_ends_between_spans_rather_than_within_one() -> None:
    number = "one hundred and twenty three thousand"
    made_of = tuple(Span(number, 10 * i, 10 * i + 9) for i in range(20))
    assert all(part.strip().endswith("thousand") for part in parts_of(script(segment(made_of))))


def test_an_over_long_span_ends_at_a_space_and_never_within_a_character() -> None:
    parts = parts_of(script(segment(one_span("twelve " * 60))))
    assert all(part == "twelve " * (len(part) // 7) for part in parts)
    marks = parts_of(script(segment(one_span("कि" * 300))))
    assert not any(part[0] == "ि" for part in marks)


def test_the_next_sound_is_the_word_that_holds_it() -> None:
    text = "... ( $5 and"
    assert text[next_sound(text, 0) :] == "$5 and"
    assert next_sound("?! — …", 0) is None
    assert next_sound("ab", 1) == 1


def test_pauses_are_those_of_a_clause_a_sentence_and_none() -> None:
    assert pause_after("so. ", 4) > pause_after("so; ", 4) > pause_after("so, ", 4) > pause_after("so ", 3) == 0.0
    assert pause_after('he said "so." ', 14) == pause_after("है। ", 4) == pause_after("so. ", 4)


def test_words_without_an_event_share_the_time_of_the_one_before() -> None:
    made = script(segment(spans_of("of the people.")))
    words = place_words(made, 0, 3, [(0, 0.0), (7, 1.0)], 2.0)
    assert [(word.start, word.end) for word in words] == [(0, 2), (3, 6), (7, 13), (13, 14)]
    assert [(word.start_s, word.end_s) for word in words] == [(0.0, 0.4), (0.4, 1.0), (1.0, 2.0), (2.0, 2.0)]


def test_several_events_within_a_word_are_one_and_the_first_starts_it() -> None:
    made = script(segment(spans_of("1234 dogs")))
    words = place_words(made, 0, 1, [(0, 0.0), (1, 0.3), (2, 0.6), (5, 1.0)], 1.5)
    assert [(word.start_s, word.end_s) for word in words] == [(0.0, 1.0), (1.0, 1.5)]


def test_an_event_outside_of_every_word_belongs_to_the_one_before() -> None:
    made = script(segment(spans_of("one two")))
    words = place_words(made, 0, 1, [(0, 0.0), (3, 0.4), (4, 0.5), (99, 0.9)], 1.0)
    assert [word.start_s for word in words] == [0.0, 0.5]


@settings(max_examples=200)
@given(spans(), st.lists(st.tuples(st.integers(-5, 300), st.floats(0, 9)), min_size=1), st.floats(0.5, 10))
def test_any_events_give_one_word_a_span_in_order(
    made_of: tuple[Span, ...], begins: list[tuple[int, float]], end_s: float
) -> None:
    made = script(segment((*made_of, Span("x", 9999, 10000))))
    words = place_words(made, 0, len(made.spans) - 1, begins, end_s)
    assert [(word.start, word.end) for word in words] == [(span.start, span.end) for span in made.spans]
    times = [moment for word in words for moment in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert 0.0 <= times[0] <= times[-1] <= end_s


def test_a_megabyte_is_written_and_cut_in_linear_time() -> None:
    made = script(segment(one_span("a." * 20_000)))
    assert len("".join(parts_of(made)).replace(" ", "")) == 40_000


def test_an_event_leaves_nothing_in_what_is_sent() -> None:
    hello, there = Span("Hello", 0, 5), Span("there", 14, 19)
    made = script(segment((Span("", 0, 0, tag="sigh"), hello, Span("", 6, 13, tag="laugh"), there)))
    assert (made.text, made.starts, made.spans) == ("Hello there", (0, 6), (hello, there))
