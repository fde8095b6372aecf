"""A Pipecat TTS, `tts` in the snippet: speaks turns one after the other, some of which are interrupted."""

import asyncio
import base64
import json
import sys

from loguru import logger
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

logger.remove()
logger.add(sys.stderr, level="DEBUG")


class Listener(FrameProcessor):
    """Hears what comes out, and says when the turn is over or as long as it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(None)

    def begin(self, after_s: float | None) -> None:
        self.pcm, self.rate, self.words, self.began = b"", 0, [], None
        self.after_s, self.over = after_s, asyncio.Event()

    async def process_frame(self, frame, direction) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSStartedFrame):
            await self.push_frame(BotStartedSpeakingFrame(), FrameDirection.UPSTREAM)
        if isinstance(frame, TTSAudioRawFrame):
            self.pcm += frame.audio
            self.rate = frame.sample_rate
            if self.after_s is not None and len(self.pcm) / 2 / self.rate > self.after_s:
                self.over.set()
        if isinstance(frame, TTSTextFrame) and frame.pts is not None:
            self.words.append((frame.text.strip(), frame.pts))
        if isinstance(frame, TTSStoppedFrame):
            await self.push_frame(BotStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
            if self.after_s is None:
                self.over.set()
        await self.push_frame(frame, direction)

    def told(self) -> dict:
        first = self.words[0][1] if self.words else 0
        words = [(text, (pts - first) / 1e9) for text, pts in self.words]
        return {"pcm": base64.b64encode(self.pcm).decode(), "rate": self.rate, "words": words}


async def speak(worker, listener: Listener, turn: dict) -> dict:
    listener.begin(turn.get("after_s"))
    await worker.queue_frame(LLMFullResponseStartFrame())
    for token in turn["tokens"]:
        await worker.queue_frame(LLMTextFrame(token))
    if "after_s" not in turn:
        await worker.queue_frame(LLMFullResponseEndFrame())
    await asyncio.wait_for(listener.over.wait(), 20)
    if "after_s" in turn:
        await worker.queue_frame(InterruptionFrame())
        await asyncio.sleep(0.3)  # what was under way to the client when it interrupted is its own to drop
    return listener.told()


async def main() -> None:
    task = json.load(sys.stdin)
    scope: dict = {}
    exec(task["snippet"], scope)
    listener = Listener()
    worker = PipelineWorker(
        Pipeline([scope["tts"], listener]),
        cancel_on_idle_timeout=False,
        params=PipelineParams(audio_out_sample_rate=24000),
    )
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def _(worker, frame) -> None:
        started.set()

    runner = WorkerRunner()
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await asyncio.wait_for(started.wait(), 20)
    told = [await speak(worker, listener, turn) for turn in task["turns"]]
    await worker.queue_frame(EndFrame())
    await asyncio.wait_for(running, 20)
    print(json.dumps(told))


asyncio.run(main())
