import pytest

from engine.types import Timing
from voice_server.messages import AudioOut
from voice_server.timeline import Moments


def audio(first: int, end: int) -> AudioOut:
    return AudioOut("a", 1, first, end - first, b"")


def test_the_durations_follow_one_another() -> None:
    moments = Moments(text_at=10.0, turn_at=10.1, submitted_at=10.3, timing=Timing(10.35, 10.4))
    moments.audible_sample = 1000
    moments.busy_s = 0.05
    moments.on_sent(audio(0, 960), 10.41)
    moments.on_sent(audio(960, 1920), 10.42)
    timeline = moments.timeline(2.0, sent=True)
    assert timeline.text_wait_ms == pytest.approx(300)
    assert timeline.turn_wait_ms == pytest.approx(100)
    assert timeline.queue_ms == pytest.approx(50)
    assert timeline.engine_ms == pytest.approx(50)
    assert timeline.ttfb_ms == pytest.approx(410)
    assert timeline.audible_ms == pytest.approx(420)
    assert timeline.rtf == pytest.approx(0.025)


def test_what_never_came_is_not_told() -> None:
    timeline = Moments(text_at=10.0).timeline(0.0, sent=True)
    told = (timeline.text_wait_ms, timeline.queue_ms, timeline.engine_ms, timeline.ttfb_ms, timeline.audible_ms)
    assert told == (None,) * 5
    assert (timeline.turn_wait_ms, timeline.rtf) == (0.0, None)


@pytest.mark.parametrize(("audible_sample", "sent_at"), [(0, 1.0), (959, 1.0), (960, 2.0), (1919, 2.0), (1920, None)])
def test_audible_is_the_message_that_holds_the_first_sound(audible_sample: int, sent_at: float | None) -> None:
    moments = Moments(text_at=0.0, audible_sample=audible_sample)
    moments.on_sent(audio(0, 960), 1.0)
    moments.on_sent(audio(960, 1920), 2.0)
    moments.on_sent(audio(0, 0), 3.0)
    assert moments.audible_at == sent_at
    assert moments.sent_at == 1.0


def test_where_no_audio_is_sent_its_times_are_not_told() -> None:
    moments = Moments(text_at=0.0, audible_sample=0)
    moments.on_sent(audio(0, 960), 1.0)
    timeline = moments.timeline(1.0, sent=False)
    assert (timeline.ttfb_ms, timeline.audible_ms) == (None, None)


def test_figures_are_told_to_the_microsecond() -> None:
    moments = Moments(text_at=0.0, submitted_at=0.00123456789)
    assert moments.timeline(1.0, sent=True).text_wait_ms == 1.235
