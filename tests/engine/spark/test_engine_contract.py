"""What every engine promises, of the neural one: all of test_contract.py but for words, of which it tells none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.spark.bicodec import BiCodec
from engine.types import Engine
from tests.engine import test_contract as contract
from tests.engine.spark.speaking import build_engine

pytestmark = pytest.mark.spark

OF_WORDS = ("gets_its_word", "a_word_comes")

globals().update(
    {
        name: test
        for name, test in vars(contract).items()
        if name.startswith("test_") and not any(part in name for part in OF_WORDS)
    }
)


@pytest.fixture
def engine(codec: BiCodec) -> Iterator[Engine]:
    made = build_engine(codec)
    yield made
    made.close()
