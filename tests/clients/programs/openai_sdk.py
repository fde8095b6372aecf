"""OpenAI's SDK: what `audio` of the snippet holds, the same as events, and the lists."""

import base64
import json
import sys

task = json.load(sys.stdin)
scope: dict = {}
exec(task["snippet"].replace('"Hello from your own machine."', repr(task["text"])), scope)
client = scope["client"]
given = {"model": "gpt-4o-mini-tts", "voice": "nova", "input": task["text"], "response_format": "pcm"}
told: dict = {"audio": base64.b64encode(b"".join(scope["audio"])).decode()}
told["whole"] = base64.b64encode(client.audio.speech.create(**given).content).decode()
with client.audio.speech.with_streaming_response.create(**given, stream_format="sse") as response:
    told["request_id"] = response.request_id
    lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
events = [json.loads(line) for line in lines]
told["events"] = base64.b64encode(b"".join(base64.b64decode(event.get("audio", "")) for event in events)).decode()
told["last"] = events[-1]["type"]
told["models"] = [model.id for model in client.models.list()]
print(json.dumps(told))
