"""Streams of tokens, each to sound, alone or many in a batch: through the prenet, then through the wave generator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.spark import generator, prenet, ramp
from engine.spark.carry import Carry, whole
from engine.spark.config import HOP
from engine.spark.lanes import Lane, Stage
from engine.spark.prenet import Voice
from engine.types import Pcm

_BACK = generator.LOOKAHEAD + prenet.LOOKAHEAD
"""Tokens before a token that its samples depend on."""


class Feed(NamedTuple):
    """What a stream gets in a step: token ids [n], whether they are its last, and the seconds its listener has left.

    A listener in a hurry gets previews (`engine.spark.ramp`), unless the stream is an exact one.
    """

    stream: Stream
    ids: Tensor
    is_last: bool = False
    lead_s: float = inf


class Stream:
    """One stream of tokens in one voice. Made by `BiCodec.stream`, stepped by a `Stepper`, alone or with others."""

    __slots__ = ("_stepper", "ended", "exact", "frames", "join", "known", "tokens", "voice")

    def __init__(self, stepper: Stepper, voice: Voice, exact: bool) -> None:
        self._stepper = stepper
        self.voice = voice
        self.exact = exact
        self.begin()

    def begin(self) -> None:
        """Forget everything but the voice."""
        vector = self.voice.vector
        self.tokens = Lane(torch.empty(0, dtype=torch.long, device=vector.device))
        self.frames = Lane(vector.new_empty(0, len(vector)))
        self.known = self.tokens.waiting
        self.join = ramp.Join()
        self.ended = False

    def push(self, ids: object, lead_s: float = inf) -> Pcm:
        """Take token ids and return the samples that can be made now: exact ones are 67 tokens late.

        `lead_s` is how long the listener's sound lasts, -inf before the first. Raises ValueError for a wrong id.
        """
        (pcm,) = self._stepper.step([Feed(self, self._stepper.checked(ids), lead_s=lead_s)])
        return pcm

    def flush(self) -> Pcm:
        """Return what was held back, and begin anew in the same voice."""
        (pcm,) = self._stepper.step([Feed(self, self.tokens.waiting[:0], is_last=True)])
        return pcm


class Stepper:
    """Steps streams together through both stages.

    `num_calls` counts the calls of the second one, where nearly all the work is, and `num_rows` the streams in them.
    """

    def __init__(self, first: prenet.Prenet, second: generator.WaveGenerator) -> None:
        self.num_calls = 0
        self.num_rows = 0
        self._num_codes = len(first.table)
        self._device = first.table.device
        self._first, self._second = first, second
        self._stages: tuple[Stage[Stream], Stage[Stream]] = (
            Stage(lambda ids, streams, carry: first(ids, _voices(streams), carry), prenet.LOOKAHEAD + 1),
            Stage(lambda frames, _, carry: self._generate(frames, carry), generator.LOOKAHEAD),
        )

    def checked(self, ids: object) -> Tensor:
        """Return token ids as a tensor [n]. Raises ValueError for one that is none."""
        tensor = torch.as_tensor(ids).flatten().to(self._device, torch.long)
        wrong = tensor[(tensor < 0) | (tensor >= self._num_codes)]
        if len(wrong):
            raise ValueError(f"semantic id {int(wrong[0])} is not between 0 and {self._num_codes - 1}")
        return tensor

    def step(self, feeds: Sequence[Feed]) -> list[Pcm]:
        """Give each stream its tokens, and return the samples of each, in order. A stream may be there once only."""
        if len({id(feed.stream) for feed in feeds}) != len(feeds):
            raise ValueError("a stream is fed twice in one step: put its tokens together")
        with torch.inference_mode():
            for feed in feeds:
                _take(feed)
            given = self._run([feed.stream for feed in feeds])
            given |= self._previews([feed.stream for feed in feeds if _is_preview_due(feed)])
        for feed in feeds:
            if feed.is_last:
                feed.stream.begin()
        return [given.get(id(feed.stream), _NOTHING) for feed in feeds]

    def _run(self, streams: Sequence[Stream]) -> dict[int, Pcm]:
        """Run both stages, and return the samples of the streams that got any, by id()."""
        for stream, frames in self._stages[0].step([(stream, stream.tokens) for stream in streams]):
            stream.frames.add(frames)
        made = self._stages[1].step([(stream, stream.frames) for stream in streams])
        given = {id(stream): stream.join.exact(_pcm(samples)) for stream, samples in made}
        for stream in streams:
            if stream.join.is_exact:
                stream.known = stream.known.new_empty(0)
        return given

    def _previews(self, streams: Sequence[Stream]) -> dict[int, Pcm]:
        """Return the previews of these streams, by id(): of those together that look as far back and ahead."""
        groups: dict[tuple[int, int], list[Stream]] = defaultdict(list)
        for stream in streams:
            start = stream.join.num_out // HOP
            groups[min(start, _BACK), ramp.num_taken(len(stream.known) - start)].append(stream)
        made: dict[int, Pcm] = {}
        for (num_before, num_taken), group in groups.items():
            windows = self._windows(group, num_before, num_taken)
            made |= {id(stream): stream.join.preview(pcm) for stream, pcm in zip(group, windows, strict=True)}
        return made

    def _windows(self, streams: Sequence[Stream], num_before: int, num_taken: int) -> list[Pcm]:
        """Return the samples of the next NUM_PREVIEWED tokens of each and FADE more, as if it ended after `num_taken`.

        Of what was heard before, the last `num_before` tokens are looked at.
        """
        starts = [stream.join.num_out // HOP for stream in streams]
        known = [
            stream.known[start - num_before : start + num_taken] for stream, start in zip(streams, starts, strict=True)
        ]
        frames = self._first(torch.stack(known), _voices(streams), whole())
        begin = max(num_before - generator.LOOKAHEAD, 0)
        stop = num_before + ramp.NUM_PREVIEWED
        pcm = _pcm(self._generate(frames[:, begin : stop + generator.LOOKAHEAD + 1], whole()))
        return list(pcm[:, (num_before - begin) * HOP : (stop - begin) * HOP + ramp.FADE])

    def _generate(self, frames: Tensor, carry: Carry) -> Tensor:
        self.num_calls += 1
        self.num_rows += len(frames)
        return self._second(frames, carry)


def _take(feed: Feed) -> None:
    stream = feed.stream
    stream.tokens.add(feed.ids)
    stream.ended = feed.is_last
    if not (stream.exact or stream.join.is_exact):
        stream.known = torch.cat((stream.known, feed.ids))


def _is_preview_due(feed: Feed) -> bool:
    stream = feed.stream
    if stream.exact or stream.join.is_exact or feed.is_last:
        return False
    return ramp.is_due(feed.lead_s, len(stream.known) - stream.join.num_out // HOP)


def _voices(streams: Sequence[Stream]) -> Voice:
    return Voice.stack([stream.voice for stream in streams])


def _pcm(samples: Tensor) -> Pcm:
    pcm: Pcm = samples.to("cpu", torch.float32).numpy()
    return pcm


_NOTHING: Pcm = np.empty(0, np.float32)
