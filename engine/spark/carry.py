"""What a convolution needs from before and after: kept from step to step, so that every frame is computed once.

A stage is a chain of layers that each look `reach` frames to both sides. It runs in steps. In the first, zeros
stand before the frames, as at the true beginning; later, the frames that the layer kept. After the frames stands
nothing, and the layer's output ends `reach` frames early, unless they are the last: then zeros follow them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Tails = Sequence[Tensor]
"""What a stage keeps of one stream between two steps, a tensor [frames, channels] for each of its layers."""


class Carry:
    """Hands a stage's layers their frames from before, in order, and takes what they are to find in the next step.

    `tails` are those of the streams of a batch, all of the same step; None begins them.
    """

    __slots__ = ("_kept", "_tails", "is_first", "is_last")

    def __init__(self, tails: Sequence[Tails] | None, is_last: bool) -> None:
        self.is_first = tails is None
        self.is_last = is_last
        self._tails = None if tails is None else iter([torch.stack(layer) for layer in zip(*tails, strict=True)])
        self._kept: list[Tensor] = []

    def around(self, frames: Tensor, reach: int) -> Tensor:
        """Return frames [batch, n, channels] with what stands `reach` before those to be made, and after them.

        The layer makes 2 * reach fewer than these.
        """
        return self._extend(frames, reach, 2 * reach, reach)

    def before(self, frames: Tensor, reach: int) -> Tensor:
        """Return frames with the `reach` ones before them, and a zero frame after the last."""
        return self._extend(frames, reach, reach, 1)

    def centre(self, frames: Tensor, reach: int) -> Tensor:
        """Return frames as late as a layer of this reach makes them, but as they are."""
        extended = self.around(frames, reach)
        return extended[:, reach : extended.shape[1] - reach]

    def previous(self) -> Tensor | None:
        """Return what the layer kept [batch, frames, ..], None in the first step."""
        return None if self._tails is None else next(self._tails)

    def keep(self, frames: Tensor) -> None:
        """Let the layer find this in the next step. A copy is kept, as a view would keep all that it looks at."""
        self._kept.append(frames.clone())

    def tails(self) -> list[Tails]:
        """Return what the streams of the batch keep, one after the other."""
        return list(zip(*(layer.unbind(0) for layer in self._kept), strict=True))

    def _extend(self, frames: Tensor, num_zeros: int, num_kept: int, num_after: int) -> Tensor:
        before = self.previous()
        parts = [_zeros(frames, num_zeros) if before is None else before, frames]
        if self.is_last:
            parts.append(_zeros(frames, num_after))
        extended = torch.cat(parts, 1)
        if not self.is_last:
            self.keep(extended[:, extended.shape[1] - num_kept :])
        return extended


def whole() -> Carry:
    """Return what a stage runs with that gets all frames at once."""
    return Carry(None, is_last=True)


def _zeros(like: Tensor, num_frames: int) -> Tensor:
    return like.new_zeros(len(like), num_frames, like.shape[2])
