"""Sample rate conversion in pieces: the same samples come out, to the last bit, however the input was cut.

A windowed-sinc low-pass is evaluated at the instants of the output samples only (polyphase). Output samples are
made in groups of equal length, 1 to 2 ms each; the filter of a group is one dense matrix, so that the work is
done by a few matrix products.

How a matrix product orders its additions depends on its shape and on the machine, and rounding on the order. So
nothing is rounded: samples are taken as multiples of 2**-23 below 2**3, taps as multiples of 2**-24 with absolute
values that add up to less than 2**3, hence every partial sum is a multiple of 2**-47 below 2**6, which the 53 bits
of a double hold exactly. The one rounding is the last, to single precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from engine.audio.level import clipped
from engine.types import Pcm

Floats = NDArray[np.float64]

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Hz. Each of them can be made from each."""

# Kaiser's window by search: the shortest filter with some decibels to spare below -60 dB from the lower Nyquist
# frequency on, and a quarter of a decibel lost at 0.9 of it. See `describe`.
_HALF_WIDTH = 34  # samples of the lower rate
_BETA = 6.1
_CUTOFF = 0.9425  # of the lower Nyquist frequency

_GROUP_S = 0.0015
_SAMPLE_STEPS = 2.0**23
_TAP_STEPS = 2.0**24
_LOWEST = np.array(-8, np.float32)
_HIGHEST = np.array(8, np.float32)

# Below 2**18 multiplications OpenBLAS stays on the calling thread. Its threads wait for each other by spinning,
# which on a busy machine makes a product fifty times slower and takes the processor from the event loop.
_MAX_PRODUCT = 240_000

_BLOCK = 8192
"""Input samples worked on at a time, which bounds the memory it takes."""


@dataclass(frozen=True, slots=True)
class _Design:
    """How to get from one rate to another. Output sample n lies at n * down / up, counted in input samples.

    Group g makes the output samples from g * `num_out` on out of a window of `num_in` input samples that begins
    `lead` samples before the first of them. `matrices` [num_in, num_out] are those of the groups of one cycle,
    after which windows repeat `cycle_in` input samples later. No more than `most_groups` are made at a time.
    """

    up: int
    down: int
    lead: int
    num_in: int
    num_out: int
    cycle_in: int
    most_groups: int
    matrices: tuple[Floats, ...]

    def start(self, group: int) -> int:
        """Return where a group's window begins, in input samples with `lead` zeros before them."""
        return group * self.num_out * self.down // self.up

    def num_groups(self, num_padded: int) -> int:
        """Return how many groups can be made of so many input samples, the `lead` zeros counted."""
        last_start = num_padded - self.num_in
        return max(((last_start + 1) * self.up - 1) // (self.num_out * self.down) + 1, 0)


class Resampler:
    """A stream of samples from one rate to another, in step with it: linear phase, the filter's delay taken out.

    Output sample n sounds when input sample n * source / target does. An input of any length yields
    ceil(length * target / source) samples in all. Between equal rates samples are passed on untouched and
    uncopied; otherwise NaN is silence and magnitudes over 8 are clipped. Rates are those of `RATES`, in Hz;
    anything else is a ValueError.
    """

    __slots__ = ("_design", "_group", "_held", "_num_in")

    def __init__(self, source_rate: int, target_rate: int) -> None:
        for rate in (source_rate, target_rate):
            if rate not in RATES:
                raise ValueError(f"cannot resample {rate} Hz; rates are {', '.join(map(str, RATES))}")
        self._design = None if source_rate == target_rate else _design(source_rate, target_rate)
        self._begin()

    def push(self, pcm: Pcm) -> Pcm:
        """Take samples and return those that can be made now: all but the last few milliseconds."""
        design = self._design
        if design is None or not pcm.size:
            return pcm
        self._num_in += pcm.size
        if pcm.size <= _BLOCK:
            return self._feed(design, _to_steps(pcm))
        blocks = [pcm[at : at + _BLOCK] for at in range(0, pcm.size, _BLOCK)]
        return np.concatenate([self._feed(design, _to_steps(block)) for block in blocks])

    def flush(self) -> Pcm:
        """Return what was held back, as if silence followed, and begin a new stream."""
        design = self._design
        if design is None:
            return np.empty(0, np.float32)
        num_out = -(-self._num_in * design.up // design.down)
        num_left = num_out - self._group * design.num_out
        rest = self._feed(design, np.zeros(design.num_in - design.lead))[:num_left]
        self._begin()
        return rest

    def _begin(self) -> None:
        self._num_in = 0
        self._group = 0
        self._held: Floats = np.zeros(self._design.lead if self._design else 0)

    def _feed(self, design: _Design, steps: Floats) -> Pcm:
        """Make the groups that are complete, and hold what the next one needs."""
        first = self._group
        origin = design.start(first)
        padded = np.concatenate((self._held, steps))
        self._group = max(design.num_groups(origin + padded.size), first)
        self._held = padded[design.start(self._group) - origin :].copy()
        return _convolve(design, padded, first, self._group - first)


def _to_steps(pcm: Pcm) -> Floats:
    steps = np.multiply(clipped(pcm, _LOWEST, _HIGHEST), _SAMPLE_STEPS, dtype=np.float64)
    return np.rint(steps, steps)


def _convolve(design: _Design, padded: Floats, first: int, num_groups: int) -> Pcm:
    """Return the samples of `num_groups` groups from `first` on, whose window is the first of `padded`."""
    out = np.empty((num_groups, design.num_out))
    cycle, most = len(design.matrices), design.most_groups
    origin = design.start(first)
    for at in range(0, num_groups, most):
        for group in range(at, min(at + cycle, num_groups)):
            rows = out[group : at + most : cycle]
            windows = _windows(padded, design.start(first + group) - origin, design, len(rows))
            np.matmul(windows, design.matrices[(first + group) % cycle], out=rows)
    return out.reshape(-1).astype(np.float32)


def _windows(padded: Floats, start: int, design: _Design, count: int) -> Floats:
    """Return [count, num_in] copies of the windows that begin at `start` and every `cycle_in` samples after it."""
    size = padded.itemsize
    strides = (design.cycle_in * size, size)
    overlapping = np.ndarray((count, design.num_in), np.float64, padded, start * size, strides)
    return np.ascontiguousarray(overlapping)


@lru_cache(maxsize=len(RATES) ** 2)
def _design(source_rate: int, target_rate: int) -> _Design:
    common = gcd(source_rate, target_rate)
    up, down = target_rate // common, source_rate // common
    num_out, cycle = _grouping(up, target_rate)
    reach = _HALF_WIDTH * max(1.0, down / up)
    lead = ceil(reach)
    num_in = lead + ceil((num_out - 1) * down / up) + lead + 1
    taps_at = np.arange(num_in)[:, None]
    matrices = []
    for group in range(cycle):
        start = group * num_out * down // up
        out_at = np.arange(group * num_out, (group + 1) * num_out) * down - (start - lead) * up
        matrices.append(_taps((out_at - taps_at * up) / up, up, down) / _SAMPLE_STEPS)
    cycle_in = cycle * num_out * down // up
    most_groups = _MAX_PRODUCT // (num_in * num_out) * cycle
    return _Design(up, down, lead, num_in, num_out, cycle_in, most_groups, tuple(matrices))


def _grouping(up: int, target_rate: int) -> tuple[int, int]:
    """Return the output samples in a group, and the groups after which windows begin at whole samples again.

    The samples are a divisor or a multiple of the `up` samples of a period, as near to `_GROUP_S` as there is.
    """
    wanted = _GROUP_S * target_rate
    sizes = [size for size in range(1, up) if up % size == 0] + [up * times for times in range(1, ceil(wanted) + 1)]
    num_out = min(sizes, key=lambda size: max(size / wanted, wanted / size))
    return num_out, max(up // num_out, 1)


def _taps(at: Floats, up: int, down: int) -> Floats:
    """Return the filter's values at distances given in input samples, on the grid that keeps sums exact."""
    band = min(1.0, up / down)
    inside = np.maximum(1.0 - (at * band / _HALF_WIDTH) ** 2, 0.0)
    window = np.where(inside > 0.0, np.i0(_BETA * np.sqrt(inside)) / np.i0(_BETA), 0.0)
    return np.rint(_CUTOFF * band * np.sinc(_CUTOFF * band * at) * window * _TAP_STEPS) / _TAP_STEPS


@dataclass(frozen=True, slots=True)
class Response:
    """What a conversion does to sound.

    `delay_ms` is the longest time between a sample going in and its counterpart coming out. `ripple_db` is the
    largest deviation of the gain up to 0.9 of the lower Nyquist frequency, `alias_db` the largest gain of what
    lies beyond that frequency.
    """

    delay_ms: float
    ripple_db: float
    alias_db: float


def describe(source_rate: int, target_rate: int) -> Response:
    """Return the response of a conversion, computed from the taps it uses."""
    if source_rate == target_rate:
        return Response(0.0, 0.0, -np.inf)
    design = _design(source_rate, target_rate)
    reach = design.lead * design.up
    taps = _taps(np.arange(-reach, reach + 1) / design.up, design.up, design.down)
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(taps, 1 << 19)) / design.up + 1e-12)
    frequency = np.fft.rfftfreq(1 << 19) * design.up * source_rate
    nyquist = min(source_rate, target_rate) / 2
    delay_ms = (design.num_in - design.lead) / source_rate * 1000
    ripple_db = np.abs(gain_db[frequency <= 0.9 * nyquist]).max()
    return Response(delay_ms, float(ripple_db), float(gain_db[frequency >= nyquist].max()))


def main() -> None:
    """Print what every conversion to and from 48 kHz does."""
    print("   from      to  delay ms  ripple dB  alias dB")
    for rate in RATES[:-1]:
        for source, target in ((rate, 48000), (48000, rate)):
            made = describe(source, target)
            print(f"{source:7d} {target:7d} {made.delay_ms:9.2f} {made.ripple_db:10.3f} {made.alias_db:9.1f}")


if __name__ == "__main__":
    main()
