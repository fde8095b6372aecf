"""48 kHz sound to spectra and back: 600 frames a second of 320 samples, Hann windows in 1024 points. Streamed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.spark.carry import Carry

SOURCE_RATE, TARGET_RATE = 16_000, 48_000
N_FFT = 1024
HOP = 80
WINDOW = 320
NUM_BINS = N_FFT // 2 + 1

FIXED = {
    "n_fft": N_FFT,
    "hop_size": HOP,
    "win_size": WINDOW,
    "hr_sampling_rate": TARGET_RATE,
    "lr_sampling_rate": SOURCE_RATE,
}
"""What a network's configuration has to say, in its own words, for the spectra made here to be those it knows."""

_HALF = WINDOW // 2
_BLOCKS = WINDOW // HOP
_SIDE = (N_FFT - WINDOW) // 2


def analyse(wave: Tensor, carry: Carry) -> Tensor:
    """Return spectra [batch, frames, NUM_BINS] of samples [batch, n], each frame centred on a multiple of HOP.

    At both ends of the sound it is mirrored. n is a multiple of HOP but at the end; so the frames are late by 2 HOPs.
    """
    before = carry.previous()
    parts = [_mirror(wave[:, 1 : _HALF + 1], wave) if before is None else before, wave]
    if carry.is_last:
        known = wave if before is None else torch.cat((before, wave), 1)
        parts.append(_mirror(known[:, -_HALF - 1 : -1], wave))
    frames = torch.cat(parts, 1).unfold(1, WINDOW, HOP)
    if not carry.is_last:
        carry.keep(torch.cat(parts, 1)[:, frames.shape[1] * HOP :])
    return torch.fft.rfft(functional.pad(frames * hann(wave), (_SIDE, _SIDE)))


def synthesize(spectra: Tensor, carry: Carry) -> Tensor:
    """Return samples [batch, m] of spectra [batch, frames, NUM_BINS]: HOP for each but the last of all, late by 2 HOPs.

    Windows are added where they overlap, and divided by the sum of their squares, which is less at both ends.
    """
    window = hann(spectra.real)
    frames = torch.fft.irfft(spectra, N_FFT)[..., _SIDE : _SIDE + WINDOW] * window
    weights = (window * window).expand_as(frames)
    extended = carry.around(torch.cat((frames, weights), 2), _BLOCKS // 2)
    added, divisor = _overlapped(extended[..., :WINDOW]), _overlapped(extended[..., WINDOW:])
    blocks = added / divisor.clamp_min(1e-11)
    return (blocks[:, :-1] if carry.is_last else blocks).flatten(1)


def hann(like: Tensor) -> Tensor:
    """Return the periodic Hann window [WINDOW], of the same kind and at the same place as another tensor."""
    return torch.hann_window(WINDOW, dtype=like.dtype, device=like.device)


def _overlapped(frames: Tensor) -> Tensor:
    """Return [batch, n - 4, HOP] for frames [batch, n, WINDOW]: block b is in the frames from b - 1 to b + 2."""
    num_out = frames.shape[1] - _BLOCKS
    parts = frames.unflatten(2, (_BLOCKS, HOP))
    first = 1 + _BLOCKS // 2 - 2
    return sum(
        (parts[:, first + at : first + at + num_out, _BLOCKS - 1 - at] for at in range(1, _BLOCKS)),
        start=parts[:, first : first + num_out, _BLOCKS - 1],
    )


def _mirror(samples: Tensor, wave: Tensor) -> Tensor:
    """Return samples backwards; silence where a sound is too short to be mirrored."""
    if samples.shape[1] < _HALF:
        return wave.new_zeros(len(wave), _HALF)
    return samples.flip(1)
