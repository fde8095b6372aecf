"""Where an utterance's time goes: the moments, and the figures made of them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import Timing
from voice_server.messages import AudioOut, Timeline


@dataclass(slots=True)
class Moments:
    """The moments of one utterance, in seconds of one monotonic clock; None where they have not come."""

    text_at: float
    turn_at: float | None = None
    submitted_at: float | None = None
    timing: Timing | None = None
    sent_at: float | None = None
    audible_at: float | None = None
    audible_sample: int | None = None
    busy_s: float = 0.0

    def on_sent(self, audio: AudioOut, now: float) -> None:
        """Note that audio is handed to the transport."""
        if self.sent_at is None:
            self.sent_at = now
        audible = self.audible_sample
        if self.audible_at is None and audible is not None and audible < audio.first_sample + audio.num_samples:
            self.audible_at = now

    def timeline(self, audio_s: float, *, sent: bool) -> Timeline:
        """Return the figures; those of sending are None where no audio is sent."""
        step_at = self.timing.first_step_at if self.timing else None
        chunk_at = self.timing.first_chunk_at if self.timing else None
        return Timeline(
            text_wait_ms=_ms(self.text_at, self.submitted_at),
            turn_wait_ms=_ms(self.text_at, self.turn_at) or 0.0,
            queue_ms=_ms(self.submitted_at, step_at),
            engine_ms=_ms(step_at, chunk_at),
            ttfb_ms=_ms(self.text_at, self.sent_at) if sent else None,
            audible_ms=_ms(self.text_at, self.audible_at) if sent else None,
            rtf=round(self.busy_s / audio_s, 5) if audio_s else None,
        )


def _ms(start: float | None, end: float | None) -> float | None:
    """Return the milliseconds from one moment to another, to the microsecond; None if either has not come."""
    return None if start is None or end is None else round((end - start) * 1000, 3)
