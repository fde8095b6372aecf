"""When audio leaves, in what portions, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.tone import ToneEngine
from engine.types import Chunk, EngineOutput, Format, SampleRate, SegmentId
from tests.engine.build import Clock
from tests.voice_server.talk import WORDS, Heard, Talk, sentence
from voice_server.messages import Audio, Options

ONE, TWO, THREE, FOUR = WORDS[:4]
LONG = ". ".join(sentence(20, 20 * index) for index in range(20))
"""Thirty-five seconds."""

GAPLESS = sentence(400)
"""Thirty seconds without a pause."""


class Working(ToneEngine):
    """A ToneEngine that counts the audio it made, and takes time for every step."""

    def __init__(self, step_s: float = 0.0) -> None:
        super().__init__()
        self.made_s = 0.0
        self.clock = Clock()
        self._step_s = step_s

    def step(self, due: Mapping[SegmentId, float]) -> list[EngineOutput]:
        outputs = super().step(due)
        self.made_s += sum(output.pcm.size for output in outputs if isinstance(output, Chunk)) / 48000
        self.clock.advance(self._step_s)
        return outputs


def working(engine: Working, options: Options) -> Talk:
    talk = Talk(engine=engine, options=options)
    engine.clock = talk.clock
    return talk


def sent_s(heard: Heard, until_s: float) -> float:
    """Return the seconds of pcm_s16le at 48 kHz that came by some time."""
    return sum(len(message.data) for message in heard.of("audio") if message.at <= until_s) / 96000


@pytest.mark.parametrize("max_lead_s", [0.1, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("audio", ["binary", "tagged"])
def test_audio_leaves_at_once_until_the_lead_is_reached_and_then_at_real_time(max_lead_s: float, audio: Audio) -> None:
    talk = Talk(audio=audio, options=Options(max_lead_s=max_lead_s))
    heard = talk.ask(LONG, 30.0)
    for at in (0.001, 0.5, 1.0, 5.0, 13.7, 29.0):
        assert sent_s(heard, at) == pytest.approx(min(max_lead_s + at, 35.385), abs=0.085)
        assert sent_s(heard, at) <= max_lead_s + at + 0.001


def test_without_a_lead_nothing_is_paced() -> None:
    talk = Talk(options=Options(max_lead_s=0))
    done = talk.ask(LONG, 0.01).one("done")
    assert done["audio_ms"] > 30_000


def test_the_engine_rests_while_the_listener_has_enough() -> None:
    engine = Working()
    talk = working(engine, Options(max_lead_s=1.0))
    talk.ask(GAPLESS, 5.0)
    assert engine.made_s == pytest.approx(6.0, abs=0.15)


@pytest.mark.parametrize("hold_s", [0.1, 1e9])
def test_a_client_that_stops_reading_costs_a_bounded_amount_of_audio(hold_s: float) -> None:
    engine = Working()
    talk = working(engine, Options(max_lead_s=1.0))
    talk.ask(GAPLESS, 3.0)
    talk.ignore(300.0, hold_s)
    assert engine.made_s < 3.0 + (2.5 if hold_s < 1 else 12.0)
    before = sent_s(talk.heard, talk.now)
    talk.hear(3.0)
    assert sent_s(talk.heard, talk.now) - before > 2.0


def test_a_client_that_never_read_costs_a_bounded_amount_of_audio() -> None:
    engine = Working()
    talk = working(engine, Options(max_lead_s=0))
    talk.say(GAPLESS)
    talk.ignore(60.0)
    assert engine.made_s < 15.0
    heard = talk.hear()
    assert heard.one("done")["chars"] == len(GAPLESS)
    assert sent_s(heard, talk.now) == pytest.approx(engine.made_s, abs=0.5)


def test_a_report_that_the_listener_is_behind_holds_audio_back() -> None:
    talk = Talk(options=Options(max_lead_s=2.0))
    talk.ask({"text": LONG, "context_id": "a", "end": True}, 3.0)
    talk.say({"playback": {"played_ms": 1000}, "context_id": "a"})
    assert sent_s(talk.hear(1.9), 9.0) == 0.0
    assert sent_s(talk.hear(1.1), 9.0) == pytest.approx(1.0, abs=0.1)


def test_a_report_that_the_listener_is_ahead_lets_audio_go() -> None:
    talk = Talk(options=Options(max_lead_s=2.0))
    talk.ask({"text": LONG, "context_id": "a", "end": True}, 0.5)
    talk.say({"playback": {"played_ms": 2000}, "context_id": "a"})
    assert sent_s(talk.hear(0.01), 1.0) == pytest.approx(1.5, abs=0.1)


FORMATS: list[tuple[Format, SampleRate, int]] = [
    ("pcm_s16le", 48000, 2),
    ("pcm_f32le", 44100, 4),
    ("mulaw", 8000, 1),
    ("alaw", 16000, 1),
    ("pcm_s16le", 22050, 2),
]


@pytest.mark.parametrize(("format", "sample_rate", "num_bytes"), FORMATS)
def test_messages_are_whole_frames_that_follow_each_other_without_a_gap(
    format: Format, sample_rate: SampleRate, num_bytes: int
) -> None:
    talk = Talk(options=Options(format=format, sample_rate=sample_rate, frame_ms=100, max_lead_s=1.0))
    heard = talk.ask(LONG, 8.0).of("audio")
    frame = sample_rate // 50 * num_bytes
    sizes = [len(message.data) / frame for message in heard]
    assert sizes[:10] == [1.0] * 10
    assert set(sizes) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    at = 0
    for message in heard:
        assert message["first_sample"] == at
        at += len(message.data) // num_bytes


def test_messages_grow_to_the_size_that_was_asked_for_once_the_listener_has_enough() -> None:
    talk = Talk(options=Options(frame_ms=100, max_lead_s=1.0, timestamps="none"))
    talk.say(LONG)
    talk.hear(0.0)
    talk.ignore(0.6)
    sizes = [len(message.data) // 1920 for message in talk.hear(0.0).of("audio")]
    assert sizes[:5] == [5] * 5


def test_only_the_last_message_may_hold_a_part_of_a_frame() -> None:
    heard = Talk().ask(f"{ONE} hello, {TWO}. Yes {THREE}")
    sizes = [len(message.data) for message in heard.of("audio")]
    assert [size % 1920 for size in sizes[:-1]] == [0] * (len(sizes) - 1)
    assert sum(sizes) / 96 == pytest.approx(heard.one("done")["audio_ms"], abs=0.001)


TEXTS = st.lists(
    st.sampled_from(
        [*WORDS[:6], "hello", " ", "  ", ", ", ". ", "\n\n", "😀", "नमस्ते", "你好。", "$5", "\x00", "—", "é"]
    ),
    max_size=16,
).map("".join)


@settings(max_examples=40)
@given(TEXTS, st.sampled_from(["word", "char"]), st.sampled_from([0.0, 0.2]), st.sampled_from(["binary", "tagged"]))
@example("  baba, 😀 babe — babi. \n", "char", 0.0, "tagged")
def test_timestamps_come_before_their_audio_and_in_the_clients_spelling(
    text: str, unit: str, max_lead_s: float, audio: Audio
) -> None:
    talk = Talk(audio=audio, options=Options.model_validate({"timestamps": unit, "max_lead_s": max_lead_s}))
    heard = talk.ask({"text": text, "context_id": "a", "end": True})
    audio_ms, last_ms = 0.0, 0.0
    for message in heard.of("audio", "timestamps"):
        if message.type == "audio":
            audio_ms += len(message.data) / 96
            continue
        for start_ms, end_ms in zip(message["start_ms"], message["end_ms"], strict=True):
            assert audio_ms - 0.1 <= start_ms <= end_ms
            assert last_ms <= start_ms + 0.1
            last_ms = end_ms
    assert last_ms <= heard.one("done")["audio_ms"] + 0.1
    tokens = heard.tokens("a", f"{unit}s")
    if unit == "char":
        assert "".join(tokens) == (text if heard.of("audio") else "")
    else:
        assert all(token == token.strip() and token in text for token in tokens)
        assert {word for word in WORDS[:6] if word in text} <= {word for word in WORDS[:6] if word in "".join(tokens)}


def test_characters_share_the_time_of_their_word() -> None:
    heard = Talk(options=Options(timestamps="char")).ask(f"{ONE} {TWO}")
    starts = [start for message in heard.of("timestamps") for start in message["start_ms"]]
    assert starts == pytest.approx([0, 20, 40, 60, 80, 80, 100, 120, 140], abs=0.1)


def test_timestamps_may_be_left_out() -> None:
    assert not Talk(options=Options(timestamps="none")).ask(ONE).of("timestamps")


def test_without_audio_the_rest_comes_at_the_same_times() -> None:
    silent, loud = (Talk(audio=audio, options=Options(max_lead_s=0.5)) for audio in ("none", "tagged"))
    text = sentence(30)
    told, heard = silent.ask(text), loud.ask(text)
    assert told.types == ["ready", "started", "done"]
    assert told.tokens("1") == text.split()
    rest = [message for message in heard if message.type != "audio"]
    assert [message.at for message in told] == pytest.approx([message.at for message in rest], abs=0.001)
    timeline = told.one("done")["timeline"]
    assert (timeline["ttfb_ms"], timeline["audible_ms"]) == (None, None)
    assert timeline["queue_ms"] is not None
    assert told.one("done")["audio_ms"] == heard.one("done")["audio_ms"]


def test_the_timeline_says_where_the_time_went() -> None:
    talk = working(Working(step_s=0.02), Options())
    talk.say({"text": f"{ONE} "})
    talk.hear(0.1)
    talk.say({"text": TWO, "flush": True})
    talk.hear(1.0)
    timeline = talk.ask({"end": True}).one("done")["timeline"]
    assert timeline["text_wait_ms"] == pytest.approx(100, abs=0.1)
    assert timeline["turn_wait_ms"] == 0
    assert timeline["queue_ms"] == pytest.approx(0, abs=0.1)
    assert timeline["engine_ms"] == pytest.approx(20, abs=0.1)
    first_at = talk.heard.of("audio")[0].at
    assert timeline["ttfb_ms"] == pytest.approx(1000 * first_at, abs=0.01)
    assert timeline["audible_ms"] >= timeline["ttfb_ms"]
    assert timeline["rtf"] == pytest.approx(9 * 0.02 / 0.16, rel=0.2)


def test_a_busy_engine_shows_as_queueing() -> None:
    talk = working(Working(step_s=0.05), Options())
    talk.say({"text": LONG, "context_id": "a"})
    talk.loop.step()
    talk.say({"text": ONE, "context_id": "b", "end": True})
    timeline = talk.hear(2.0).one("done", context="b")["timeline"]
    assert timeline["queue_ms"] < 60
    assert timeline["engine_ms"] == pytest.approx(50, abs=1)
