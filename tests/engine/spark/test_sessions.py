from __future__ import annotations

from random import Random

import pytest

from engine.bench.sessions import CLOSE, alone, apart, converse
from engine.spark.bicodec import BiCodec
from tests.engine.spark.speaking import build_engine

pytestmark = pytest.mark.spark


def test_each_of_32_sessions_hears_what_it_would_hear_alone(codec: BiCodec) -> None:
    engine = build_engine(codec)
    sessions = converse(engine, Random(5), 32)
    assert engine.counts.windows / engine.counts.codec_steps > 4
    assert sum(session.is_cancelled for session in sessions) > 3
    assert max(apart(session, alone(session, build_engine(codec))) for session in sessions) < CLOSE
