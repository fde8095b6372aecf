"""Ordinals as they are written."""

from __future__ import annotations

from engine.text.read.chain import Chain, Reading
from engine.text.say.general import Verbalizer


def ordinal(chain: Chain, at: int, voice: Verbalizer) -> Reading | None:
    """Read `2nd`, `५वीं`."""
    spoken = voice.ordinal(chain.core(at))
    return Reading(spoken) if spoken else None
