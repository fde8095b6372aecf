"""ElevenLabs' SDK: what `audio` of the snippet holds, and the other calls that speak or list."""

import base64
import json
import sys

task = json.load(sys.stdin)
scope: dict = {}
exec(task["snippet"].replace('"Hello from your own machine."', repr(task["text"])), scope)
client = scope["client"]
told: dict = {}
if "pieces" in task:
    audio = client.text_to_speech.convert_realtime("en-us", text=iter(task["pieces"]), output_format="pcm_24000")
    told["sample"] = base64.b64encode(b"".join(scope["audio"])).decode()
    told["audio"] = base64.b64encode(b"".join(audio)).decode()
else:
    told["audio"] = base64.b64encode(b"".join(scope["audio"])).decode()
    speech, given = client.text_to_speech, {"text": task["text"], "output_format": "pcm_24000"}
    told["whole"] = base64.b64encode(b"".join(speech.convert("en-us", **given))).decode()
    timed = speech.convert_with_timestamps("en-us", **given)
    told["timed"] = timed.audio_base_64
    told["characters"] = "".join(timed.alignment.characters)
    lines = list(speech.stream_with_timestamps("en-us", **given))
    told["lines"] = base64.b64encode(b"".join(base64.b64decode(line.audio_base_64) for line in lines)).decode()
    told["starts"] = [at for line in lines if line.alignment for at in line.alignment.character_start_times_seconds]
    told["voices"] = [voice.voice_id for voice in client.voices.get_all().voices]
    told["found"] = [voice.voice_id for voice in client.voices.search().voices]
    told["models"] = [model.model_id for model in client.models.list()]
    told["limit"] = client.user.subscription.get().character_limit
print(json.dumps(told))
