from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.bench.plan import Call, Plan, arriving, bursts, fed, poisson, split, spread, steady
from voice_server.bench.texts import SENTENCES, monologue, tokens

LENGTHS = {"short": 1.0, "medium": 3.0, "long": 8.0}


def test_the_same_seed_plans_the_same_arrivals_and_another_one_others() -> None:
    first, again, other = (arriving(32, 60.0, LENGTHS, Random(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_arrivals_are_as_irregular_as_a_poisson_process() -> None:
    times = poisson(50.0, 200.0, Random(7))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert mean == pytest.approx(0.02, rel=0.05)
    assert variance == pytest.approx(mean**2, rel=0.1)  # of an exponential distribution
    assert times == sorted(times)
    assert times[-1] < 200.0


def test_so_many_arrive_that_the_wanted_number_listens_at_a_time() -> None:
    calls = arriving(32, 2000.0, LENGTHS, Random(3))
    listened_s = sum(LENGTHS[call.pieces[0]] for call in calls)
    assert listened_s / 2000.0 == pytest.approx(32, rel=0.05)


def test_a_fixed_number_of_listeners_goes_from_one_text_straight_to_the_next() -> None:
    calls = steady(16, 100.0, LENGTHS, Random(3))
    for at_s in (20.0, 50.0, 80.0):
        assert sum(call.at_s <= at_s < call.at_s + LENGTHS[call.pieces[0]] for call in calls) == 16


def test_everyone_of_a_burst_comes_in_the_same_instant_with_texts_dealt_out_evenly() -> None:
    calls = bursts(64, [1.0, 5.0], list(LENGTHS), Random(1))
    assert Counter(call.at_s for call in calls) == {1.0: 64, 5.0: 64}
    counts = Counter(call.pieces[0] for call in calls if call.at_s == 1.0)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_calls_that_are_spread_come_within_the_time_given_in_order() -> None:
    times = [call.at_s for call in spread(SENTENCES, 2.0, Random(1))]
    assert times == sorted(times)
    assert 0.0 <= times[0] < times[-1] < 2.0


@given(st.text(max_size=60))
def test_tokens_are_the_text_cut_up(text: str) -> None:
    assert "".join(tokens(text)) == text
    assert all(len(token.strip()) <= 4 for token in tokens(text))


def test_a_fed_call_keeps_its_moment_and_its_text() -> None:
    (call,) = fed([Call(3.0, ("Hello there, Anna.",))], 30.0)
    assert (call.at_s, "".join(call.pieces), call.pieces_per_s) == (3.0, "Hello there, Anna.", 30.0)
    assert len(call.pieces) > 3


@given(st.integers(1, 5), st.integers(0, 40))
def test_several_generators_do_all_of_a_plan_and_nothing_twice(parts: int, size: int) -> None:
    plan = Plan("ws://x", tuple(Call(float(number), ("a",)) for number in range(size)), 50.0, num_sockets=size)
    pieces = split(plan, parts)
    assert sorted(call.at_s for piece in pieces for call in piece.calls) == [call.at_s for call in plan.calls]
    assert sum(piece.num_sockets for piece in pieces) == size


def test_there_is_a_text_for_everyday_and_as_much_of_it_as_is_wanted() -> None:
    assert len(set(SENTENCES)) == len(SENTENCES) >= 40
    assert 1000 <= len(monologue(1000, Random(1))) <= 1000 + max(map(len, SENTENCES))
