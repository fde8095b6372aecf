from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.audio.crossfade import fade_in, fade_out
from engine.audio.encoder import NOT_PADDED, Padding
from engine.audio.resample import Resampler
from engine.tail import SEAM, Tail
from engine.types import TAIL_RATE, Pcm, Word
from tests.engine.assembly import Part, assemble

LENGTHS = (0, 1, 2, 100, SEAM - 1, SEAM, SEAM + 1, 700, 2 * SEAM - 1, 2 * SEAM, 2 * SEAM + 1, 2500)


def noise(size: int, seed: int = 0) -> Pcm:
    return np.random.default_rng(seed).uniform(-1, 1, size).astype(np.float32)


def stream(parts: list[Part], rate: int = TAIL_RATE, padding: Padding = NOT_PADDED) -> Pcm:
    tail = Tail(rate)
    out: list[Pcm] = []
    for part in parts:
        tail.begin(part.gap_ms)
        out.extend(tail.push(chunk) for chunk in np.split(part.pcm, sorted(part.cuts)))
        out.append(tail.end())
        if part.released:
            out.append(tail.release(padding))
    out.append(tail.release())
    return np.concatenate(out)


@st.composite
def parts(draw: st.DrawFn) -> list[Part]:
    found = []
    for seed in range(draw(st.integers(1, 6))):
        size = draw(st.sampled_from(LENGTHS))
        cuts = draw(st.lists(st.integers(0, size), max_size=6))
        gap_ms = draw(st.sampled_from((0, 0, 0, 3, 150)))
        found.append(Part(noise(size, seed), gap_ms, tuple(cuts), draw(st.booleans())))
    return found


@given(parts())
@settings(max_examples=300)
def test_what_is_streamed_equals_the_offline_assembly_sample_for_sample(given: list[Part]) -> None:
    assert np.array_equal(stream(given), assemble(given))


@given(parts(), st.builds(Padding, st.sampled_from((1, 960, 2880)), st.sampled_from((0, 312, 3408))))
@settings(max_examples=100)
def test_so_it_does_where_silence_follows_what_is_released(given: list[Part], padding: Padding) -> None:
    assert np.array_equal(stream(given, padding=padding), assemble(given, padding))


def test_the_silence_after_what_is_released_counts_in_the_times_of_the_words_that_follow() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    tail.push(noise(1000), [Word(0, 1, 0.0, 0.01)])
    tail.end()
    first = tail.take_words()
    tail.release(Padding(960, 312))  # 1000 and 312 are 1312: two packets
    tail.begin(0)
    tail.push(noise(1000), [Word(2, 3, 0.0, 0.01)])
    tail.end()
    assert [word.start_s for word in (*first, *tail.take_words())] == [0.0, 1920 / TAIL_RATE]


def test_nothing_is_added_where_nothing_came_since() -> None:
    tail = Tail(TAIL_RATE)
    assert tail.release(Padding(960, 312)).size == 0
    tail.begin(0)
    begun = tail.push(noise(900)).size + tail.end().size
    assert begun + tail.release(Padding(960, 312)).size == 1920
    assert tail.release(Padding(960, 312)).size == 0


@given(parts())
@settings(max_examples=40)
def test_so_it_does_at_another_engine_rate(given: list[Part]) -> None:
    def resampled(part: Part) -> Part:
        resampler = Resampler(24000, TAIL_RATE)
        pcm = np.concatenate((resampler.push(part.pcm), resampler.flush()))
        return Part(pcm, part.gap_ms, (), part.released)

    assert np.array_equal(stream(given, 24000), assemble([resampled(part) for part in given]))


def test_a_single_segment_begins_as_it_is_and_fades_out_over_ten_milliseconds() -> None:
    pcm = noise(5000)
    out = stream([Part(pcm)])
    assert np.array_equal(out[:-SEAM], pcm[:-SEAM])
    assert np.array_equal(out[-SEAM:], pcm[-SEAM:] * fade_out(SEAM))


def test_two_segments_without_a_gap_overlap_by_ten_milliseconds() -> None:
    steady = np.full(4800, 0.5, np.float32)
    out = stream([Part(steady), Part(steady)])
    assert out.size == 2 * 4800 - SEAM
    assert np.allclose(out[:-SEAM], 0.5, atol=1e-6)


def test_a_gap_is_silent_and_exactly_as_long_as_asked() -> None:
    steady = np.full(4800, 0.5, np.float32)
    out = stream([Part(steady), Part(steady, gap_ms=150)])
    assert not out[4800 : 4800 + 7200].any()
    assert out[4800 + 7200] == 0.5
    assert out.size == 2 * 4800 + 7200


def test_the_first_segment_has_no_gap() -> None:
    assert stream([Part(noise(960), gap_ms=500)]).size == 960


def test_what_follows_a_released_end_fades_in_alone() -> None:
    steady = np.full(4800, 0.5, np.float32)
    out = stream([Part(steady, released=True), Part(steady)])
    assert out.size == 2 * 4800
    assert np.array_equal(out[4800 : 4800 + SEAM], steady[:SEAM] * fade_in(SEAM))


def test_the_gap_of_a_segment_without_sound_goes_to_the_next() -> None:
    first, silent, last = Part(noise(960)), Part(noise(0), gap_ms=300), Part(noise(960), gap_ms=100)
    assert stream([first, silent, last]).size == 2 * 960 + 300 * 48


def test_only_the_last_ten_milliseconds_are_held_back() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    assert tail.push(noise(SEAM)).size == 0
    assert tail.push(noise(960)).size == 960
    assert tail.end().size == 0
    assert tail.release().size == SEAM
    assert tail.release().size == 0


def test_the_engines_samples_are_left_as_they_are() -> None:
    pcm = noise(700)
    pcm.flags.writeable = False
    stream([Part(noise(960)), Part(pcm), Part(pcm)])
    assert np.array_equal(pcm, noise(700))


def test_words_are_told_on_the_clock_of_the_utterance() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    tail.push(noise(48000), [Word(0, 5, 0.1, 0.9)])
    tail.end()
    assert tail.take_words() == (Word(0, 5, 0.1, 0.9),)
    tail.begin(0)
    tail.push(noise(48000), [Word(6, 9, 0.25, 0.5)])
    (joined,) = tail.take_words()
    assert [joined.start_s, joined.end_s] == pytest.approx([1.24, 1.49])
    tail.end()
    tail.begin(500)
    tail.push(noise(48000), [Word(10, 12, 0.0, 0.5)])
    (parted,) = tail.take_words()
    assert [parted.start_s, parted.end_s] == pytest.approx([2.49, 2.99])


def test_words_wait_until_their_place_is_known() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    tail.push(noise(100), [Word(0, 5, 0.0, 1.0)])
    assert tail.take_words() == ()
    tail.end()
    assert tail.take_words() == (Word(0, 5, 0.0, 100 / TAIL_RATE),)


def test_words_of_a_segment_without_sound_are_not_lost() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    tail.push(noise(960), [Word(0, 1, 0.0, 0.02)])
    tail.end()
    tail.begin(0)
    tail.push(noise(0), [Word(2, 3, 0.0, 0.0)])
    tail.end()
    assert [word.start for word in tail.take_words()] == [0, 2]
    assert tail.release().size == SEAM


@given(parts(), st.floats(0, 0.2), st.floats(0, 0.2))
def test_words_are_in_order_and_within_the_audio(given: list[Part], start_s: float, length_s: float) -> None:
    tail = Tail(TAIL_RATE)
    words: list[Word] = []
    for number, part in enumerate(given):
        tail.begin(part.gap_ms)
        tail.push(part.pcm, [Word(number, number + 1, start_s, start_s + length_s)])
        tail.end()
        words.extend(tail.take_words())
    times = [time_s for word in words for time_s in (word.start_s, word.end_s)]
    assert len(words) == len(given)
    assert times == sorted(times)
    assert times[-1] <= stream([Part(part.pcm, part.gap_ms) for part in given]).size / TAIL_RATE


def test_a_word_that_is_estimated_stays_marked_so() -> None:
    tail = Tail(TAIL_RATE)
    tail.begin(0)
    tail.push(noise(1000), [Word(0, 1, 0.0, 0.01), Word(2, 3, 0.01, 0.02, estimated=True)])
    tail.end()
    assert [word.estimated for word in tail.take_words()] == [False, True]
