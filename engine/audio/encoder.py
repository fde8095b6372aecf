"""What every encoder is: samples of one utterance in, bytes out, in order."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from engine.types import Pcm


class Encoded(NamedTuple):
    """What an encoder let out: bytes, the samples they stand for, and the lengths of the packets in them, if any.

    The samples are those that go in, except for bare packets: there they are those that a decoder makes.
    """

    data: bytes
    num_samples: int
    packets: tuple[int, ...] = ()


NOTHING = Encoded(b"", 0)


class Padding(NamedTuple):
    """The silence that brings all audio before it out of an encoder, in samples at 48 kHz.

    There are at least `room` of them, and as many more as make the whole a multiple of `grid`.
    """

    grid: int = 1
    room: int = 0


NOT_PADDED = Padding()


class Encoder(Protocol):
    """Samples of one utterance to bytes, in order. It has one owner, and remembers what went before.

    Any samples will do: magnitudes over 1 are clipped, NaN is silence, and how they are cut changes no byte.
    """

    @property
    def padding(self) -> Padding:
        """What has to follow audio for all of it to come out, while the utterance goes on. Constant."""

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples, at the output's rate; return what can be let out now."""

    def finish(self) -> Encoded:
        """Return what was held back, and what ends the stream. Nothing is encoded afterwards."""
