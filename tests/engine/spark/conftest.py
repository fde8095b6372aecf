"""Where torch is not installed, as in `make test`, there is nothing here to collect: `make test-spark` runs it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.spark.bicodec import BiCodec

GOLDEN = Path(__file__).parent / "golden"

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small products gain nothing from threads, and lose much where the machine has something else to do."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden() -> dict[str, NDArray[np.float32]]:
    return dict(np.load(GOLDEN / "bicodec_decode.npz"))


@pytest.fixture(scope="session")
def codec() -> BiCodec:
    from engine.spark.bicodec import BiCodec

    return BiCodec.load(GOLDEN / "bicodec")
