"""A WAV file as the body of an answer, around samples that the engine sends bare."""

from __future__ import annotations

from collections.abc import Sequence

from voice_server.messages import AudioOut, Done, Event
from voice_server.wav import header


class WavBody:
    """Tells an utterance's events as a WAV file, whose header goes with the first samples, or with none."""

    def __init__(self, audio_format: str, sample_rate: int) -> None:
        self._header = header(audio_format, sample_rate)

    def __call__(self, event: Event) -> Sequence[bytes]:
        """Return what tells an event."""
        if not isinstance(event, AudioOut | Done):
            return ()
        begins, self._header = self._header, b""
        return [begins + event.data] if isinstance(event, AudioOut) else [begins]
