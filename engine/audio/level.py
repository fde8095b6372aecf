"""What a sample's magnitude says: where sound begins, and which values are no sound at all."""

from __future__ import annotations

import math

import numpy as np

from engine.types import AUDIBLE, Pcm


def first_audible(pcm: Pcm) -> int | None:
    """Return the index of the first sample of at least -50 dBFS, or None if all of it is silence."""
    if not pcm.size:
        return None
    loud = np.abs(pcm) >= AUDIBLE
    index = int(loud.argmax())
    return index if loud[index] else None


def clipped(pcm: Pcm, lowest: Pcm, highest: Pcm) -> Pcm:
    """Return a copy within [lowest, highest], infinity included, with NaN made silence.

    The bounds are arrays of no dimensions: a ufunc spends more time on converting a Python number than on a frame.
    """
    within = pcm.clip(lowest, highest)
    if math.isnan(within.dot(within)):  # the cheapest pass over all samples that no NaN survives unseen
        np.nan_to_num(within, copy=False)
    return within
