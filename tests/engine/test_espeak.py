from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from engine.espeak import EspeakEngine
from engine.types import AUDIBLE, Chunk, Ended, Failed, Pcm, SegmentId, Span
from tests.engine.espeaking import SENTENCE, engine, fundamental_hz, hear, one_span, rms, say, segment

RATE = engine().info.sample_rate


def test_speaks_at_the_rate_of_the_library_with_an_end_after_the_last_chunk() -> None:
    heard = say("Hello, world.")
    assert RATE == 22050
    assert 0.8 < heard.seconds < 2.0
    assert heard.pcm.dtype == np.float32
    assert 0.2 < np.abs(heard.pcm).max() <= 1.0
    assert isinstance(heard.end, Ended)


def test_a_step_does_nothing_while_nothing_is_due() -> None:
    quiet, wanted = EspeakEngine(), segment("Hello.")
    assert quiet.step({}) == []
    quiet.add(wanted)
    assert quiet.step({}) == []
    assert quiet.step({wanted.id + 1000: 0.0}) == []
    assert not quiet.pending
    assert quiet.step({wanted.id: 0.0})


def test_the_most_urgent_segment_speaks_first_and_two_interleave() -> None:
    one, two = segment(SENTENCE * 8, "en-us"), segment(SENTENCE * 8, "hi")
    engine().add(one)
    engine().add(two)
    order: list[SegmentId] = []
    over: set[SegmentId] = set()
    for turn in range(100):
        urgent = (one, two) if turn % 2 else (two, one)
        for output in engine().step({wanted.id: -1.0 for wanted in urgent if wanted.id not in over}):
            order.append(output.segment)
            over |= {output.segment} if isinstance(output, Ended) else set()
        if len(over) == 2:
            break
    assert order[:4] == [two.id, one.id, two.id, one.id]
    assert over == {one.id, two.id}


def test_interleaved_segments_sound_as_if_spoken_alone() -> None:
    texts = {"en-us": SENTENCE * 4, "de": "Guten Morgen, wie geht es Ihnen? " * 10}
    alone = {voice: say(text, voice).seconds for voice, text in texts.items()}
    wanted = {voice: segment(text, voice) for voice, text in texts.items()}
    made = dict.fromkeys((item.id for item in wanted.values()), 0)
    for item in wanted.values():
        engine().add(item)
    for turn in range(20):
        order = list(made) if turn % 2 else list(made)[::-1]
        for output in engine().step(dict.fromkeys(order, 0.0)):
            made[output.segment] += len(output.pcm) if isinstance(output, Chunk) else 0
    for voice, item in wanted.items():
        assert made[item.id] / RATE == pytest.approx(alone[voice], rel=0.02)


def test_nothing_of_an_aborted_segment_comes_out() -> None:
    gone, stays = segment(SENTENCE * 8), segment("Hello.")
    engine().add(gone)
    engine().add(stays)
    assert [output.segment for output in engine().step({gone.id: 0.0})] == [gone.id]
    engine().abort(gone.id)
    engine().abort(gone.id + 1_000_000)
    assert {output.segment for output in engine().step({gone.id: 0.0, stays.id: 0.0})} == {stays.id}
    assert engine().step({gone.id: 0.0}) == []


@pytest.mark.parametrize("text", ["", " ", "\n\n", "... !", "«—»", "\x00\x00", "\ud800", "।"])
def test_what_cannot_be_said_only_ends(text: str) -> None:
    heard = say(one_span(text))
    assert heard.chunks == []
    assert isinstance(heard.end, Ended)


def test_a_segment_without_spans_only_ends() -> None:
    assert say(()).chunks == []


@pytest.mark.parametrize("voice", ["nobody", "", "en-us+nobody", "my", "kl", "fo", "nobody+f1"])
def test_an_unknown_voice_fails_instead_of_speaking_with_the_one_before(voice: str) -> None:
    say("Hello.", "hi")
    heard = say("Hello.", voice)
    assert isinstance(heard.end, Failed)
    assert repr(voice) in heard.end.message
    assert heard.chunks == []


def test_speed_shortens_and_lengthens() -> None:
    normal = say(SENTENCE).seconds
    assert say(SENTENCE, speed=2.0).seconds == pytest.approx(normal / 2, rel=0.12)
    assert say(SENTENCE, speed=4.0).seconds == pytest.approx(normal / 4, rel=0.12)
    assert say(SENTENCE, speed=0.5).seconds == pytest.approx(normal * 2, rel=0.12)


@pytest.mark.parametrize("voice", ["en-us", "hi", "de"])
@pytest.mark.parametrize("pitch", [0.8, 1.25])
def test_pitch_multiplies_the_fundamental(voice: str, pitch: float) -> None:
    normal = fundamental_hz(say(SENTENCE, voice).pcm)
    assert fundamental_hz(say(SENTENCE, voice, pitch=pitch).pcm) / normal == pytest.approx(pitch, rel=0.1)


def test_volume_changes_the_level_and_does_not_clip_harshly() -> None:
    normal = rms(say(SENTENCE).pcm)
    assert rms(say(SENTENCE, volume=0.5).pcm) == pytest.approx(normal / 2, rel=0.1)
    loud = say(SENTENCE, volume=2.0).pcm
    assert rms(loud) == pytest.approx(2 * normal, rel=0.15)
    assert np.mean(np.abs(loud) > 0.999) < 0.001


def test_no_volume_is_silence_that_keeps_its_time_and_words() -> None:
    silent = say(SENTENCE, volume=0.0)
    assert not np.any(silent.pcm)
    assert silent.seconds == pytest.approx(say(SENTENCE).seconds, rel=0.05)
    assert len(silent.words) == len(say(SENTENCE).words)


def test_out_of_range_factors_are_held_at_the_limit() -> None:
    assert say("Hello.", speed=0.01).seconds == pytest.approx(say("Hello.", speed=0.3).seconds, rel=0.05)
    assert say("Hello.", speed=100.0, pitch=0.0, volume=50.0).audible


def test_a_manner_does_not_stay_for_the_next_segment() -> None:
    before = say(SENTENCE)
    say(SENTENCE, "en-us+f3", speed=3.0, pitch=1.5, volume=0.1)
    after = say(SENTENCE)
    assert after.seconds == pytest.approx(before.seconds, rel=0.02)
    assert rms(after.pcm) == pytest.approx(rms(before.pcm), rel=0.1)
    assert fundamental_hz(after.pcm) == pytest.approx(fundamental_hz(before.pcm), rel=0.05)


@pytest.mark.parametrize("text", ["Hello.", "Take care.", "\n\n \n Take care.", "( Peter", "<b>"])
def test_sound_starts_with_the_first_sample(text: str) -> None:
    assert np.abs(say(one_span(text)).pcm[0]) >= AUDIBLE


@pytest.mark.parametrize("text", ["Hello", "Hello,", "Hello.", "Hello?", "Hello.\n\n"])
def test_sound_ends_without_a_pause_whatever_the_punctuation(text: str) -> None:
    pcm = say(one_span(text)).pcm
    last = int(np.flatnonzero(np.abs(pcm) >= AUDIBLE)[-1])
    assert (len(pcm) - last) / RATE < 0.03


def longest_silence_s(pcm: Pcm) -> float:
    audible = np.flatnonzero(np.abs(pcm) >= AUDIBLE)
    return float(np.diff(audible).max()) / RATE


def test_a_long_segment_rests_between_its_parts_as_it_does_within_them() -> None:
    heard = say("We went to the river. " * 30)
    assert len(heard.chunks) > 2
    within = longest_silence_s(heard.chunks[0].pcm)
    assert longest_silence_s(heard.pcm) == pytest.approx(within, abs=0.06)


def test_a_part_without_punctuation_goes_on_without_a_gap() -> None:
    heard = say("we went over the hills and along the river " * 10)
    assert len(heard.chunks) > 1
    assert longest_silence_s(heard.pcm) < 0.12


def test_no_chunk_holds_more_than_two_hundred_code_points_of_text() -> None:
    heard = say(SENTENCE * 20)
    lengths = [chunk.words[-1].end - chunk.words[0].start for chunk in heard.chunks]
    assert max(lengths) <= 200
    assert sum(lengths) > 0.95 * len(SENTENCE * 20)


def test_a_long_text_takes_as_long_as_its_sentences() -> None:
    one, rest_s = say(SENTENCE).seconds, 0.3
    assert say(" ".join([SENTENCE] * 12)).seconds == pytest.approx(12 * one + 11 * rest_s, rel=0.05)


def test_the_first_part_leaves_after_one_step_however_long_the_segment() -> None:
    wanted = segment(SENTENCE * 100)
    engine().add(wanted)
    (chunk,) = engine().step({wanted.id: 0.0})
    engine().abort(wanted.id)
    assert isinstance(chunk, Chunk)


def test_two_engines_in_two_threads_do_not_disturb_each_other() -> None:
    expected = {voice: say(SENTENCE, voice).seconds for voice in ("en-us", "hi+f3")}
    heard: dict[str, list[float]] = {voice: [] for voice in expected}

    def speak(voice: str) -> None:
        mine = EspeakEngine()
        for _ in range(8):
            wanted = segment(SENTENCE, voice)
            mine.add(wanted)
            (chunk, _end) = mine.step({wanted.id: 0.0})
            assert isinstance(chunk, Chunk)
            heard[voice].append(len(chunk.pcm) / RATE)

    threads = [threading.Thread(target=speak, args=(voice,)) for voice in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for voice, seconds in expected.items():
        assert heard[voice] == pytest.approx([seconds] * 8, rel=0.02)


def test_close_forgets_what_was_not_spoken() -> None:
    closing, wanted = EspeakEngine(), segment("Hello.")
    closing.add(wanted)
    closing.close()
    assert closing.step({wanted.id: 0.0}) == []


def test_what_a_voice_cannot_say_costs_no_token_its_word() -> None:
    spans = (Span("😀", 0, 1), Span("hallo", 2, 7), Span("!!!", 7, 10))
    heard = hear(segment(spans, "nb"))
    assert [(word.start, word.end) for word in heard.words] == [(0, 1), (2, 7), (7, 10)]


def test_in_a_crowd_each_begins_with_a_short_part_and_alone_says_a_sentence_in_one() -> None:
    text = "The quick brown fox jumps over the lazy dog now"
    alone, crowd = segment(text), [segment(text) for _ in range(10)]
    engine().add(alone)
    (whole, *_) = [output for output in engine().step({alone.id: -math.inf}) if isinstance(output, Chunk)]
    for each in crowd:
        engine().add(each)
    silent = {each.id: -math.inf for each in crowd}
    (part, *_) = [output for output in engine().step(silent) if isinstance(output, Chunk)]
    assert part.segment == crowd[0].id
    assert len(part.words) == 6
    assert len(whole.words) == 10
    for each in crowd:
        engine().abort(each.id)
