from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.audio.resample import RATES, Resampler, _design, _taps, describe, main
from engine.types import Pcm

PAIRS = [pair for rate in RATES[:-1] for pair in ((rate, 48000), (48000, rate))]
ALL_PAIRS = list(itertools.permutations(RATES, 2))


def noise(num_samples: int, seed: int = 0, level: float = 0.3) -> Pcm:
    return (level * np.random.default_rng(seed).standard_normal(num_samples)).astype(np.float32)


def resampled(pcm: Pcm, source: int, target: int, cuts: list[int] | None = None) -> Pcm:
    resampler = Resampler(source, target)
    pushed = [resampler.push(piece) for piece in np.split(pcm, cuts or [])]
    return np.concatenate([*pushed, resampler.flush()])


def tones(rate: int, low_hz: float, high_hz: float) -> tuple[Pcm, NDArray[np.complex128]]:
    """Return three seconds that repeat each second, and the spectrum of one: equal tones at every hertz of a band."""
    spectrum = np.zeros(rate // 2 + 1, np.complex128)
    band = slice(int(np.ceil(low_hz)), int(np.ceil(high_hz)))
    phases = np.random.default_rng(1).uniform(0, 2 * np.pi, spectrum[band].size)
    spectrum[band] = np.exp(1j * phases)
    second = np.fft.irfft(spectrum, rate)
    scale = 0.5 / np.abs(second).max()
    return np.tile(second * scale, 3).astype(np.float32), spectrum * scale / rate


def spectrum_of_middle_second(pcm: Pcm, rate: int) -> NDArray[np.complex128]:
    return np.asarray(np.fft.rfft(pcm[rate : 2 * rate].astype(np.float64)) / rate)


def db(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(20 * np.log10(np.maximum(ratio, 1e-12)))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_band_up_to_nine_tenths_passes_flat_and_in_phase(source: int, target: int) -> None:
    pcm, sent = tones(source, 1, 0.9 * min(source, target) / 2)
    band = np.flatnonzero(sent)
    got = spectrum_of_middle_second(resampled(pcm, source, target), target)
    gain = got[band] / sent[band]
    assert np.abs(db(np.abs(gain))).max() <= 0.5
    assert np.abs(np.angle(gain)).max() < 0.001  # any leftover delay would turn the phase in proportion to frequency


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_images_and_aliases_are_sixty_decibels_down(source: int, target: int) -> None:
    lower, upper = sorted((source / 2, target / 2))
    # One fold at a time, and none on itself, so that each hertz of the output gets no more than one tone.
    edges = [*np.arange(lower + 1, upper, lower), upper] if source > target else [1, lower]
    for low_hz, high_hz in itertools.pairwise(edges):
        pcm, sent = tones(source, low_hz, high_hz)
        got = spectrum_of_middle_second(resampled(pcm, source, target), target)
        unwanted = np.abs(got[source // 2 + 1 :] if source < target else got) / np.abs(sent).max()
        assert db(unwanted).max() <= -60


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_sample_is_out_ten_milliseconds_after_it_went_in(source: int, target: int) -> None:
    resampler = Resampler(source, target)
    pcm = noise(source // 10)
    num_out, longest_s = 0, 0.0
    for at in range(pcm.size):
        num_out += resampler.push(pcm[at : at + 1]).size
        longest_s = max(longest_s, (at + 1) / source - num_out / target)
    assert longest_s <= 0.010
    assert longest_s * 1000 <= describe(source, target).delay_ms + 0.001


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_click_stays_where_it_was(source: int, target: int) -> None:
    for at in (0, 1, 500, 777, 998, 999):
        click = np.zeros(1000, np.float32)
        click[at] = 1.0
        out = resampled(click, source, target)
        expected = min(at * target / source, out.size - 1)
        assert abs(int(np.abs(out).argmax()) - expected) <= 0.5


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_stream_of_any_length_comes_out_as_long_as_it_went_in(source: int, target: int) -> None:
    pcm = noise(2000)
    for num_in in [*range(70), 146, 147, 148, 440, 441, 442, 639, 640, 641, 1279, 1280, 1281, 2000]:
        assert resampled(pcm[:num_in], source, target).size == -(-num_in * target // source)


@given(st.sampled_from(ALL_PAIRS), st.lists(st.integers(0, 3000), max_size=12), st.integers(0, 3000), st.integers(0, 9))
@settings(max_examples=150)
def test_the_cut_of_the_input_changes_no_bit(pair: tuple[int, int], cuts: list[int], num_in: int, seed: int) -> None:
    pcm = noise(num_in, seed)
    pieces = sorted(min(cut, num_in) for cut in (*cuts, *(cut + 1 for cut in cuts[:3])))
    whole, cut = resampled(pcm, *pair), resampled(pcm, *pair, cuts=pieces)
    assert whole.dtype == cut.dtype == np.float32
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize(("source", "target"), PAIRS)
@pytest.mark.parametrize("level", [0.3, 8.0])
def test_a_sentence_pushed_at_once_equals_one_pushed_in_frames(source: int, target: int, level: float) -> None:
    pcm = noise(source, level=level)
    whole = resampled(pcm, source, target)
    assert whole.tobytes() == resampled(pcm, source, target, list(range(0, source, source // 50))).tobytes()
    assert whole.tobytes() == resampled(pcm, source, target, list(range(0, source, 1324))).tobytes()


@pytest.mark.parametrize(("source", "target"), ALL_PAIRS)
def test_sums_are_exact_in_doubles_so_that_their_order_is_free(source: int, target: int) -> None:
    for matrix in _design(source, target).matrices:
        units = matrix * 2.0**47  # input samples are whole numbers of at most 2**26
        assert np.array_equal(units, np.rint(units))
        assert (np.abs(units).sum(axis=0) * 2.0**26).max() < 2.0**53


@pytest.mark.parametrize(("source", "target"), ALL_PAIRS)
def test_every_window_is_wide_enough_for_all_taps_of_its_filter(source: int, target: int) -> None:
    design = _design(source, target)
    reach = (design.lead + 2) * design.up
    taps = _taps(np.arange(-reach, reach + 1) / design.up, design.up, design.down)
    num_periods = design.num_out * len(design.matrices) // design.up
    assert sum(map(np.count_nonzero, design.matrices)) == num_periods * np.count_nonzero(taps)


def test_samples_are_taken_at_24_bits_whatever_the_float_holds_below_them() -> None:
    pcm = noise(3000, level=1e-5)
    rounded = (np.rint(pcm * 2.0**23) / 2.0**23).astype(np.float32)
    assert not np.array_equal(pcm, rounded)
    assert np.array_equal(resampled(pcm, 22050, 48000), resampled(rounded, 22050, 48000))


@pytest.mark.parametrize(("source", "target"), ALL_PAIRS)
def test_no_product_is_large_enough_for_blas_to_start_threads(source: int, target: int) -> None:
    design = _design(source, target)
    most_rows = -(-design.most_groups // len(design.matrices))
    assert 0 < most_rows * design.matrices[0].size <= 2**18


@pytest.mark.parametrize(("source", "target"), ALL_PAIRS)
def test_every_pair_of_rates_keeps_what_is_promised(source: int, target: int) -> None:
    response = describe(source, target)
    assert response.delay_ms <= 10
    assert response.ripple_db <= 0.5
    assert response.alias_db <= -60


def test_equal_rates_pass_samples_through_untouched() -> None:
    resampler = Resampler(48000, 48000)
    pcm = noise(100)
    assert resampler.push(pcm) is pcm
    assert resampler.flush().size == 0


def test_after_a_flush_a_new_stream_begins() -> None:
    resampler = Resampler(22050, 48000)
    first = np.concatenate([resampler.push(noise(1234)), resampler.flush()])
    assert resampler.flush().size == 0
    second = np.concatenate([resampler.push(noise(1234)), resampler.flush()])
    assert np.array_equal(first, second)


def test_the_caller_may_use_its_buffer_again_at_once() -> None:
    pcm, resampler = noise(3000), Resampler(16000, 48000)
    expected = resampled(pcm, 16000, 48000)
    pushed = resampler.push(pcm)
    pcm[:] = 1.0
    assert np.array_equal(np.concatenate([pushed, resampler.flush()]), expected)


def test_values_that_are_no_sound_do_no_harm_to_their_neighbours() -> None:
    pcm = noise(2000)
    pcm[100], pcm[300], pcm[301] = np.nan, np.inf, -np.inf
    meant = pcm.copy()
    meant[100], meant[300], meant[301] = 0.0, 8.0, -8.0
    assert np.array_equal(resampled(pcm, 24000, 48000), resampled(meant, 24000, 48000))


@pytest.mark.parametrize("rates", [(48000, 47999), (0, 48000), (48000, -8000), (96000, 96000)])
def test_a_rate_that_is_not_offered_is_refused_by_name(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"cannot resample (47999|0|-8000|96000) Hz; rates are 8000, "):
        Resampler(*rates)


def test_the_listing_has_a_line_for_every_conversion(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [tuple(map(int, line.split()[:2])) for line in lines[1:]] == PAIRS
