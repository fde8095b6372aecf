"""The first chunk's ramp: sound before all that it depends on is known, while a listener waits for it.

An exact sample needs 67 tokens after it. A preview takes fewer, as if the utterance ended with the newest token. The
less the listener has in hand the fewer it takes; who has enough waits for the exact stream. What follows a preview,
at last the exact stream, is faded in over some milliseconds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.audio.crossfade import fade_in, fade_out
from engine.types import Pcm

FADE = 160
"""Samples: 10 ms."""


class Step(NamedTuple):
    """While the listener's lead is below `lead_s`, a preview looks at least `lookahead` tokens ahead."""

    lead_s: float
    lookahead: int


RAMP = (Step(0.05, 12), Step(0.1, 16), Step(0.2, 24))
"""With random weights a preview's last token is off by 5 to 27 % at 12 tokens, by 0.3 to 8 % at 16, by less at 24."""

NUM_PREVIEWED = 8
"""Tokens that a preview sounds, 160 ms: enough for a fast model to reach the exact stream before they are over."""


def is_due(lead_s: float, num_known: int) -> bool:
    """Whether a preview is to be made, of a listener's lead and the number of tokens known but not heard."""
    return any(lead_s < step.lead_s and num_known >= NUM_PREVIEWED + step.lookahead for step in RAMP)


def num_taken(num_known: int) -> int:
    """Return how many of the tokens known but not heard a preview takes: few numbers, so that streams go together."""
    return max(taken for step in RAMP if (taken := NUM_PREVIEWED + step.lookahead) <= num_known)


class Join:
    """Puts together what a stream gives out: previews first, then the exact samples from where those ended.

    `num_out` counts the samples given out, `num_previewed` those of them that were previews.
    """

    __slots__ = ("_num_exact", "_tail", "num_out", "num_previewed")

    def __init__(self) -> None:
        self.num_out = 0
        self.num_previewed = 0
        self._num_exact = 0
        self._tail = np.empty(0, np.float32)

    @property
    def is_exact(self) -> bool:
        """Whether the previews are over."""
        return self.num_out > self.num_previewed

    def preview(self, pcm: Pcm) -> Pcm:
        """Take a preview from `num_out` on, which ends in FADE samples that are only for fading out."""
        given = self._faded(pcm[:-FADE])
        self._tail = pcm[-FADE:] * fade_out(FADE)
        self.num_previewed += given.size
        return given

    def exact(self, pcm: Pcm) -> Pcm:
        """Take the exact samples that come next, and return those of them that were not heard as a preview."""
        num_heard = max(self.num_out - self._num_exact, 0)
        self._num_exact += pcm.size
        return self._faded(pcm[num_heard:])

    def _faded(self, pcm: Pcm) -> Pcm:
        num_mixed = min(self._tail.size, pcm.size)
        self.num_out += pcm.size
        if not num_mixed:
            return pcm
        begun = FADE - self._tail.size
        mixed = pcm.copy()
        mixed[:num_mixed] = pcm[:num_mixed] * fade_in(FADE)[begun : begun + num_mixed] + self._tail[:num_mixed]
        self._tail = self._tail[num_mixed:]
        return mixed
