"""What may be used at a time and by the minute, by the whole server and by each key."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.allowance import Allowance, Quota
from voice_server.errors import Busy, RateLimited


def test_without_a_quota_there_is_no_limit() -> None:
    allowance = Allowance()
    for _ in range(1000):
        allowance.open_utterance()
        allowance.take_chars(1 << 20, 0.0)
    assert allowance.num_utterances == 1000


def test_who_is_one_too_many_for_the_server_is_told_that_it_is_busy() -> None:
    server = Allowance(Quota(sessions=2, utterances=1))
    with ExitStack() as seats:
        seats.enter_context(server.session())
        with server.session(), pytest.raises(Busy, match="all 2 sessions"):
            seats.enter_context(server.session())
        seats.enter_context(server.session())
    assert server.num_sessions == 0
    server.open_utterance()
    with pytest.raises(Busy, match="at most 1 utterances"):
        server.open_utterance()
    server.close_utterance()
    server.open_utterance()


def test_a_key_has_limits_of_its_own_and_the_servers_too() -> None:
    server = Allowance(Quota(sessions=3))
    one, other = Allowance(Quota(sessions=1), server), Allowance(Quota(sessions=5), server)
    with one.session(), other.session(), other.session():
        with pytest.raises(RateLimited, match="of this key") as caught, one.session():
            pass
        assert caught.value.retry_after_s
        with pytest.raises(Busy), other.session():
            pass
        assert (one.num_sessions, other.num_sessions, server.num_sessions) == (1, 2, 3)
    assert (one.num_sessions, other.num_sessions, server.num_sessions) == (0, 0, 0)


def test_a_quota_that_shrinks_holds_for_those_who_come_and_throws_nobody_out() -> None:
    key = Allowance(Quota(sessions=3, chars_per_minute=600), Allowance())
    with key.session(), key.session():
        key.take_chars(600, 0.0)
        key.change(Quota(sessions=1, chars_per_minute=600))
        with pytest.raises(RateLimited, match="all 1 sessions of this key"), key.session():
            pass
        with pytest.raises(RateLimited, match="used up"):
            key.take_chars(1, 0.0)
        key.change(Quota(sessions=3, chars_per_minute=1200))
        key.take_chars(1200, 0.0)
        with key.session():
            pass
        assert key.num_sessions == 2
    assert key.num_sessions == 0


def test_what_is_announced_is_the_smaller_of_both() -> None:
    server = Allowance(Quota(sessions=512, chars_per_minute=600))
    assert Allowance(Quota(sessions=4, utterances=8), server).quota == Quota(4, 8, 600)


def test_characters_are_there_again_by_the_second() -> None:
    allowance = Allowance(Quota(chars_per_minute=600))
    allowance.take_chars(600, 0.0)
    with pytest.raises(RateLimited) as caught:
        allowance.take_chars(20, 0.0)
    assert caught.value.retry_after_s == 2.0
    assert caught.value.field == "text"
    allowance.take_chars(20, 2.0)


def test_more_than_a_minutes_worth_is_never_there() -> None:
    allowance = Allowance(Quota(chars_per_minute=600))
    with pytest.raises(RateLimited, match="send less at a time"):
        allowance.take_chars(601, 1e6)


def test_what_a_key_may_not_take_costs_the_server_nothing() -> None:
    server = Allowance(Quota(chars_per_minute=1000))
    key = Allowance(Quota(chars_per_minute=100), server)
    with pytest.raises(RateLimited):
        key.take_chars(101, 0.0)
    server.take_chars(1000, 0.0)
    with pytest.raises(RateLimited):
        key.take_chars(50, 0.0)
    key.take_chars(100, 6.0)


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 30)), max_size=60))
def test_in_no_time_is_more_taken_than_a_burst_and_the_rate(asked: list[tuple[int, float]]) -> None:
    allowance = Allowance(Quota(chars_per_minute=300))
    now, taken = 0.0, 0
    for num, wait_s in asked:
        now += wait_s
        try:
            allowance.take_chars(num, now)
        except RateLimited as error:
            now += (error.retry_after_s or 0.0) + 0.001
            allowance.take_chars(num, now)
        taken += num
        assert taken <= 300 + now * 5 + 1e-6
