from __future__ import annotations

import pytest

from engine.listener import Listener


def test_nothing_is_heard_before_anything_was_sent() -> None:
    listener = Listener()
    assert listener.played_s(5.0) == 0.0
    assert listener.lead_s(5.0) == 0.0


def test_playback_runs_at_real_time_from_the_first_audio_on() -> None:
    listener = Listener()
    listener.sent(10.0, 2.0)
    assert listener.played_s(10.5) == 0.5
    assert listener.lead_s(10.5) == 1.5


def test_playback_stands_still_at_the_end_of_what_was_sent() -> None:
    listener = Listener()
    listener.sent(10.0, 1.0)
    assert listener.played_s(15.0) == 1.0
    assert listener.lead_s(15.0) == -4.0


def test_audio_after_a_dry_spell_plays_from_when_it_came() -> None:
    listener = Listener()
    listener.sent(10.0, 1.0)
    listener.sent(15.0, 1.0)
    assert listener.num_underruns == 1
    assert listener.played_s(15.25) == 1.25
    assert listener.lead_s(15.25) == 0.75


def test_audio_that_comes_in_time_is_no_underrun() -> None:
    listener = Listener()
    listener.sent(10.0, 1.0)
    listener.sent(10.9, 1.0)
    assert listener.num_underruns == 0
    assert listener.lead_s(10.9) == pytest.approx(1.1)


def test_a_report_is_believed_up_to_what_was_sent() -> None:
    listener = Listener()
    listener.sent(10.0, 2.0)
    listener.report(11.0, 0.25)
    assert listener.played_s(11.5) == 0.75
    listener.report(11.5, 9.0)
    assert listener.played_s(11.5) == 2.0


def test_a_listener_who_starts_later_has_heard_nothing_until_then() -> None:
    listener = Listener()
    listener.report(10.0, -3.0)
    listener.sent(10.0, 1.0)
    assert listener.played_s(12.0) == 0.0
    assert listener.lead_s(10.0) == 4.0
    assert listener.played_s(13.5) == 0.5
    assert listener.num_underruns == 0
