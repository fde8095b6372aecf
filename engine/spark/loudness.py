"""How loud a clip is made before its speaker is looked at. The model was trained on clips treated so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST_PEAK = 0.1
_LEAST_DIVISOR = 1e-3
_AUDIBLE = 0.01
_FEWEST = 10
_LEVEL = 0.2
_GAINS = (0.1, 10.0)

Floats = NDArray[np.float64]


def normalized(wave: Floats) -> Floats:
    """Return a clip with its loud parts at 0.2: those between nine tenths and 99 hundredths of what is audible.

    A clip whose peak is below 0.1 is first scaled up to it, yet what is loud is told by the samples as they were.
    """
    magnitudes = np.abs(wave)
    peak = magnitudes.max(initial=0.0)
    if peak < _LEAST_PEAK:
        wave = wave / max(peak, _LEAST_DIVISOR) * _LEAST_PEAK
    audible = np.sort(magnitudes[magnitudes > _AUDIBLE])
    if audible.size <= _FEWEST:
        return wave
    loud = audible[int(0.9 * audible.size) : int(0.99 * audible.size)].mean()
    wave = wave * np.clip(_LEVEL / loud, *_GAINS)
    peak = np.abs(wave).max()
    return wave / peak if peak > 1 else wave
