"""A LiveKit TTS, `tts` in the snippet: speaks turns, some of which are interrupted, one after the other or together.

One that cannot be fed by the piece speaks through what LiveKit puts around it: a request for each sentence.
"""

import asyncio
import base64
import json
import sys

from livekit.agents.tts import StreamAdapter
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT
from livekit.agents.utils import http_context


async def speak(tts, turn: dict) -> dict:
    stream = tts.stream()
    pcm, rate, words = b"", 0, []
    for token in turn["tokens"]:
        stream.push_text(token)
        await asyncio.sleep(0)  # others have their say
    if "after_s" not in turn:
        stream.end_input()
    try:
        async for event in stream:
            pcm += bytes(event.frame.data)
            rate = event.frame.sample_rate
            words += event.frame.userdata.get(USERDATA_TIMED_TRANSCRIPT) or []
            if "after_s" in turn and len(pcm) / 2 / rate > turn["after_s"]:
                break
    finally:
        await stream.aclose()
    told = [(str(word).strip(), word.start_time) for word in words if str(word).strip()]
    return {"pcm": base64.b64encode(pcm).decode(), "rate": rate, "words": told}


async def main() -> None:
    task = json.load(sys.stdin)
    scope: dict = {}
    exec(task["snippet"], scope)
    async with http_context.open():
        tts = scope["tts"]
        fed = tts if tts.capabilities.streaming else StreamAdapter(tts=tts)
        told = [await asyncio.wait_for(speak(fed, turn), 30) for turn in task["turns"]]
        told += await asyncio.gather(*(speak(fed, turn) for turn in task.get("together", [])))
        for text in task.get("at_once", []):
            frame = await tts.synthesize(text).collect()
            pcm = base64.b64encode(bytes(frame.data)).decode()
            told.append({"pcm": pcm, "rate": frame.sample_rate, "words": []})
        await tts.aclose()
    print(json.dumps(told))


asyncio.run(main())
