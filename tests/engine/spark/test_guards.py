from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.config import SAMPLE_RATE
from engine.spark.guards import LONGEST_SILENCE_S, MOST_TOKENS, TOKENS_PER_S, Guard, Runaway, budget
from engine.types import Pcm


def speech(num_tokens: int, seed: int = 0, num_kinds: int = 8192) -> list[int]:
    drawn = random.Random(seed)
    return [drawn.randrange(num_kinds) for _ in range(num_tokens)]


def sine(seconds: float, level: float = 0.1) -> Pcm:
    wave: Pcm = np.sin(np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32) * np.float32(0.05))
    return wave * np.float32(level)


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def found_at(guard: Guard, codes: list[int]) -> int | None:
    """How many tokens it takes, fed one by one."""
    return next((at for at, code in enumerate(codes, 1) if guard.tokens([code])), None)


@pytest.mark.parametrize(
    ("text", "characters_per_s"),
    [("The train leaves at seven. " * 4, 10), ("रेलगाड़ी सात बजे निकलती है। " * 4, 9), ("火车早上七点开车。" * 8, 3)],
    ids=["English", "Hindi", "Chinese"],
)
def test_the_budget_lets_slow_speakers_finish(text: str, characters_per_s: float) -> None:
    assert budget(text) > 1.3 * len(text) / characters_per_s * TOKENS_PER_S


def test_the_budget_of_a_word_is_seconds_and_of_a_book_a_minute() -> None:
    assert TOKENS_PER_S * 4 < budget("Yes.") < TOKENS_PER_S * 8
    assert budget("word " * 100_000) == MOST_TOKENS


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_has_less_of_a_budget(text: str, more: str) -> None:
    assert budget(text) <= budget(text + more) <= MOST_TOKENS


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_of_speech_is_no_loop(seed: int) -> None:
    assert Guard().tokens(speech(MOST_TOKENS, seed)) is None


def test_what_is_said_twice_or_held_for_two_seconds_is_no_loop() -> None:
    phrase = speech(80)
    held = [*phrase, *[7] * 2 * TOKENS_PER_S]
    assert Guard().tokens([*phrase, *phrase, *speech(60, 1), *held, *speech(60, 2)]) is None


@pytest.mark.parametrize("length", [1, 2, 3, 11, 12, 13, 40, 75, 100])
def test_a_cycle_is_found_soon_after_its_third_time(length: int) -> None:
    cycle = speech(length, seed=length)
    spoken = speech(200, seed=99)
    at = found_at(Guard(), spoken + cycle * (600 // length))
    assert at is not None
    assert at - len(spoken) <= max(3 * length, 150) + 25


def test_a_hum_of_a_few_tokens_in_any_order_is_found() -> None:
    at = found_at(Guard(), speech(200) + [100 + code for code in speech(400, 3, num_kinds=8)])
    assert at is not None
    assert at <= 200 + 150 + 25


@given(st.integers(1, 100), st.lists(st.integers(1, 90), min_size=1, max_size=30), st.integers(0, 300))
def test_however_tokens_are_cut_a_loop_is_found(length: int, sizes: list[int], num_before: int) -> None:
    codes = speech(num_before) + speech(length, 5) * (500 // length + 1)
    guard, told, at = Guard(), list[Runaway | None](), 0
    while at < len(codes):
        size = sizes[at % len(sizes)]
        told.append(guard.tokens(codes[at : at + size]))
        at += size
    assert "loop" in told


def test_long_silence_is_found_within_speech_and_before_any() -> None:
    for before in ([], [sine(1.0)]):
        guard = Guard()
        assert [guard.sound(pcm) for pcm in before] == [None] * len(before)
        told = [guard.sound(silence(0.5)) for _ in range(6)]
        assert told == [None] * 5 + ["silence"]


def test_pauses_shorter_than_that_are_left_alone_however_many() -> None:
    guard = Guard()
    pause = silence(LONGEST_SILENCE_S - 0.1)
    assert [guard.sound(pcm) for _ in range(20) for pcm in (pause, sine(0.2))] == [None] * 40


def test_noise_too_faint_to_be_heard_is_silence() -> None:
    assert Guard().sound(sine(3.0, level=0.001)) == "silence"


def test_no_sound_at_all_says_nothing() -> None:
    assert Guard().sound(silence(0.0)) is None
