"""What it costs to speak as a vendor does: the load generator's side of its dialect, and a comparison with ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from voice_server.bench.line import Line
from voice_server.bench.log import CallLog
from voice_server.bench.plan import Call
from voice_server.bench.posting import POSTS, PostLine


class ElevenLabsLine(Line):
    """A socket of `multi-stream-input`, with a context of its own for each call."""

    _numbers = count()
    _context = ""

    def begin(self, log: CallLog, call: Call) -> None:
        """Open a context, and say the first piece of a call."""
        self._context = f"call-{next(self._numbers)}"
        log.started = {"format": "pcm_s16le", "sample_rate": 48000}
        for body in self.opening():
            self.tell(body)
        super().begin(log, call)

    def opening(self) -> list[dict[str, Any]]:
        """Return what opens a context."""
        return [{"text": " ", "context_id": self._context}]

    def bodies(self, text: str, *, last: bool) -> list[dict[str, Any]]:
        """Return what says a text and, if it is the last, that there is no more."""
        context = {"context_id": self._context}
        said = [{"text": text, **context, "flush": last}]
        return [*said, {"text": "", **context, "flush": True}, {**context, "close_context": True}] if last else said

    def cancel(self) -> None:
        """Close the context at once."""
        if self.log is not None and not self.log.is_over:
            self.log.cancel_sent_at = self._clock()
            self.tell({"context_id": self._context, "close_context": True})

    def on_open(self) -> None:
        """There is no greeting to wait for."""
        if not self.opened.done():
            self.opened.set_result(None)

    def _on_text(self, payload: bytes, now: float) -> None:
        body = json.loads(payload)
        if body.get("contextId") not in (None, self._context):
            return
        if "error" in body:
            self._on_error({"code": body["error"], "message": body["message"]})
        elif body.get("audio"):
            self._on_audio(base64.b64decode(body["audio"]), now)
        elif body.get("isFinal") and self.log is not None and not self.log.is_over:
            self._on_event(self.log, self.log.ending(), now)


class CartesiaLine(Line):
    """A socket of `/tts/websocket`, with a context of its own for each call."""

    _numbers = count()
    _context = ""

    def begin(self, log: CallLog, call: Call) -> None:
        """Take a context of its own, and say the first piece of a call."""
        self._context = f"call-{next(self._numbers)}"
        log.started = {"format": "pcm_s16le", "sample_rate": 48000}
        super().begin(log, call)

    def bodies(self, text: str, *, last: bool) -> list[dict[str, Any]]:
        """Return what says a text, with all that every message of this dialect says."""
        samples = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 48000}
        how = {"model_id": "any", "voice": "tone", "output_format": samples, "add_timestamps": True}
        return [{"context_id": self._context, "transcript": text, "continue": not last, **how}]

    def cancel(self) -> None:
        """Cancel the context. Nothing answers that; what was under way is not listened to."""
        if self.log is not None and not self.log.is_over:
            log, now = self.log, self._clock()
            log.cancel_sent_at = now
            self.tell({"context_id": self._context, "cancel": True})
            self._context = ""
            self._on_event(log, {"type": "cancelled"}, now)

    def on_open(self) -> None:
        """There is no greeting to wait for."""
        if not self.opened.done():
            self.opened.set_result(None)

    def _on_text(self, payload: bytes, now: float) -> None:
        body = json.loads(payload)
        if body["context_id"] not in (None, self._context):
            return
        if body["type"] == "error":
            self._on_error({"code": body["error_code"], "message": body["message"]})
        elif body["type"] == "chunk":
            self._on_audio(base64.b64decode(body["data"]), now)
        elif body["type"] == "done" and self.log is not None and not self.log.is_over:
            self._on_event(self.log, self.log.ending(), now)


class DeepgramLine(Line):
    """A socket of `/v1/speak`: a call is a turn."""

    def begin(self, log: CallLog, call: Call) -> None:
        """Say the first piece of a call."""
        log.started = {"format": "pcm_s16le", "sample_rate": 48000}
        super().begin(log, call)

    def bodies(self, text: str, *, last: bool) -> list[dict[str, Any]]:
        """Return what says a text and, if it is the last, ends the turn."""
        return [{"type": "Speak", "text": text}, *([{"type": "Flush"}] if last else [])]

    def cancel(self) -> None:
        """Clear the turn."""
        if self.log is not None and not self.log.is_over:
            self.log.cancel_sent_at = self._clock()
            self.tell({"type": "Clear"})

    def _on_text(self, payload: bytes, now: float) -> None:
        body = json.loads(payload)
        if body["type"] == "Metadata" and not self.opened.done():
            self.opened.set_result(None)
        elif body["type"] == "Error":
            self._on_error({"code": body["code"], "message": body["description"]})
        elif body["type"] in ("Flushed", "Cleared") and self.log is not None and not self.log.is_over:
            self._on_event(self.log, self.log.ending(), now)


NewLine = Callable[[str, str | None, bool, Callable[[], float]], Line]

LINES: dict[str, NewLine] = {
    "native": Line,
    "elevenlabs": ElevenLabsLine,
    "cartesia": CartesiaLine,
    "deepgram": DeepgramLine,
    **{dialect: partial(PostLine, post) for dialect, post in POSTS.items()},
}
"""How the load generator speaks, by the dialect of a call."""

ADDRESSES = {
    "elevenlabs": "/v1/text-to-speech/tone/multi-stream-input?output_format=pcm_48000",
    "cartesia": "/tts/websocket",
    "deepgram": "/v1/speak?model=tone&sample_rate=48000",
    **{dialect: post.address for dialect, post in POSTS.items()},
}
"""Where a dialect is spoken that is not ours."""
