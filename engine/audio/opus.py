"""Opus packets, and where the library that makes them comes from.

opuslib binds whatever libopus `ctypes.util.find_library` names, and cannot be imported when it names none. It is
given the system's library, else the one that PyAV's wheel carries, so that nothing has to be installed by root.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
import warnings
import weakref
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engine.audio.encoder import NOTHING, Encoded, Padding
from engine.audio.frames import Framer
from engine.audio.pcm import within_full_scale
from engine.types import TAIL_RATE, Output, Pcm

# Of libopus's interface: include/opus_defines.h
_APPLICATION_VOIP = 2048
_APPLICATION_AUDIO = 2049

_MAX_PACKET_BYTES = 4000  # what opus_encode's documentation advises; three frames of the largest size are 3833

_EXPECTED_LOSS_PERCENT = 15
"""Without any loss to expect, libopus spends no bits on a packet's second copy."""


class Library(NamedTuple):
    """A libopus: its path, or the name the system's loader knows it by, its own version string, and its origin."""

    path: str
    version: str
    origin: str


@lru_cache(maxsize=1)
def library() -> Library:
    """Return the libopus in use: the system's, else the one in PyAV's wheel. OSError if there is neither."""
    if found := ctypes.util.find_library("opus"):
        return Library(found, _version(found), "the system")
    spec = find_spec("av")
    folder = Path(spec.origin or "").parent.parent / "av.libs" if spec else Path()
    for path in sorted(folder.glob("libopus-*.so*")):
        return Library(str(path), _version(str(path)), "PyAV's wheel")
    raise OSError("there is no libopus: neither the system nor an installed PyAV has one")


def _version(path: str) -> str:
    tell = ctypes.CDLL(path).opus_get_version_string
    tell.restype, tell.argtypes = ctypes.c_char_p, []
    version: bytes = tell()
    return version.decode()


def load() -> None:
    """Load libopus and its binding, so that the first encoder is made at once. In any thread; OSError as above."""
    _binding()


class _Binding(NamedTuple):
    encoder: Any
    ctl: Any


_binding_alone = threading.Lock()
"""What binding changes for a moment, the whole process sees: two threads at it would not put it right again."""


def _binding() -> _Binding:
    with _binding_alone:
        return _bind()


@lru_cache(maxsize=1)
def _bind() -> _Binding:
    path, find_library = library().path, ctypes.util.find_library
    ctypes.util.find_library = lambda name: path if name == "opus" else find_library(name)
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # its sources compare numbers by `is`
            import opuslib.api.ctl
            import opuslib.api.encoder
    finally:
        ctypes.util.find_library = find_library
    return _Binding(opuslib.api.encoder, opuslib.api.ctl)


class OpusEncoder:
    """One stream of packets, `packet_ms` of audio in each: libopus, mono, for the rate and options of an Output.

    A decoder's first `pre_skip` samples come before the first that went in. Not for two threads: libopus would
    abort the process.
    """

    __slots__ = ("__weakref__", "_encode", "_frame_samples", "_framer", "_num_in", "_num_out", "_pre_skip", "_state")

    def __init__(self, output: Output) -> None:
        encoder, ctl = _binding()
        # Inband FEC is a matter of the layer that only the other application uses at any bit rate.
        application = _APPLICATION_VOIP if output.fec else _APPLICATION_AUDIO
        state = encoder.create_state(output.sample_rate, 1, application)
        weakref.finalize(self, encoder.destroy, state)  # before the interpreter takes the library's functions away
        for request, value in (
            (ctl.set_bitrate, output.bits_per_second),
            (ctl.set_complexity, output.complexity),
            (ctl.set_inband_fec, int(output.fec)),
            (ctl.set_packet_loss_perc, _EXPECTED_LOSS_PERCENT if output.fec else 0),
            (ctl.set_dtx, int(output.dtx)),
        ):
            encoder.encoder_ctl(state, request, value)
        self._state = state
        self._encode = encoder.encode_float
        self._pre_skip: int = encoder.encoder_ctl(state, ctl.get_lookahead)
        self._frame_samples = output.frame_samples
        self._framer = Framer(output.frame_samples)
        self._num_in = 0
        self._num_out = 0

    @property
    def pre_skip(self) -> int:
        """Samples a decoder makes before the first that went in."""
        return self._pre_skip

    @property
    def num_in(self) -> int:
        """Samples that went in."""
        return self._num_in

    def push(self, pcm: Pcm) -> Iterator[bytes]:
        """Take samples; yield the packets that are whole now."""
        self._num_in += pcm.size
        frames = within_full_scale(self._framer.push(pcm))
        for at in range(0, frames.size, self._frame_samples):
            self._num_out += self._frame_samples
            data = frames[at : at + self._frame_samples].tobytes()
            yield self._encode(self._state, data, self._frame_samples, _MAX_PACKET_BYTES)

    def flush(self) -> Iterator[bytes]:
        """Yield the packets that bring all samples out of a decoder, the rest of them filled with silence."""
        num_in, wanted = self._num_in, self._num_in + self._pre_skip
        missing = -(-wanted // self._frame_samples) * self._frame_samples - num_in
        yield from self.push(np.zeros(missing, np.float32))
        self._num_in = num_in


def padding(output: Output) -> Padding:
    """Return what brings audio out of a stream of packets, and out of its decoder."""
    return Padding(output.packet_ms * TAIL_RATE // 1000, TAIL_RATE * 13 // 2000)


class Packets:
    """Opus packets end to end, with their lengths; the samples are those that a decoder makes of them."""

    __slots__ = ("_frame_samples", "_opus", "padding")

    def __init__(self, output: Output) -> None:
        self.padding = padding(output)
        self._frame_samples = output.frame_samples
        self._opus = OpusEncoder(output)

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples; return the packets that are whole now."""
        return self._joined(list(self._opus.push(pcm)))

    def finish(self) -> Encoded:
        """Return the last packets, so that all samples come out of a decoder; none if there were no samples."""
        return self._joined(list(self._opus.flush())) if self._opus.num_in else NOTHING

    def _joined(self, packets: list[bytes]) -> Encoded:
        return Encoded(b"".join(packets), len(packets) * self._frame_samples, tuple(map(len, packets)))
