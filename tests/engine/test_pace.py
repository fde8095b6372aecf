"""Word times of engines that tell none: reckoned, and held against the true ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.local import LocalLoop
from engine.pace import USUAL_S, Pace, Rate, weights
from engine.tone import ToneEngine
from engine.types import Chunk, Ended, Output, Segment, Span, Word
from tests.engine.build import Clock, Heard, build_segment
from tests.engine.espeaking import engine as espeak

RATE = 1000
TEXTS = (
    "the cat sat on a mat",
    "extraordinary machines, of course",
    "I do. We all do, do we not?",
    "unbelievable",
    "an international committee met to discuss it again and again",
)


def pace(text: str, rate: Rate | None = None, speed: float = 1.0) -> Pace:
    segment = build_segment(text)
    return Pace(Segment(1, 1, "tone", "en", segment.spans, speed=speed), rate or Rate(), RATE)


def told(made: Pace, num_samples: int, step: int = 10) -> tuple[list[Word], list[Word]]:
    """Return the words told while audio is made, and those at its end."""
    sizes = [min(step, num_samples - at) for at in range(0, num_samples, step)]
    return [word for size in sizes for word in made.heard(size)], made.end()


def test_a_word_is_told_when_it_is_over_and_the_last_fits_the_end() -> None:
    made = pace("a cat and a cat")
    first_s = USUAL_S * sum(weights(Span("a", 0, 1)))
    assert made.heard(int(first_s * RATE) - 1) == []
    (word,) = made.heard(2)
    assert (word.start, word.end, word.start_s, word.estimated) == (0, 1, 0.0, True)
    assert word.end_s == pytest.approx(first_s)
    early, late = told(made, 5 * RATE)
    assert [word.start for word in early] == [2, 6, 10]
    assert len(late) == 1
    assert late[0].end_s == pytest.approx((int(first_s * RATE) + 1) / RATE + 5)


def test_what_has_not_been_told_shares_out_the_rest_by_its_length() -> None:
    early, late = told(pace("cat extraordinary cat"), 200)
    assert early == []
    lengths = [word.end_s - word.start_s for word in late]
    assert sum(lengths) == pytest.approx(0.2)
    assert lengths[1] > 2 * lengths[0] == pytest.approx(2 * lengths[2])


def test_a_pause_after_punctuation_belongs_to_no_word() -> None:
    _, (yes, no) = told(pace("yes, no"), 100)
    assert yes.end_s < no.start_s
    assert no.end_s == pytest.approx(0.1)


def test_an_event_takes_its_time_and_has_no_word() -> None:
    spans = (Span("a", 0, 1), Span("", 2, 9, tag="laugh"), Span("b", 10, 11))
    _, (one, other) = told(Pace(Segment(1, 1, "tone", "en", spans), Rate(), RATE), 100)
    assert (one.start, other.start) == (0, 10)
    assert other.start_s - one.end_s > 2 * (one.end_s - one.start_s)


def test_a_voice_is_learned_from_what_it_has_said() -> None:
    rate = Rate()
    for _ in range(5):
        told(pace("one and another word", rate), 5 * RATE)
    slow = rate.s
    assert slow > 3 * USUAL_S
    for _ in range(200):
        told(pace("one and another word", rate), RATE)
    assert rate.s == pytest.approx(slow / 5, rel=0.2)


def test_the_users_speed_is_not_taken_for_the_voices() -> None:
    slow, fast = Rate(), Rate()
    told(pace("one and another word", slow), 2 * RATE)
    told(pace("one and another word", fast, speed=2.0), RATE)
    assert slow.s == pytest.approx(fast.s)
    assert len(told(pace("one and another word", slow, speed=2.0), RATE)[0]) == 3


def test_nothing_made_gives_every_word_its_place_and_teaches_nothing() -> None:
    rate = Rate()
    _, late = told(pace("a b", rate), 0)
    assert [(word.start_s, word.end_s) for word in late] == [(0.0, 0.0)] * 2
    assert rate.s == USUAL_S
    assert told(pace("", rate), 100) == ([], [])


WORDS = st.text(alphabet="ab e,.。我कि5-", max_size=8) | st.text(max_size=4)


@given(st.lists(WORDS, max_size=8), st.lists(st.integers(0, 400), max_size=12), st.sampled_from([0.5, 1.0, 4.0]))
@settings(max_examples=300)
def test_words_are_in_order_within_what_was_made_and_told_once(
    texts: list[str], sizes: list[int], speed: float
) -> None:
    spans = tuple(Span(text, 10 * at, 10 * at + len(text)) for at, text in enumerate(texts))
    made, num_made, words = Pace(Segment(1, 1, "v", "en", spans, speed=speed), Rate(), RATE), 0, list[Word]()
    for size in sizes:
        num_made += size
        new = made.heard(size)
        assert all(word.end_s <= num_made / RATE for word in new)
        words += new
    words += made.end()
    assert [(word.start, word.end) for word in words] == [(span.start, span.end) for span in spans]
    assert all(word.estimated and 0 <= word.start_s <= word.end_s <= num_made / RATE for word in words)
    assert all(one.end_s <= other.start_s for one, other in pairwise(words))


def perform(aligned: bool, chunk_ms: float) -> Heard:
    """Say TEXTS three times, as one utterance."""
    clock, heard = Clock(), Heard(Output())
    loop = LocalLoop(ToneEngine(chunk_ms=chunk_ms, aligned=aligned), clock, clock.advance)
    loop.open(1, heard.output, 0.0, heard)
    at = 0
    for text in TEXTS * 3:
        loop.submit(build_segment(text, 1, gap_ms=150, start=at))
        at += len(text) + 1
    loop.close(1)
    loop.run()
    return heard


@pytest.mark.parametrize("chunk_ms", [20, 500])
def test_the_loop_reckons_what_a_tone_does_not_tell(chunk_ms: float) -> None:
    true, reckoned = perform(True, chunk_ms), perform(False, chunk_ms)
    assert [(word.start, word.end) for word in reckoned.words] == [(word.start, word.end) for word in true.words]
    assert all(word.estimated for word in reckoned.words)
    assert not any(word.estimated for word in true.words)
    off_s = [abs(one.start_s - other.start_s) for one, other in zip(true.words, reckoned.words, strict=True)]
    known = off_s[len(off_s) // 3 :]  # by then the voice has been heard
    assert sum(known) / len(known) < 0.065, "less than a word, which here is 82 ms long on average"
    assert max(known) < 0.200
    times = [moment for word in reckoned.words for moment in (word.start_s, word.end_s)]
    assert times == sorted(times)
    made = 0
    for delivery in reckoned.deliveries:
        made += delivery.num_samples
        assert all(word.end_s <= made / 48000 + 0.05 for word in delivery.words)
    assert any(delivery.words and delivery.ended is None for delivery in reckoned.deliveries)


def test_speech_is_followed_within_a_word() -> None:
    """The same sentence again, when the voice is known: less than a word off, on average."""
    text = "the train to the city leaves at seven in the evening, from the platform over there"
    segment = build_segment(text, voice="en-us")
    rate, off_s = Rate(), list[float]()
    for turn in range(3):
        espeak().add(segment)
        made, reckoned, true, ended = Pace(segment, rate, espeak().info.sample_rate), list[Word](), list[Word](), False
        while not ended:
            for output in espeak().step({segment.id: 0.0}):
                if isinstance(output, Chunk):
                    true += output.words
                    for at in range(0, output.pcm.size, 441):
                        reckoned += made.heard(output.pcm[at : at + 441].size)
                ended = isinstance(output, Ended)
        reckoned += made.end()
        if turn == 2:
            off_s = [abs(one.start_s - other.start_s) for one, other in zip(true, reckoned, strict=True)]
    assert sum(off_s) / len(off_s) < 0.15
