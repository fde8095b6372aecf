from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from engine.process import EngineError, EngineProcess
from engine.tone import ToneEngine, hear, vocabulary
from engine.types import Delivery, Output, new_id
from tests.engine.assembly import Part, assemble, spoken
from tests.engine.build import Heard, build_segment

WORDS = vocabulary(400)
F32 = Output("pcm_f32le", 48000)
ENDLESS = " ".join(WORDS * 100)
PATIENCE_S = 20.0


class Speech(Heard):
    """What one utterance was delivered, and whether it is over."""

    def __init__(self) -> None:
        super().__init__(F32)
        self.utterance = new_id()
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    def __call__(self, delivery: Delivery) -> None:
        super().__call__(delivery)
        if delivery.num_samples:
            self.begun.set()
        if delivery.closed or delivery.failed:
            self.over.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self.over.wait(), PATIENCE_S)


@asynccontextmanager
async def running(chunk_ms: float = 20, **faults: str | float) -> AsyncIterator[EngineProcess]:
    process = EngineProcess("tone", {"chunk_ms": chunk_ms, "faults": faults})
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


def begin(process: EngineProcess, text: str = "", max_lead_s: float = 0.0) -> Speech:
    speech = Speech()
    process.open(speech.utterance, F32, max_lead_s, speech)
    if text:
        process.submit(build_segment(text, speech.utterance))
    return speech


async def say(process: EngineProcess, text: str = "bako bade") -> Speech:
    speech = begin(process, text)
    process.close(speech.utterance)
    await speech.wait()
    return speech


async def until(happens: Callable[[], bool]) -> None:
    """Give the event loop its turns until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_the_child_speaks_as_the_engine_would_here() -> None:
    async with running() as process:
        assert process.ready
        assert process.info == ToneEngine().info
        speech = await say(process)
        assert speech.closed
        assert np.array_equal(speech.pcm, assemble([Part(spoken("bako bade"))]))


async def test_times_of_the_child_are_on_our_clock() -> None:
    async with running() as process:
        before = time.monotonic()
        speech = await say(process)
        (timing,) = [delivery.timing for delivery in speech.deliveries if delivery.timing]
        assert before <= timing.first_step_at <= timing.first_chunk_at <= time.monotonic()


async def test_many_at_once_hear_their_own_words() -> None:
    async with running() as process:
        speeches = await asyncio.gather(*(say(process, f"{word} {word}") for word in WORDS[:60]))
        for word, speech in zip(WORDS, speeches, strict=False):
            assert hear(speech.pcm, 48000, WORDS) == [word, word]


async def test_flushes_are_answered_and_positions_taken() -> None:
    async with running() as process:
        speech = begin(process, ENDLESS, max_lead_s=1.0)
        await until(lambda: speech.num_samples >= 48000)
        process.position(speech.utterance, 1.0)
        await until(lambda: speech.num_samples >= 96000)
        quiet = begin(process)
        process.flush(quiet.utterance, 5)
        await until(lambda: quiet.flushed == [5])


async def test_nothing_follows_an_abort_and_what_was_under_way_is_counted() -> None:
    async with running() as process:
        aborted = Speech()

        def abort_other(delivery: Delivery) -> None:
            process.abort(aborted.utterance)

        utterance = new_id()
        process.open(utterance, F32, 0.0, abort_other)
        process.open(aborted.utterance, F32, 0.0, aborted)
        process.submit(build_segment("bako", utterance))
        process.submit(build_segment(ENDLESS, aborted.utterance))
        await say(process)
        assert not aborted.deliveries
        assert process.num_late > 0


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
async def test_when_the_child_dies_or_hangs_speech_comes_back(sign: signal.Signals) -> None:
    async with running() as process:
        speaking, spoken_to, text_only = begin(process, ENDLESS), begin(process, "bako"), begin(process)
        process.flush(text_only.utterance, 1)
        await until(lambda: bool(speaking.begun.is_set() and spoken_to.ended and text_only.flushed))
        assert process.pid
        os.kill(process.pid, sign)
        await speaking.wait()
        await spoken_to.wait()
        assert not process.ready
        assert "the engine died" in speaking.failures[0]
        assert speaking.deliveries[-1].failed
        assert speaking.deliveries[-1].failed.segment > 0
        assert spoken_to.deliveries[-1].failed
        assert spoken_to.deliveries[-1].failed.segment == 0

        back = begin(process, "bade")
        await asyncio.wait_for(back.begun.wait(), PATIENCE_S)
        assert process.num_restarts == 1
        process.submit(build_segment("baki", text_only.utterance))
        process.close(text_only.utterance)
        await text_only.wait()
        assert not text_only.failures
        assert hear(text_only.pcm, 48000, WORDS) == ["baki"]


async def test_a_token_that_kills_is_not_tried_again() -> None:
    async with running(crash_on="bade") as process:
        culprit = await say(process, "bako bade")
        assert culprit.failures
        assert (await say(process, "baki")).closed
        assert process.num_restarts == 1


async def test_a_step_that_never_ends_is_cut_short() -> None:
    async with running(hang_on="bade") as process:
        begun_at = time.monotonic()
        culprit = await say(process, "bako bade")
        assert "no answer" in culprit.failures[0]
        assert time.monotonic() - begun_at > process.info.max_step_s
        assert (await say(process, "baki")).closed


async def test_a_parent_that_was_held_up_does_not_blame_the_child() -> None:
    async with running() as process:
        await asyncio.sleep(0.3)  # until it has asked the child
        time.sleep(process.info.max_step_s + 0.3)  # noqa: ASYNC251  # this is the stall
        await asyncio.sleep(0.3)
        assert (await say(process)).closed
        assert process.num_restarts == 0


async def test_a_slow_step_is_no_hang() -> None:
    async with running(chunk_ms=1000, step_s=0.6) as process:
        assert (await say(process, "bako")).closed
        assert process.num_restarts == 0


async def test_a_callback_that_raises_costs_one_utterance(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as process:

        def stumble(delivery: Delivery) -> None:
            raise ValueError("stumbled")

        utterance = new_id()
        process.open(utterance, F32, 0.0, stumble)
        process.submit(build_segment(ENDLESS, utterance))
        assert (await say(process)).closed
        assert [record.getMessage() for record in caplog.records] == [
            f"utterance {utterance} could not take its delivery"
        ]


async def test_when_it_does_not_come_up_again_those_who_wait_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('no disk')", "utf-8")
    async with running() as process:
        waiting = begin(process)
        assert process.pid
        with monkeypatch.context() as broken:
            broken.setenv("PYTHONPATH", str(tmp_path))
            os.kill(process.pid, signal.SIGKILL)
            await waiting.wait()
        assert "did not start" in waiting.failures[0]
        assert not process.ready
        assert (await say(process)).closed


@pytest.mark.parametrize(
    ("engine", "options", "message"),
    [
        ("theremin", {}, "there is no engine 'theremin'; installed are espeak, spark, tone"),
        ("tone", {"volume": 11}, "the engine 'tone' did not start: TypeError.* 'volume'"),
        ("tone", {"faults": {"crash_on": "Hello."}}, "the engine 'tone' did not start: exit status 70"),
        ("tone", {"faults": {"fail_on": "Hello."}}, "tone cannot speak: told to fail at 'Hello.'"),
    ],
)
async def test_an_engine_that_cannot_start_says_why(engine: str, options: dict[str, object], message: str) -> None:
    process = EngineProcess(engine, options)
    with pytest.raises(EngineError, match=message):
        await process.start()
    assert not process.ready
    with pytest.raises(EngineError, match="has not been started"):
        _ = process.info
    await process.stop()


async def test_an_engine_that_takes_too_long_is_given_up() -> None:
    process = EngineProcess("tone", {"faults": {"hang_on": "Hello."}}, start_limit_s=0.2)
    with pytest.raises(EngineError, match=r"not ready after 0\.2 s, killed by SIGKILL"):
        await process.start()


async def test_stopping_ends_the_child() -> None:
    async with running() as process:
        begin(process, ENDLESS)
        pid = process.pid
        assert pid
    assert not is_alive(pid)
    assert not process.ready


@pytest.mark.parametrize("faults", [{}, {"hang_on": "bako"}], ids=["idle", "hung"])
def test_a_child_does_not_outlive_its_parent(faults: dict[str, str]) -> None:
    script = f"""
import asyncio
from engine.process import EngineProcess
from engine.types import Output
from tests.engine.build import build_segment
async def main():
    process = EngineProcess("tone", {{"faults": {faults}}})
    await process.start()
    process.open(1, Output(), 0.0, lambda delivery: None)
    process.submit(build_segment("bade", 1))
    process.submit(build_segment("bako", 1))
    await asyncio.sleep(0.1)
    print(process.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout
    with parent.stdout:
        pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
