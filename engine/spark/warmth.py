"""Runs once, before anybody listens, all that an engine will run, in every shape that it will have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import inf

import torch

from engine.spark import planner, ramp, superres
from engine.spark.bicodec import BiCodec
from engine.spark.lm import LM, Sequence
from engine.spark.stream import Feed
from engine.types import new_id

BATCHES = {"cpu": (1, 2), "cuda": (1, 2, 8, 32)}
"""Streams that go together in a trial. A processor gains nothing from having seen many."""

_PREVIEWED_AT = ramp.NUM_PREVIEWED + min(step.lookahead for step in ramp.RAMP)

WINDOWS = (
    _PREVIEWED_AT,
    planner.LOOKAHEAD + ramp.NUM_PREVIEWED + planner.FIRST - _PREVIEWED_AT,
    *range(planner.SHORT_HOP, planner.HOP + 1, planner.SHORT_HOP),
)
"""Tokens of the windows of a stream that is in a hurry, and then, little by little, no more."""

BEGINNING = planner.LOOKAHEAD + planner.HOP
"""Tokens of the first window of a stream that is in none."""

NUM_TOKENS = 3

Clock = Callable[[], float]


def slowest_s(steps: Iterator[object], clock: Clock = time.monotonic) -> float:
    """Take all steps; return how long the longest took."""
    longest_s, began_at = 0.0, clock()
    for _ in steps:
        now = clock()
        longest_s, began_at = max(longest_s, now - began_at), now
    return longest_s


def model_steps(model: LM, sequence: Sequence) -> Iterator[None]:
    """Have a language model say the same for one, for few and for as many as it takes."""
    for num in (1, 2, model.capacity):
        left = set()
        for _ in range(num):
            left.add(number := new_id())
            model.add(Sequence(number, sequence.prompt, NUM_TOKENS, sequence.sampling, sequence.semantic_only))
        while left:
            left -= {tokens.sequence for tokens in model.step(sorted(left)) if tokens.finish}
            yield


def codec_steps(codec: BiCodec, net: superres.APBWE | superres.Resampled, speaker: object) -> Iterator[None]:
    """Have streams go through the codec and up to 48 kHz, together, from their beginning to their end."""
    for num in BATCHES.get(codec.device.type, (1, 2)):
        for windows, lead_s in ((WINDOWS, -inf), ((BEGINNING, planner.HOP), inf)):
            streams = [(codec.stream(speaker), net.stream()) for _ in range(num)]
            for length in (*windows, 0):
                ids = torch.zeros(length, dtype=torch.long, device=codec.device)
                waves = codec.step([Feed(stream, ids, not length, lead_s) for stream, _ in streams])
                net.step([superres.Feed(up, wave, not length) for (_, up), wave in zip(streams, waves, strict=True)])
                lead_s = max(lead_s, 1.0)
                yield
