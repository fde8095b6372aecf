"""Cartesia's SDK, `client` and `options` in the snippet: contexts on one socket, a cancel, many at once, and HTTP."""

import base64
import json
import sys

task = json.load(sys.stdin)
scope: dict = {}
exec(task["snippet"], scope)
client, options = scope["client"], scope["options"]


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def heard(name: str, context) -> dict:
    """Hear a context. The SDK hands it what was under way of one that is cancelled, too; never its end."""
    pcm, words = b"", []
    for event in context.receive():
        if event.context_id != name:
            assert (event.context_id, event.done) == ("second", False)
            continue
        if event.type == "chunk":
            pcm += event.audio
        elif event.type == "timestamps":
            words += zip(event.word_timestamps.words, event.word_timestamps.start, strict=True)
        elif event.type == "error":
            raise SystemExit(f"error: {event}")
    return {"pcm": encoded(pcm), "rate": 24000, "words": words}


def say(connection, name: str, pieces: list, end: bool = True):
    context = connection.context(name, **options, add_timestamps=True)
    for piece in pieces:
        context.push(piece)
    if end:
        context.no_more_inputs()
    return context


told: dict = {}
with client.tts.websocket_connect() as connection:
    first, second, third = task["turns"]
    told["turns"] = [heard("first", say(connection, "first", first))]
    stopped, pcm = say(connection, "second", second, end=False), b""
    for event in stopped.receive():
        pcm += event.audio if event.type == "chunk" else b""
        if len(pcm) > 24000:
            break
    stopped.cancel()
    told["turns"].append({"pcm": encoded(pcm), "rate": 24000, "words": []})
    told["turns"].append(heard("third", say(connection, "third", third)))
    contexts = [say(connection, f"c{index}", [], end=False) for index in range(len(task["at_once"]))]
    for pieces in zip(*task["at_once"], strict=True):
        for context, piece in zip(contexts, pieces, strict=True):
            context.push(piece)
    for context in contexts:
        context.no_more_inputs()
    told["at_once"] = [heard(f"c{index}", context) for index, context in enumerate(contexts)]
text = "".join(first)
told["bytes"] = encoded(client.tts.generate(transcript=text, **options).read())
events = list(client.tts.generate_sse(transcript=text, **options))
told["sse"] = encoded(b"".join(event.audio for event in events if event.type == "chunk"))
told["voices"] = [voice.id for voice in client.voices.list(limit=2)]
print(json.dumps(told))
