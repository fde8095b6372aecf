"""Voices that are learnt while an engine runs, in its process: asked for, answered, and seen by everybody at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from engine import process as engine_process
from engine.espeak import EspeakEngine
from engine.learning import NAME, Learner, NotAnswered, VoiceRefused, VoicesFixed
from engine.process import EngineProcess
from engine.tone import ToneEngine
from engine.types import Output, Voice, new_id
from tests.engine.build import Heard, build_segment
from tests.engine.learning_tone import DEADLY, TARGET, LearningTone

CLIP = np.zeros(3 * 16_000, "<f4").tobytes()
ASHA = Voice("asha", "Asha", "hi", "female")


@asynccontextmanager
async def running(target: str) -> AsyncIterator[EngineProcess]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_process, "_target", lambda name: target)
        process = EngineProcess("learning")
        await process.start()
        try:
            yield process
        finally:
            await process.stop()


async def until_ready(process: EngineProcess) -> None:
    async with asyncio.timeout(20.0):
        while not process.ready:  # noqa: ASYNC110 (it sets no event)
            await asyncio.sleep(0.01)


def test_only_engines_that_learn_are_learners() -> None:
    assert [isinstance(engine, Learner) for engine in (LearningTone(), ToneEngine(), EspeakEngine())] == [
        True,
        False,
        False,
    ]


async def test_a_voice_that_is_learnt_is_there_and_speaks() -> None:
    async with running(TARGET) as process:
        await process.enroll(ASHA, CLIP)
        assert process.info.voice("asha") == Voice("asha", "3 s", "hi", "female")
        heard, utterance = Heard(), new_id()
        process.open(utterance, Output(), 0.0, heard)
        process.submit(build_segment("bako bade", utterance, voice="asha"))
        process.close(utterance)
        async with asyncio.timeout(20.0):
            while not heard.closed:  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.01)
        assert heard.num_samples > 0


async def test_a_voice_that_is_forgotten_is_gone_and_its_name_is_free() -> None:
    async with running(TARGET) as process:
        await process.enroll(ASHA, CLIP)
        await process.forget("asha")
        assert process.info.voice("asha") is None
        await process.enroll(ASHA, CLIP)
        assert process.info.voice("asha")


async def test_what_the_engine_refuses_is_told_and_changes_nothing() -> None:
    async with running(TARGET) as process:
        before = process.info
        with pytest.raises(VoiceRefused, match="there is a voice 'tone' already"):
            await process.enroll(Voice("tone", "Tone", "en"), CLIP)
        with pytest.raises(VoiceRefused, match="voice 'tone' was not learnt"):
            await process.forget("tone")
        assert process.info == before


async def test_many_may_ask_at_once_and_each_is_answered() -> None:
    async with running(TARGET) as process:
        names = [f"voice-{number}" for number in range(20)]
        asked = [process.enroll(Voice(name, name, "en"), CLIP) for name in (*names, "voice-3")]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert told[:20] == [None] * 20
        assert isinstance(told[20], VoiceRefused)
        assert {voice.id for voice in process.info.voices} >= set(names)


@pytest.mark.parametrize("engine", ["tone", "espeak"])
async def test_engines_whose_voices_are_fixed_say_so(engine: str) -> None:
    process = EngineProcess(engine)
    await process.start()
    try:
        for asked in (process.enroll(ASHA, CLIP), process.forget("asha")):
            with pytest.raises(VoicesFixed, match=f"the voices of {engine} are fixed"):
                await asked
    finally:
        await process.stop()


async def test_who_asks_an_engine_that_dies_of_it_is_told_and_the_next_one_is_answered() -> None:
    async with running(TARGET) as process:
        with pytest.raises(NotAnswered, match="the engine died"):
            await process.enroll(Voice(DEADLY, "", "en"), CLIP)
        with pytest.raises(NotAnswered, match="not ready"):
            await process.enroll(ASHA, CLIP)
        await until_ready(process)
        await process.enroll(ASHA, CLIP)
        assert process.info.voice("asha")


async def test_who_asks_an_engine_that_is_stopped_is_told() -> None:
    async with running(TARGET) as process:
        asked = asyncio.ensure_future(process.enroll(ASHA, CLIP))
        await asyncio.sleep(0)
        await process.stop()
        with pytest.raises(NotAnswered, match="has been stopped"):
            await asked


async def test_who_leaves_before_the_answer_keeps_nobody_from_theirs() -> None:
    async with running(TARGET) as process:
        leaving = asyncio.ensure_future(process.enroll(ASHA, CLIP))
        await asyncio.sleep(0)
        leaving.cancel()
        await process.enroll(Voice("ravi", "Ravi", "hi"), CLIP)
        assert {voice.id for voice in process.info.voices} >= {"asha", "ravi"}


@pytest.mark.parametrize("name", ["", "A", "a/b", "..", "a.b", "-a", "a" * 65, "a b", "é"])
def test_a_name_that_is_no_name_matches_not(name: str) -> None:
    assert not NAME.fullmatch(name)
