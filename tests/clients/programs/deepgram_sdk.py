"""Deepgram's SDK, `client` in the snippet: turns on both of its sockets, a clear, an interrupt, and HTTP."""

import base64
import json
import sys

from deepgram.speak.v1.types import SpeakV1Text
from deepgram.speak.v2.types import SpeakV2Interrupt, SpeakV2InterruptPlaybackOffset, SpeakV2Speak

task = json.load(sys.stdin)
scope: dict = {}
exec(task["snippet"], scope)
client = scope["client"]
first, second, third = task["turns"]
HOW = {"model": "en-us", "encoding": "linear16", "sample_rate": "24000"}


def until(connection, kind: str, samples: int | None = None) -> tuple[bytes, dict]:
    """Listen to a message of this type, or to so many samples."""
    pcm = b""
    while True:
        message = connection.recv()
        if isinstance(message, bytes):
            pcm += message
            if samples is not None and len(pcm) / 2 > samples:
                return pcm, {}
        elif message.type == kind:
            return pcm, message.dict()


def turn(pcm: bytes) -> dict:
    return {"pcm": base64.b64encode(pcm).decode(), "rate": 24000, "words": []}


told: dict = {"v1": [], "v2": []}
with client.speak.v1.connect(**HOW) as connection:
    for pieces, stop in ((first, False), (second, True), (third, False)):
        for piece in pieces:
            connection.send_text(SpeakV1Text(type="Speak", text=piece))
        if stop:
            pcm, _ = until(connection, "", 12000)
            connection.send_clear()
            until(connection, "Cleared")
        else:
            connection.send_flush()
            pcm, _ = until(connection, "Flushed")
        told["v1"].append(turn(pcm))
    connection.send_close()
with client.speak.v2.connect(**HOW) as connection:
    played_ms = 0
    for pieces, stop in ((first, False), (second, True), (third, False)):
        for piece in pieces:
            connection.send_speak(SpeakV2Speak(text=piece))
        if stop:
            pcm, _ = until(connection, "", 12000)
            offset = SpeakV2InterruptPlaybackOffset(value=played_ms + task["heard_ms"])
            connection.send_interrupt(SpeakV2Interrupt(playback_offset=offset))
            told["interrupted"] = until(connection, "SpeechInterrupted")[1]
        else:
            connection.send_flush()
            pcm, said = until(connection, "SpeechMetadata")
            played_ms += said["audio_duration_ms"]
        told["v2"].append(turn(pcm))
    connection.send_close()
given = {"model": "en-us", "encoding": "linear16", "container": "none", "sample_rate": 24000}
told["http"] = turn(b"".join(client.speak.v1.audio.generate(text="".join(first), **given)))
print(json.dumps(told))
