"""On what terms a client is served."""

from __future__ import annotations

from dataclasses import dataclass, field

from voice_server.journal import Caller
from voice_server.messages import Audio, Options


@dataclass(frozen=True, slots=True)
class Limits:
    """What one socket may ask for: code points of text per utterance, utterances at a time, bytes of a frame."""

    text_chars: int = 1 << 20
    contexts: int = 64
    frame_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session is opened with: its utterances' default options, how audio travels, its limits, whose it is."""

    defaults: Options
    audio: Audio = "binary"
    limits: Limits = Limits()
    caller: Caller = field(default_factory=Caller)
