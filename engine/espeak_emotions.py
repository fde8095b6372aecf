"""How the library's few handles are turned for an emotion."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """Factors of the voice's own rate, pitch, range of pitch (`span`) and volume.

    The library widens the range upwards, so that a wide one sounds higher, too. `whispered` takes the voicing away.
    """

    rate: float = 1.0
    pitch: float = 1.0
    span: float = 1.0
    volume: float = 1.0
    whispered: bool = False


NEUTRAL = Colour()

COLOURS = {
    "whisper": Colour(rate=0.92, whispered=True),
    "shouting": Colour(rate=0.95, pitch=1.25, span=1.4, volume=1.6),
    "excited": Colour(rate=1.18, pitch=1.18, span=1.8, volume=1.2),
    "happy": Colour(rate=1.08, pitch=1.12, span=1.5, volume=1.1),
    "cheerful": Colour(rate=1.05, pitch=1.08, span=1.6, volume=1.05),
    "surprised": Colour(rate=1.06, pitch=1.25, span=2.0, volume=1.1),
    "curious": Colour(pitch=1.08, span=1.4),
    "angry": Colour(rate=1.12, pitch=1.06, span=1.6, volume=1.5),
    "fearful": Colour(rate=1.2, pitch=1.3, span=1.2, volume=0.85),
    "sad": Colour(rate=0.82, pitch=0.9, span=0.5, volume=0.8),
    "tired": Colour(rate=0.85, pitch=0.93, span=0.6, volume=0.75),
    "disgusted": Colour(rate=0.8, pitch=0.9, span=1.3),
    "warm": Colour(rate=0.95, pitch=0.97, span=1.2, volume=0.95),
    "calm": Colour(rate=0.9, pitch=0.96, span=0.7, volume=0.9),
    "serious": Colour(rate=0.93, pitch=0.93, span=0.6),
    "sarcastic": Colour(rate=0.86, pitch=0.94, span=0.6),
}
"""By the emotion's name. Which way each one goes is what speakers were measured to do: Murray and Arnott (Toward the
simulation of emotion in synthetic speech, JASA 1993) for joy, sadness, anger, fear and disgust, Cheang and Pell (The
sound of sarcasm, Speech Communication 2008) for the last; the others lie between those. How far is ours: enough to be
heard, not so far that words are lost."""


def colour(emotion: str) -> Colour:
    """Return how to colour a segment; an emotion that is not among COLOURS is neutral."""
    return COLOURS.get(emotion, NEUTRAL)


def whispering(voice: str, *, female: bool) -> str:
    """Return the voice (`identifier` or `identifier+variant`) as it whispers, in place of its own variant."""
    identifier, _, variant = voice.partition("+")
    female = variant.startswith("f") if variant else female
    return f"{identifier}+{'whisperf' if female else 'whisper'}"
