from __future__ import annotations

import numpy as np
import pytest

from engine.espeak_emotions import COLOURS, whispering
from engine.types import Chunk, Ended, Pcm
from tests.engine.espeaking import (
    SENTENCE,
    Heard,
    engine,
    fundamental_hz,
    fundamentals_hz,
    rms,
    say,
    segment,
    voicing,
)

HINDI = "नमस्ते, आप कैसे हैं? मैं ठीक हूँ और नदी के पास रहता हूँ।"
TEXTS = {"en-us": SENTENCE, "hi": HINDI}


def melody_hz(pcm: Pcm) -> float:
    """How far the voice goes up and down."""
    low, high = np.percentile(fundamentals_hz(pcm), [10, 90])
    return float(high - low)


def alike(one: Heard, other: Heard) -> bool:
    """Whether two say the same in the same manner; the library is not the same to the sample from call to call."""
    return (
        one.seconds == pytest.approx(other.seconds, rel=0.02)
        and rms(one.pcm) == pytest.approx(rms(other.pcm), rel=0.1)
        and voicing(one.pcm) == pytest.approx(voicing(other.pcm), abs=0.1)
        and fundamental_hz(one.pcm) == pytest.approx(fundamental_hz(other.pcm), rel=0.05)
    )


def test_the_engine_tells_its_emotions_and_that_it_cannot_laugh() -> None:
    assert engine().info.tags == set(COLOURS)
    assert "whisper" in engine().info.tags
    assert "laugh" not in engine().info.tags


@pytest.mark.parametrize("voice", ["en-us", "hi", "en-us+f3", "de"])
def test_a_whisper_has_no_voice_in_it(voice: str) -> None:
    text = TEXTS.get(voice, SENTENCE)
    aloud, whispered = say(text, voice), say(text, voice, emotion="whisper")
    assert voicing(aloud.pcm) > 0.5
    assert voicing(whispered.pcm) < 0.4
    assert whispered.audible
    assert len(whispered.words) == len(aloud.words)


def test_a_whisper_has_the_throat_of_its_voice() -> None:
    assert whispering("gmw/en-US", female=False) == "gmw/en-US+whisper"
    assert whispering("gmw/en-US", female=True) == "gmw/en-US+whisperf"
    assert whispering("gmw/en-US+f3", female=False) == "gmw/en-US+whisperf"
    assert whispering("gmw/en-US+m3", female=True) == "gmw/en-US+whisper"


@pytest.mark.parametrize("voice", TEXTS)
def test_excited_is_faster_higher_livelier_and_louder(voice: str) -> None:
    neutral, excited = say(TEXTS[voice], voice), say(TEXTS[voice], voice, emotion="excited")
    assert excited.seconds < 0.92 * neutral.seconds
    assert fundamental_hz(excited.pcm) > 1.08 * fundamental_hz(neutral.pcm)
    assert melody_hz(excited.pcm) > 1.3 * melody_hz(neutral.pcm)
    assert rms(excited.pcm) > 1.05 * rms(neutral.pcm)


@pytest.mark.parametrize("voice", TEXTS)
def test_sad_is_slower_lower_flatter_and_softer(voice: str) -> None:
    neutral, sad = say(TEXTS[voice], voice), say(TEXTS[voice], voice, emotion="sad")
    assert sad.seconds > 1.12 * neutral.seconds
    assert fundamental_hz(sad.pcm) < 0.96 * fundamental_hz(neutral.pcm)
    assert melody_hz(sad.pcm) < 0.8 * melody_hz(neutral.pcm)
    assert rms(sad.pcm) < 0.9 * rms(neutral.pcm)


@pytest.mark.parametrize("emotion", COLOURS)
def test_every_emotion_can_be_told_from_neutral_and_leaves_it_as_it_was(emotion: str) -> None:
    before, coloured, after = say(SENTENCE), say(SENTENCE, emotion=emotion), say(SENTENCE)
    assert alike(before, after)
    assert melody_hz(after.pcm) == pytest.approx(melody_hz(before.pcm), rel=0.2)
    assert not alike(before, coloured) or melody_hz(coloured.pcm) > 1.2 * melody_hz(before.pcm)


def test_an_emotion_does_to_what_the_user_chose_what_it_does_to_the_voice_itself() -> None:
    neutral, excited = say(SENTENCE), say(SENTENCE, emotion="excited")
    chosen = say(SENTENCE, speed=1.3, pitch=0.85, volume=0.5)
    both = say(SENTENCE, speed=1.3, pitch=0.85, volume=0.5, emotion="excited")
    assert both.seconds / chosen.seconds == pytest.approx(excited.seconds / neutral.seconds, rel=0.06)
    risen = fundamental_hz(excited.pcm) / fundamental_hz(neutral.pcm)
    assert fundamental_hz(both.pcm) / fundamental_hz(chosen.pcm) == pytest.approx(risen, rel=0.06)
    assert rms(both.pcm) / rms(chosen.pcm) == pytest.approx(rms(excited.pcm) / rms(neutral.pcm), rel=0.1)


@pytest.mark.parametrize("emotion", ["", "laugh", "no such emotion", "Whisper "])
def test_what_it_does_not_know_is_neutral(emotion: str) -> None:
    assert alike(say(SENTENCE, emotion=emotion), say(SENTENCE))


@pytest.mark.parametrize("emotion", ["whisper", "shouting"])
def test_an_emotion_does_not_leak_into_the_segment_of_another(emotion: str) -> None:
    text = " ".join([SENTENCE] * 6)
    alone = say(text)
    coloured, plain = segment(text, emotion=emotion), segment(text)
    made: dict[int, list[Chunk]] = {coloured.id: [], plain.id: []}
    for one in (coloured, plain):
        engine().add(one)
    waiting = [coloured.id, plain.id]
    while waiting:
        for output in engine().step(dict.fromkeys(waiting, 0.0)):
            if isinstance(output, Chunk):
                made[output.segment].append(output)
                waiting.sort(key=lambda segment_id: len(made[segment_id]))
            elif isinstance(output, Ended):
                waiting.remove(output.segment)
    assert len(made[plain.id]) > 2
    assert alike(Heard(made[plain.id], Ended(plain.id)), alone)
    assert not alike(Heard(made[coloured.id], Ended(coloured.id)), alone)
