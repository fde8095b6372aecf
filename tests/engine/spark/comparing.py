"""How far arrays are apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def distance(found: ArrayLike, expected: ArrayLike) -> float:
    """Return the relative distance of two arrays: the length of their difference over that of the expected one."""
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert one.shape == other.shape
    return float(np.linalg.norm(one - other)) / max(float(np.linalg.norm(other)), 1e-12)


def cut_at(values: NDArray[Any], cuts: list[int]) -> list[NDArray[Any]]:
    """Return the pieces of an array between cuts, which may be anywhere, in any order and equal."""
    return np.split(values, sorted(min(cut, len(values)) for cut in cuts))
