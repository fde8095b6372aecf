from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tone import EMOTIONS, EVENTS, ToneEngine, decode, duration_of, hear, pitch_of, vocabulary
from engine.types import Chunk, Ended, Failed, Pcm, Segment, Span, Word
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
@settings(max_examples=30)
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
@settings(max_examples=30)
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


def words_of(engine: ToneEngine, segment: Segment) -> list[Word]:
    engine.add(segment)
    outputs = [output for _ in range(100) for output in engine.step({segment.id: 0.0})]
    return [word for output in outputs if isinstance(output, Chunk) for word in output.words]


def test_it_tells_the_emotions_and_events_it_has() -> None:
    assert ToneEngine().info.tags == {"happy", "sad", "excited", "whisper", "laugh", "cough", "sigh"}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_each_emotion_has_its_sound_and_can_still_be_understood(emotion: str) -> None:
    neutral = build_segment("bako bade")
    coloured = replace(neutral, emotion=emotion)
    assert hear(speak(coloured), 48000, WORDS, emotion=emotion) == ["bako", "bade"]
    assert not np.array_equal(speak(coloured), speak(neutral))


def test_happy_is_higher_excited_is_faster_and_a_whisper_is_softer() -> None:
    neutral = build_segment("bako")
    plain, happy, excited, whisper = (
        speak(replace(neutral, emotion=emotion)) for emotion in ("", "happy", "excited", "whisper")
    )
    assert decode(happy, 48000) == pytest.approx([1.1 * pitch_of("bako")], abs=0.5)
    assert excited.size == pytest.approx(plain.size / 1.25, abs=1)
    assert np.abs(whisper).max() == pytest.approx(np.abs(plain).max() / 4, abs=0.01)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("voice", ["tone", "tone-low", "tone-high"])
def test_an_event_is_heard_between_the_words_and_has_no_word(event: str, voice: str) -> None:
    bako, bade = Span("bako", 0, 4), Span("bade", 13, 17)
    segment = Segment(1, 1, voice, "en", (bako, Span("", 5, 12, tag=event), bade))
    assert hear(speak(segment), 48000, WORDS, voice) == ["bako", f"[{event}]", "bade"]
    first, last = words_of(ToneEngine(), segment)
    assert (first.start, last.start) == (0, 13)
    beeps_s = 0.07 * EVENTS[event].number
    assert last.start_s == pytest.approx(first.end_s + beeps_s, abs=1e-4)


def test_an_event_alone_is_sound_and_one_it_does_not_know_is_none() -> None:
    laugh = Segment(1, 1, "tone", "en", (Span("", 0, 7, tag="laugh"),))
    assert hear(speak(laugh), 48000, WORDS) == ["[laugh]"]
    unknown = replace(laugh, spans=(Span("bako", 0, 4), Span("", 5, 12, tag="no such tag"), Span("bade", 13, 17)))
    assert hear(speak(unknown), 48000, WORDS) == ["bako", "bade"]


def test_a_pronunciation_sounds_instead_of_the_text() -> None:
    segment = Segment(1, 1, "tone", "en", (Span("bako", 0, 4, ipa="bade"),))
    assert hear(speak(segment), 48000, WORDS) == ["bade"]


def test_unless_it_is_aligned_it_keeps_its_word_times_to_itself() -> None:
    engine = ToneEngine(aligned=False)
    assert not engine.info.aligned
    assert words_of(engine, build_segment("bako bade")) == []
    assert len(words_of(ToneEngine(), build_segment("bako bade"))) == 2
