from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import ToneEngine, decode, duration_of, hear, pitch_of, vocabulary
from engine.types import Chunk, Ended, Failed, Pcm, Segment
from tests.engine.build import build_segment

WORDS = vocabulary(400)


def speak(segment: Segment, sample_rate: int = 48000, chunk_ms: float = 20) -> Pcm:
    engine = ToneEngine(sample_rate, chunk_ms)
    engine.add(segment)
    pieces: list[Pcm] = []
    while True:
        for output in engine.step({segment.id: 0.0}):
            if not isinstance(output, Chunk):
                return np.concatenate(pieces)
            pieces.append(output.pcm)


def test_four_hundred_words_have_four_hundred_pitches() -> None:
    assert len({pitch_of(word) for word in WORDS}) == len(WORDS) == 400


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.sampled_from([8000, 16000, 22050, 48000]))
@settings(max_examples=30, deadline=None)
def test_the_words_can_be_told_from_the_sound(words: list[str], sample_rate: int) -> None:
    pcm = speak(build_segment(" ".join(words)), sample_rate)
    assert hear(pcm, sample_rate, WORDS) == words
    assert decode(pcm, sample_rate) == pytest.approx([pitch_of(word) for word in words], abs=0.5)


def test_an_unknown_tone_is_told_as_such() -> None:
    pcm = speak(build_segment("bako bade"))
    assert hear(pcm, 48000, ["bako"]) == ["bako", "?"]


def test_silence_holds_no_words() -> None:
    assert decode(np.zeros(4800, np.float32), 48000) == []
    assert decode(np.zeros(0, np.float32), 48000) == []


def test_each_voice_has_its_own_pitch() -> None:
    for voice in ToneEngine().info.voices:
        pcm = speak(build_segment("bako bade", voice=voice.id))
        assert hear(pcm, 48000, WORDS, voice.id) == ["bako", "bade"]
    assert len({pitch_of("bako", voice.id) for voice in ToneEngine().info.voices}) == 3


def test_a_longer_word_takes_longer_and_speed_shortens_it() -> None:
    assert duration_of("a") < duration_of("abcdef") < 0.13
    assert speak(build_segment("bako")).size == round(duration_of("bako") * 48000)
    fast = Segment(1, 1, "tone", "en-us", build_segment("bako").spans, speed=2.0)
    assert speak(fast).size == round(duration_of("bako") * 24000)


def test_pitch_and_volume_are_heard() -> None:
    spans = build_segment("bako").spans
    high = speak(Segment(1, 1, "tone", "en-us", spans, pitch=1.25, volume=0.5))
    assert decode(high, 48000) == pytest.approx([1.25 * pitch_of("bako")], abs=0.5)
    assert np.abs(high).max() == pytest.approx(0.25, abs=0.01)


@given(st.floats(0.1, 500), st.floats(0.1, 500))
@settings(max_examples=30, deadline=None)
def test_the_samples_do_not_depend_on_the_size_of_the_chunks(one_ms: float, other_ms: float) -> None:
    segment = build_segment("bako bade baki")
    assert np.array_equal(speak(segment, chunk_ms=one_ms), speak(segment, chunk_ms=other_ms))


def test_there_is_no_click_between_two_words() -> None:
    pcm = speak(build_segment("bako bade baki"))
    steepest = 2 * np.pi * 3500 / 48000 * 0.5
    assert np.abs(np.diff(pcm, prepend=0.0, append=0.0)).max() < 1.2 * steepest


def test_a_chunk_without_any_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="chunk_ms"):
        ToneEngine(chunk_ms=0)


def test_told_to_fail_it_says_what_comes_before_and_fails() -> None:
    engine = ToneEngine(chunk_ms=1000, faults={"fail_on": "bade"})
    segment = build_segment("bako bade baki")
    engine.add(segment)
    chunk, failed = engine.step({segment.id: 0.0})
    assert isinstance(chunk, Chunk)
    assert hear(chunk.pcm, 48000, WORDS) == ["bako"]
    assert failed == Failed(segment.id, "told to fail at 'bade'")
    assert engine.step({segment.id: 0.0}) == []


def test_a_segment_without_words_ends_without_a_sound() -> None:
    engine = ToneEngine()
    segment = build_segment("")
    engine.add(segment)
    assert engine.step({segment.id: 0.0}) == [Ended(segment.id)]
