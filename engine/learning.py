"""Voices that come and go while an engine runs: what an engine offers that learns them, and how it is asked to.

An engine may be a Learner or not. It is asked between two steps; what it asks and answers goes over the wire of the
engine's process as plain tuples, like everything else there.
"""

from __future__ import annotations

import re
from typing import Any, Protocol, runtime_checkable

import numpy as np

from engine.types import Engine, EngineInfo, Pcm, Voice
from engine.wire import LEARNT, info_to_plain

CLIP_RATE = 16_000
"""Hz, of the clips that voices are learnt from."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
"""What such a voice may be called: its name is a part of addresses, and may be a file's."""

ENROLL, FORGET = "enroll", "forget"


class VoiceRefused(ValueError):
    """A voice cannot be learnt or forgotten; says why."""


class VoicesFixed(VoiceRefused):
    """An engine that learns no voices was asked to."""


class NotAnswered(Exception):
    """The engine was not there to answer, or died over it: ask again."""


@runtime_checkable
class Learner(Protocol):
    """An Engine whose voices may change. Each of these takes less than its `max_step_s`, and shows in `info` at once.

    What is being said is not touched: a segment keeps the voice it was added with.
    """

    @property
    def info(self) -> EngineInfo:
        """What this engine is, with the voices that it has now."""

    def enroll(self, voice: Voice, pcm: Pcm) -> None:
        """Learn to speak as somebody does in a clip at 16 kHz, and keep it.

        Raises VoiceRefused, also where there is a voice of that id already.
        """

    def forget(self, voice_id: str) -> None:
        """Part with a voice that was learnt. Raises VoiceRefused."""


def enrolment(ask: int, voice: Voice, pcm: bytes) -> tuple[Any, ...]:
    """Return what asks an engine to learn a voice: `pcm` is float32, little-endian, at 16 kHz."""
    return ENROLL, ask, (voice.id, voice.name, voice.language, voice.gender), pcm


def forgetting(ask: int, voice_id: str) -> tuple[Any, ...]:
    """Return what asks an engine to forget a voice."""
    return FORGET, ask, voice_id


def answer(engine: Engine, asked: tuple[Any, ...]) -> tuple[Any, ...]:
    """Do what is asked, and return what is said to it."""
    problem = None
    try:
        _do(engine, asked)
    except VoiceRefused as error:
        problem = (isinstance(error, VoicesFixed), str(error))
    return LEARNT, asked[1], problem, info_to_plain(engine.info)


def _do(engine: Engine, asked: tuple[Any, ...]) -> None:
    if not isinstance(engine, Learner):
        raise VoicesFixed(f"the voices of {engine.info.name} are fixed: a neural engine learns new ones")
    if asked[0] == ENROLL:
        engine.enroll(Voice(*asked[2]), np.frombuffer(asked[3], "<f4").astype(np.float32))
    else:
        engine.forget(asked[2])


def refusal(problem: tuple[bool, str]) -> VoiceRefused:
    """Return the error that an answer tells of."""
    fixed, message = problem
    return VoicesFixed(message) if fixed else VoiceRefused(message)
