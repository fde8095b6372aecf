"""Tests of torch or vLLM are not collected where that is not installed: `make test-spark` and `test-vllm` run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

if TYPE_CHECKING:
    from engine.spark.bicodec import BiCodec

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def is_marked(path: Path, name: str) -> bool:
    return re.search(rf"^pytestmark = .*pytest\.mark\.{name}\b", path.read_text("utf-8"), re.M) is not None


collect_ignore = [
    path.name
    for mark, library in (("spark", "torch"), ("vllm", "vllm"))
    for path in HERE.glob("test_*.py")
    if is_marked(path, mark) and not find_spec(library)
]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small products gain nothing from threads, and lose much where the machine has something else to do."""
    if not find_spec("torch"):
        yield
        return
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
