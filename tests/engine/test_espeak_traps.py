"""What is known to kill, silence or mislead the library, each as one test of what we do about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine import _espeak_ng, espeak_voices
from engine._espeak_ng import EspeakError, Manner
from engine.types import Chunk, Ended
from tests.engine.espeaking import engine, hear, one_span, say, segment

ROOT = Path(__file__).parents[2]
NORMAL = Manner(rate=175, pitch=50, volume=100)
MINUTE = 60 * 22050

DEADLY = (
    *("U.S." * 100, "a.a.a." * 100, "U.S.A. " * 30, "ab.cd." * 50, "A&B." * 50),
    *("1.1.1." * 66, "1." * 120, "7" * 250, "0 0.5 7,890 007 192.168.1.1", "१.२." * 50),
    *("क.ख." * 50, "ა.ბ." * 50, "ა. " * 66, "中.文." * 50, "한.글." * 50, "а.б." * 60, "𐑨.𐑩." * 50),  # noqa: RUF001
    *("(-中 x", "[-ก", ",-კ", "\u200d-中", "-஀ '\"-\u0b80", "क, \u030f\u030f-\u0d00", ")-\u0d01\u0d01"),
)

SPEAK = """
import sys
from tests.engine.espeaking import say, one_span
from tests.engine.test_espeak_traps import DEADLY
from engine.types import Ended
for voice in sys.argv[1:]:
    for text in DEADLY:
        assert isinstance(say(one_span(text), voice, speed=2.5).end, Ended), (voice, text[:20])
"""

RAW = """
import sys
import numpy as np
from engine import _espeak_ng
library = _espeak_ng.load()
for text in sys.argv[2:]:
    speech = library.speak(sys.argv[1], text, _espeak_ng.Manner(175, 50, 100), 60 * 22050)
    assert np.abs(speech.samples).max(initial=0) > 300, "silent"
"""


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_what_crashes_the_library_is_spoken_by_the_engine() -> None:
    done = python(SPEAK, "en-us", "ba", "ka", "ht", "hi")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("identifier", "text"), [("gmw/en-US", "a.a.a." * 100), ("gmw/en-US", "ა.ბ." * 50), ("inc/hi", "[-ก")]
)
def test_the_library_still_needs_its_texts_defused(identifier: str, text: str) -> None:
    assert python(RAW, identifier, text).returncode < 0


CULPRITS = {
    "sit/my": "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် လည်းကောင်း၊ တူညီလွတ်လပ်သော အခွင့်အရေးများဖြင့် လည်းကောင်း၊ မွေးဖွားလာသူများ ဖြစ်သည်။",
    "esx/kl": "0",
}


@pytest.mark.parametrize("identifier", espeak_voices.LEFT_OUT)
def test_the_voices_left_out_cannot_be_used(identifier: str) -> None:
    done = python(RAW, identifier, CULPRITS.get(identifier, "Hello 1 2 3"))
    assert done.returncode < 0 if identifier in CULPRITS else "silent" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "hello \ud800\udfff there",
        "fire 😀 👨‍👩‍👧‍👦 \U0001f1ee\U0001f1f3 truck",
        "tab\there\x01+10S\x1b[2J\x7f\x85\u2028\ufeff",
        "e" + "\u0301" * 500,
        "[[h@l'oU]] [[ world",
        "<speak><break time='9s'/><audio src='/etc/passwd'/> & &lt; &#0; <voice name='hi'>",
        "क्\u200dष " * 60,
    ],
)
@pytest.mark.parametrize("voice", ["en-us", "hi"])
def test_odd_text_is_spoken_and_ends(text: str, voice: str) -> None:
    heard = say(one_span(text), voice)
    assert isinstance(heard.end, Ended)
    assert heard.audible
    assert len(heard.words) == 1


def test_text_after_a_nul_is_spoken_too() -> None:
    assert say(one_span("hello\0world")).seconds == pytest.approx(say("hello world").seconds, rel=0.05)


def test_brackets_are_not_phonemes_and_tags_are_not_markup() -> None:
    assert say(one_span("[[h@l'oU]]")).seconds > 2 * say("hello").seconds
    assert say(one_span("a <break time='9s'/> b")).seconds < 6
    assert say(one_span("<prosody rate='x-slow'>hello")).seconds < 4


def test_control_characters_are_not_commands_to_the_library() -> None:
    assert say(one_span("\x01400S hello there")).seconds == pytest.approx(say("400S hello there").seconds, rel=0.1)


def test_a_hundred_kilobytes_without_a_space_come_in_short_steps() -> None:
    wanted = segment(one_span("中x" * 50_000))
    engine().add(wanted)
    lengths = [len(o.pcm) for _ in range(8) for o in engine().step({wanted.id: 0.0}) if isinstance(o, Chunk)]
    engine().abort(wanted.id)
    assert len(lengths) > 3
    assert max(lengths) <= 40 * 22050


@pytest.mark.parametrize(
    ("voice", "unit", "joined"),
    [
        ("ko", "한국어", " "),
        ("ko", "한", ""),
        ("th", "ส", ""),
        ("hi", "कमल", ""),
        ("en-us", "ka", ""),
        ("en-us", "中", ""),
        ("cmn", "中", ""),
    ],
)
def test_nothing_of_a_long_text_without_punctuation_is_left_out(voice: str, unit: str, joined: str) -> None:
    num = 180 // len(unit + joined)
    few = say(one_span(joined.join([unit] * 10)), voice).seconds
    assert say(one_span(joined.join([unit] * num)), voice).seconds > 0.85 * few * num / 10


def test_a_long_number_is_read_to_its_end() -> None:
    twenty = say(one_span("7" * 20)).seconds
    assert say(one_span("7" * 200)).seconds > 9 * twenty


def test_chinese_read_by_an_english_voice_comes_in_parts_of_bounded_length() -> None:
    heard = hear(segment(one_span("中" * 200)))
    assert heard.seconds > 100
    assert max(len(chunk.pcm) for chunk in heard.chunks) <= 40 * 22050
    slow = hear(segment(one_span("中" * 40), speed=0.5))
    assert slow.seconds == pytest.approx(2 * say(one_span("中" * 40)).seconds, rel=0.15)


def test_an_english_voice_reads_devanagari_as_words() -> None:
    assert 0.3 < say("नमस्ते").seconds < 1.5


def test_emoji_are_one_code_point_of_a_position() -> None:
    words = say("hi 😀 there").words
    assert words[1].end_s - words[1].start_s > 2 * (words[0].end_s - words[0].start_s)


def test_an_unknown_voice_is_an_error_and_not_the_voice_before() -> None:
    library = _espeak_ng.load()
    library.speak("inc/hi", "hello", NORMAL, MINUTE)
    with pytest.raises(EspeakError, match="no voice 'xx/none'"):
        library.speak("xx/none", "hello", NORMAL, MINUTE)
    assert library.speak("inc/hi", "hello", NORMAL, MINUTE).samples.size


def test_a_call_that_runs_away_is_stopped_and_the_next_is_whole() -> None:
    library = _espeak_ng.load()
    whole = library.speak("gmw/en-US", "hello there my friend", NORMAL, MINUTE)
    cut = library.speak("gmw/en-US", "hello there my friend " * 9, NORMAL, 22050)
    assert cut.stopped
    assert 22050 < len(cut.samples) <= 22050 * 1.2
    again = library.speak("gmw/en-US", "hello there my friend", NORMAL, MINUTE)
    assert not whole.stopped
    assert not again.stopped
    assert len(again.samples) == pytest.approx(len(whole.samples), rel=0.02)


def test_a_call_returns_with_all_of_its_audio() -> None:
    speech = _espeak_ng.load().speak("gmw/en-US", "hello there my friend", NORMAL, MINUTE)
    assert len(speech.samples) > 22050
    assert [position for position, _ in speech.words] == [0, 6, 12, 15]
