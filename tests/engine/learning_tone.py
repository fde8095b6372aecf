"""A ToneEngine that learns voices: it remembers them as long as it lives, and how long their clips were."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.learning import CLIP_RATE, VoiceRefused
from engine.tone import ToneEngine
from engine.types import EngineInfo, Pcm, Voice

TARGET = "tests.engine.learning_tone:LearningTone"

DEADLY = "deadly"
"""Whoever has it learn a voice of this name kills it."""


class LearningTone(ToneEngine):
    """A Learner. A voice is named for the seconds of its clip."""

    def __init__(self, sample_rate: int = 48000, faults: Mapping[str, Any] | None = None) -> None:
        super().__init__(sample_rate, faults=faults)
        self._learnt: dict[str, Voice] = {}

    @property
    def info(self) -> EngineInfo:
        info = super().info
        return replace(info, voices=(*info.voices, *self._learnt.values()), _by_id={})

    def enroll(self, voice: Voice, pcm: Pcm) -> None:
        if voice.id == DEADLY:
            os._exit(3)
        if self.info.voice(voice.id):
            raise VoiceRefused(f"there is a voice {voice.id!r} already")
        self._learnt[voice.id] = replace(voice, name=f"{pcm.size / CLIP_RATE:g} s")

    def forget(self, voice_id: str) -> None:
        if self._learnt.pop(voice_id, None) is None:
            raise VoiceRefused(f"voice {voice_id!r} was not learnt")
