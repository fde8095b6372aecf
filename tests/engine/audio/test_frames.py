from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.frames import Framer
from engine.types import Pcm


def ramp(num_samples: int) -> Pcm:
    return np.arange(1, num_samples + 1, dtype=np.float32)


@given(st.integers(1, 50), st.lists(st.integers(0, 120), max_size=30))
def test_only_whole_frames_leave_and_the_rest_follows_at_the_flush(frame_samples: int, sizes: list[int]) -> None:
    pcm, framer = ramp(sum(sizes)), Framer(frame_samples)
    pushed = [framer.push(piece) for piece in np.split(pcm, np.cumsum(sizes))]
    rest = framer.flush()
    assert all(frames.size % frame_samples == 0 for frames in pushed)
    assert rest.size < frame_samples
    assert np.concatenate([*pushed, rest]).tobytes() == pcm.tobytes()


@given(st.integers(1, 50), st.lists(st.integers(0, 120), max_size=30))
def test_a_frame_leaves_as_soon_as_it_is_whole(frame_samples: int, sizes: list[int]) -> None:
    framer = Framer(frame_samples)
    num_in = num_out = 0
    for size in sizes:
        num_in += size
        num_out += framer.push(ramp(size)).size
        assert num_in - num_out < frame_samples


def test_what_is_held_back_is_safe_from_the_caller_using_its_buffer_again() -> None:
    framer, buffer = Framer(4), ramp(3)
    framer.push(buffer)
    buffer[:] = 0
    assert framer.push(ramp(1)).tolist() == [1, 2, 3, 1]


def test_what_has_left_does_not_change_when_more_is_held() -> None:
    framer = Framer(4)
    framer.push(ramp(3))
    frames, rest = framer.push(ramp(4)), framer.flush()
    framer.push(np.zeros(3, np.float32))
    assert frames.tolist() == [1, 2, 3, 1]
    assert rest.tolist() == [2, 3, 4]


def test_after_a_flush_nothing_is_left() -> None:
    framer = Framer(4)
    framer.push(ramp(6))
    assert framer.flush().tolist() == [5, 6]
    assert framer.flush().size == 0
    assert framer.push(ramp(4)).tolist() == [1, 2, 3, 4]


def test_a_long_frame_fed_sample_by_sample_costs_linear_time() -> None:
    def seconds_per_sample(num_samples: int) -> float:
        framer, sample = Framer(num_samples), ramp(1)
        started = time.process_time()
        for _ in range(num_samples):
            framer.push(sample)
        return (time.process_time() - started) / num_samples

    # Copying what is held at every push would make the second a hundred times the first.
    short, long = min(seconds_per_sample(1_000) for _ in range(5)), seconds_per_sample(100_000)
    assert long < 10 * short


def test_a_frame_of_no_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample, not 0"):
        Framer(0)
