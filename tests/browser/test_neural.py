"""The page and the neural engine: what a model of random weights says is noise, but it comes in time and in order.

It runs where torch is: make test-spark.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from tests.browser.conftest import Open
from tests.browser.visit import AUDIBLE, RATE
from voice_server.cli import main
from voice_server.private import private_server

pytestmark = pytest.mark.spark

TEXT = "Hi there"


@pytest.fixture(scope="module")
def neural(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a tiny neural model."""
    folder = str(tmp_path_factory.mktemp("tiny"))
    assert main(["model", "make-tiny", folder]) == 0
    with private_server(["--engine", "spark", "--model", folder, "--lm", "torch", "--device", "cpu"]) as url:
        yield url


def test_a_neural_voice_is_heard_to_its_end_and_timed_as_the_server_says(visit: Open, neural: str) -> None:
    seen = visit(neural, overheard=True)
    stats = seen.hear(TEXT)
    sound, audio_ms = seen.sound(), stats["audioMs"]
    assert audio_ms > 1000
    assert stats["receivedMs"] == stats["playedMs"] == pytest.approx(audio_ms)
    assert stats["energy"] == pytest.approx(np.sum(sound.astype("f8") ** 2), rel=0.01)
    assert len(sound) / RATE * 1000 >= audio_ms - 60
    if not stats["underruns"]:  # a busy machine may let the player run dry, for as long as it is busy
        assert len(sound) / RATE * 1000 == pytest.approx(audio_ms, abs=60)
    words = stats["words"]
    assert [word["text"] for word in words] == TEXT.split()
    assert all(word["end"] <= later["start"] + 0.001 for word, later in pairwise(words))
    assert words[-1]["end"] * 1000 <= audio_ms + 1
    latency, server = stats["latency"], stats["latency"]["server"]
    assert 0 < server["engine_ms"] <= server["ttfb_ms"] <= latency["firstByteAt"] - latency["startedAt"] + 5
    assert latency["firstByteAt"] <= latency["playedAt"]
    assert "spark" in seen.shown("#connection")
    assert seen.page.locator("#voice option").all_text_contents() == ["noise", "other-noise"]


def test_a_neural_voice_falls_silent_when_somebody_speaks(visit: Open, neural: str) -> None:
    seen = visit(neural, overheard=True)
    seen.say(TEXT)
    seen.until("s.heardMs > 300")
    seen.page.keyboard.press("Escape")
    seen.until("s.interruption?.spoken !== null && s.interruption.silentAfterMs !== null")
    seen.page.wait_for_timeout(500)
    pressed = round(seen.page.evaluate("overheard.pressedAt") * RATE)
    heard = seen.recording()
    assert np.flatnonzero(np.abs(heard) > AUDIBLE)[-1] < pressed + 0.3 * RATE
    told = seen.stats()["interruption"]
    assert told["spoken"] + told["remaining"] == TEXT
