"""What a sample's magnitude says: where sound begins, and which values are no sound at all."""

from __future__ import annotations

import math

import numpy as np

from engine.types import AUDIBLE, Pcm

_HUGE = 1e9


def first_audible(pcm: Pcm) -> int | None:
    """Return the index of the first sample of at least -50 dBFS, or None if all of it is silence."""
    if not pcm.size:
        return None
    loud = np.abs(pcm) >= AUDIBLE
    index = int(loud.argmax())
    return index if loud[index] else None


@np.errstate(over="ignore")
def finite(pcm: Pcm) -> Pcm:
    """Return the samples with NaN made silence and what is beyond any sound clipped; as they are if there is neither.

    The largest finite samples let through are of the order of 1e19, so scaling them cannot overflow.
    """
    if math.isfinite(pcm.dot(pcm)):  # one pass at the speed of memory; NaN, infinity and huge values all survive it
        return pcm
    return np.nan_to_num(pcm).clip(-_HUGE, _HUGE)
