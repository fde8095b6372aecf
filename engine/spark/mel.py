"""Mel frames as the speaker encoder wants them: magnitudes without a logarithm, on Slaney's scale."""

from __future__ import annotations

from functools import lru_cache
from math import log

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.spark.config import HOP, SAMPLE_RATE

N_FFT = 1024
WINDOW = 640
LOWEST_HZ, HIGHEST_HZ = 10.0, 8000.0

_LINEAR_HZ = 1000.0
_LINEAR_MELS = 15.0
_LOG_STEP = 27.0 / log(6.4)

Floats = NDArray[np.float64]


def mel_frames(wave: Tensor, num_mels: int) -> Tensor:
    """Return [1 + n // 320, num_mels] for samples [n] at 16 kHz: a frame each 20 ms, centred there."""
    window = torch.hann_window(WINDOW, device=wave.device)
    spectrum = torch.stft(wave, N_FFT, HOP, WINDOW, window, center=True, pad_mode="reflect", return_complex=True)
    return spectrum.abs().t() @ torch.from_numpy(filters(num_mels)).to(wave)


@lru_cache(maxsize=4)
def filters(num_mels: int) -> NDArray[np.float32]:
    """Return the triangles [N_FFT / 2 + 1, num_mels], each of area one over frequency in hertz (Slaney's norm)."""
    edges = _hz_of(np.linspace(_mel_of(LOWEST_HZ), _mel_of(HIGHEST_HZ), num_mels + 2))
    bins = np.linspace(0, SAMPLE_RATE // 2, N_FFT // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(np.minimum(rising, falling), 0.0) * 2.0 / (edges[2:] - edges[:-2])
    return triangles.astype(np.float32)


def _mel_of(hertz: float) -> float:
    """Slaney's scale: linear up to 1 kHz, which is 15, then logarithmic, 27 to a factor of 6.4."""
    if hertz < _LINEAR_HZ:
        return hertz * _LINEAR_MELS / _LINEAR_HZ
    return _LINEAR_MELS + log(hertz / _LINEAR_HZ) * _LOG_STEP


def _hz_of(mels: Floats) -> Floats:
    above = _LINEAR_HZ * np.exp((mels - _LINEAR_MELS) / _LOG_STEP)
    return np.where(mels < _LINEAR_MELS, mels * _LINEAR_HZ / _LINEAR_MELS, above)
