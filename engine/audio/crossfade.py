"""Raised-cosine fades: the seam between two sounds, at equal gain."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.types import Pcm


@lru_cache(maxsize=16)
def fade_in(num_samples: int) -> Pcm:
    """Return the gains [num_samples] that lead from silence to full level. Shared between callers: read-only.

    Equal gain rather than equal power, since the two sides of a seam are often the same sound.
    """
    phase = (np.arange(num_samples) + 0.5) / max(num_samples, 1)
    gains = (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)
    gains.flags.writeable = False
    return gains


@lru_cache(maxsize=16)
def fade_out(num_samples: int) -> Pcm:
    """Return the gains [num_samples] that add up to exactly 1 with those of `fade_in`. Read-only."""
    gains = np.float32(1.0) - fade_in(num_samples)
    gains.flags.writeable = False
    return gains
