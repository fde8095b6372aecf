"""Files as a stream: WAV, FLAC, MP3 and AAC. Bytes leave as they are made, and nothing is gone back to.

All but WAV are encoded by FFmpeg through PyAV, without its muxers: MP3 packets are an MP3 file, before FLAC's
go four bytes and one block that the encoder itself provides, and before each of AAC's seven bytes of ADTS.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from fractions import Fraction
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.audio.encoder import NOT_PADDED, NOTHING, Encoded, Padding
from engine.audio.pcm import int16, s16, within_full_scale
from engine.types import FRAME_MS, TAIL_RATE, Output, Pcm

if TYPE_CHECKING:
    from av import AudioStream, Packet

_UNKNOWN_BYTES = 0xFFFFFFFF

_LAST_BLOCK = b"\x80"  # of metadata, the stream's description being the only one

_LAME_DELAY = 1105
"""Samples at the start of what a decoder makes of LAME's frames, before the first that went in: 576 + 529."""

_AAC_FRAME = 1024

_LAME_QUALITY = "7"  # of 0, the best and slowest, to 9; at the bit rates speech is sent with, no difference is heard


def load() -> None:
    """Load PyAV and the FFmpeg libraries in its wheel, so that the first encoder is made at once."""
    import_module("av")


class Wav:
    """16-bit WAV whose header does not know its length: both sizes in it are 0xFFFFFFFF."""

    __slots__ = ("_header",)
    padding = NOT_PADDED

    def __init__(self, output: Output) -> None:
        rate = output.sample_rate
        form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
        riff = struct.pack("<4sI4s", b"RIFF", _UNKNOWN_BYTES, b"WAVE")
        self._header = riff + form + struct.pack("<4sI", b"data", _UNKNOWN_BYTES)

    def encode(self, pcm: Pcm) -> Encoded:
        """Return two bytes for each sample, the header before the first."""
        return Encoded(self._take_header() + s16(pcm), pcm.size)

    def finish(self) -> Encoded:
        """Return the header if there was no sample to follow it."""
        return Encoded(self._take_header(), 0)

    def _take_header(self) -> bytes:
        header, self._header = self._header, b""
        return header


class _Codec:
    """One of FFmpeg's encoders, opened: samples in, packets out, and how many samples have come out by then.

    `framed` returns a packet as it goes out.
    """

    __slots__ = ("_codec", "_num_in", "_num_out", "_time_base", "framed", "header")

    def __init__(self, name: str, sample_format: str, output: Output, options: dict[str, str]) -> None:
        import av
        from av import AudioCodecContext

        codec = av.CodecContext.create(name, "w")
        assert isinstance(codec, AudioCodecContext)
        codec.layout, codec.format, codec.sample_rate = "mono", sample_format, output.sample_rate
        codec.time_base = self._time_base = Fraction(1, output.sample_rate)
        codec.options = options
        codec.thread_count = 1
        if output.bits_per_second:
            codec.bit_rate = output.bits_per_second
        codec.open()
        self.header = codec.extradata or b""
        self.framed: Callable[[bytes], bytes] = bytes
        self._codec = codec
        self._num_in = 0
        self._num_out = 0

    def encode(self, samples: NDArray[np.int16] | NDArray[np.float32]) -> Encoded:
        """Take samples in the codec's own format; return what it lets out."""
        from av import AudioFrame

        if not samples.size:  # FFmpeg knows no frames without any
            return NOTHING
        codec, time_base = self._codec, self._time_base
        frame = AudioFrame.from_ndarray(samples[np.newaxis], codec.format.name, "mono")
        frame.sample_rate, frame.pts, frame.time_base = codec.sample_rate, self._num_in, time_base
        first, self._num_in = not self._num_in, self._num_in + samples.size
        with _on_one_processor() if first else nullcontext():
            return self._let_out(codec.encode(frame))

    def finish(self) -> Encoded:
        """Return the rest."""
        rest = self._let_out(self._codec.encode(None))
        return Encoded(rest.data, rest.num_samples + self._num_in - self._num_out)

    def _let_out(self, packets: list[Packet[AudioStream]]) -> Encoded:
        before = self._num_out
        for packet in packets:
            # An encoder's delay shows in its first packet's time, which is below zero.
            end = (packet.pts or 0) + (packet.duration or 0)
            self._num_out = min(max(end, before), self._num_in)
        return Encoded(b"".join(self.framed(bytes(packet)) for packet in packets), self._num_out - before)


@contextmanager
def _on_one_processor() -> Iterator[None]:
    """Let FFmpeg find a single processor.

    With the first samples PyAV makes a filter that cuts them into frames. FFmpeg starts a thread for it on every
    processor that the caller may use, none of which ever has anything to do.
    """
    if sys.platform != "linux":
        yield
        return
    allowed = os.sched_getaffinity(0)
    with suppress(PermissionError):  # then there are threads, and nothing worse
        os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.sched_setaffinity(0, allowed)


class Flac:
    """16-bit FLAC in blocks of 20 ms. Its header knows neither length nor checksum of the whole."""

    __slots__ = ("_codec", "_header")
    padding = Padding(FRAME_MS * TAIL_RATE // 1000)

    def __init__(self, output: Output) -> None:
        self._codec = _Codec("flac", "s16", output, {"frame_size": str(output.frame_samples)})
        self._header = b"fLaC" + _LAST_BLOCK + len(self._codec.header).to_bytes(3, "big") + self._codec.header

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples; return the blocks that are whole now, the header before the first."""
        return self._after_header(self._codec.encode(int16(pcm)))

    def finish(self) -> Encoded:
        """Return the last block."""
        return self._after_header(self._codec.finish())

    def _after_header(self, made: Encoded) -> Encoded:
        header, self._header = self._header, b""
        return Encoded(header + made.data, made.num_samples)


class Mp3:
    """MP3 of constant bit rate, by LAME: the nearest one that its version of MPEG has for this sample rate.

    No frame borrows bits of those before it, which would hold each of them back longer.
    """

    __slots__ = ("_codec", "padding")

    def __init__(self, output: Output) -> None:
        frame_samples = 1152 if output.sample_rate >= 32_000 else 576
        room = _LAME_DELAY + 2 * frame_samples  # of which one is what may be left of a frame
        self.padding = Padding(1, ceil(room * TAIL_RATE / output.sample_rate))
        options = {"reservoir": "0", "compression_level": _LAME_QUALITY}
        self._codec = _Codec("libmp3lame", "fltp", output, options)

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples; return the frames that are whole now."""
        return self._codec.encode(within_full_scale(pcm))

    def finish(self) -> Encoded:
        """Return the last frames."""
        return self._codec.finish()


class Aac:
    """AAC-LC in ADTS. A decoder makes 1024 samples before the first that went in."""

    __slots__ = ("_codec", "_fixed", "padding")

    def __init__(self, output: Output) -> None:
        room = 3 * _AAC_FRAME  # of which one is what may be left of a frame, and two are looked ahead
        self.padding = Padding(1, ceil(room * TAIL_RATE / output.sample_rate))
        self._codec = _Codec("aac", "fltp", output, {"aac_coder": "fast"})
        kind, rate, channels = _audio_specific(self._codec.header)
        # ISO/IEC 13818-7, 6.2, from the left: sync and no checksum, profile, rate, channels; then 13 bits for the size.
        self._fixed = 0xFFF1 << 40 | (kind - 1) << 38 | rate << 34 | channels << 30 | 0x7FF << 2
        self._codec.framed = self._framed

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples; return the frames that are whole now."""
        return self._codec.encode(within_full_scale(pcm))

    def finish(self) -> Encoded:
        """Return the last frames."""
        return self._codec.finish()

    def _framed(self, packet: bytes) -> bytes:
        return (self._fixed | (len(packet) + 7) << 13).to_bytes(7, "big") + packet


def _audio_specific(header: bytes) -> tuple[int, int, int]:
    """Return kind of AAC, index of the rate and number of channels, which are the first 13 bits (ISO/IEC 14496-3)."""
    bits = int.from_bytes(header[:2], "big") >> 3
    return bits >> 8, bits >> 4 & 15, bits & 15
