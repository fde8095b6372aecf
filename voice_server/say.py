"""`voice-server say`: text, as it comes, to a WAV file or a player."""

from __future__ import annotations

import asyncio
import codecs
import os
import stat
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

from voice_server.client import Audio, Done, Options, Started, Utterance, connect
from voice_server.sinks import open_sink

PIECE = 1 << 16
"""Bytes of text read at a time."""

MAX_PIECES = 16
"""Pieces read and not sent yet; then stdin waits."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is to be said, `-` for what comes on stdin, and where it goes: a file, `-` for stdout, None: the player."""

    text: str
    output: str | None
    options: Options
    api_key: str | None = None


async def say(url: str, saying: Saying) -> str:
    """Say it with the server at `url`, and return a line or two on how long what took.

    Raises TTSError where the server does not, OSError where the sound cannot be brought out.
    """
    options: Options = {**saying.options}
    if not _is_paced_by_reader(saying.output):
        options["max_lead_s"] = 0.0
    async with connect(url, api_key=saying.api_key) as tts:
        utterance = tts.utterance(**options)
        feeding = asyncio.create_task(_feed(utterance, saying.text))
        try:
            return await _bring_out(utterance, saying.output)
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])


def _is_paced_by_reader(output: str | None) -> bool:
    """Whether what takes the sound may do so as slowly as it is heard: then the server should send it so."""
    if output == "-":
        return not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    return output is None


async def _feed(utterance: Utterance, text: str) -> None:
    if text == "-":
        async for piece in _stdin():
            await utterance.send(piece)
    else:
        await utterance.send(text)
    await utterance.end()


async def _stdin() -> AsyncIterator[str]:
    """Yield what is written to stdin, as it comes."""
    pieces: asyncio.Queue[bytes] = asyncio.Queue(MAX_PIECES)
    loop = asyncio.get_running_loop()

    def read() -> None:
        piece = b" "
        while piece:
            piece = os.read(sys.stdin.fileno(), PIECE)
            asyncio.run_coroutine_threadsafe(pieces.put(piece), loop).result()

    # a daemon: nothing can wake it from a read, and nobody should have to wait for it
    threading.Thread(target=read, daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while piece := await pieces.get():
        if text := decoder.decode(piece):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


async def _bring_out(utterance: Utterance, output: str | None) -> str:
    events = aiter(utterance)
    started = await anext(events)
    assert isinstance(started, Started)
    with open_sink(output, started.format, started.sample_rate) as sink:
        async for event in events:
            if isinstance(event, Audio):
                await asyncio.to_thread(sink, event.data)
    assert isinstance(event, Done)
    return _report(started, event)


def _report(started: Started, done: Done) -> str:
    timeline = done.timeline
    sound = f"{done.audio_ms / 1000:.2f} s of audio: {started.voice}, {started.format} at {started.sample_rate} Hz"
    if timeline.ttfb_ms is None:
        return f"{sound} (nothing to say)"
    audible = "never" if timeline.audible_ms is None else f"{timeline.audible_ms:.1f} ms"
    return (
        f"{sound}\nfirst byte after {timeline.ttfb_ms:.1f} ms, audible {audible}, real-time factor {timeline.rtf:.4f}"
    )
