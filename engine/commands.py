"""What is asked of an EngineLoop: the calls of the Loop seam as values, so that they can be queued and sent."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import Output, Segment, UtteranceId


@dataclass(frozen=True, slots=True)
class Open:
    """Make room for an utterance; see `Loop.open`."""

    utterance: UtteranceId
    output: Output
    max_lead_s: float


@dataclass(frozen=True, slots=True)
class Submit:
    """Speak a segment."""

    segment: Segment


@dataclass(frozen=True, slots=True)
class Flush:
    """Let out what is held back of the segments submitted before, once they have ended."""

    utterance: UtteranceId
    flush_id: int


@dataclass(frozen=True, slots=True)
class Position:
    """The listener has played so many seconds, just now."""

    utterance: UtteranceId
    played_s: float


@dataclass(frozen=True, slots=True)
class Abort:
    """Forget an utterance."""

    utterance: UtteranceId


@dataclass(frozen=True, slots=True)
class Close:
    """No more segments come."""

    utterance: UtteranceId


Command = Open | Submit | Flush | Position | Abort | Close
