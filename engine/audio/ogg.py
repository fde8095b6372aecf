"""Opus in Ogg: RFC 3533 pages, each with one packet, so that a packet leaves when it is made; RFC 7845 headers."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from engine.audio.encoder import Encoded
from engine.audio.opus import OpusEncoder, padding
from engine.types import TAIL_RATE, Output, Pcm

_FIRST, _LAST = 2, 4
"""Flags of a stream's first and last page."""

_SERIAL = 1
_VENDOR: Final = b"voice-server"
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggOpus:
    """Encodes Opus packets and puts them into pages. The length of the audio is kept to the sample.

    Positions are counted at 48 kHz, whatever the rate. The stream's serial number is always the same: there is
    one stream in a file, and equal audio makes equal bytes.
    """

    __slots__ = ("_decoded", "_num_out", "_num_pages", "_opus", "_packet_samples", "_rate", "_scale", "padding")

    def __init__(self, output: Output) -> None:
        self.padding = padding(output)
        self._opus = OpusEncoder(output)
        self._rate = output.sample_rate
        self._scale = TAIL_RATE // output.sample_rate
        self._packet_samples = output.frame_samples
        self._num_pages = 0
        self._decoded = 0  # samples that a decoder makes of the packets so far, the pre-skip included
        self._num_out = 0  # samples that were counted as let out

    def encode(self, pcm: Pcm) -> Encoded:
        """Take samples; return pages of the packets that are whole now, the headers before the first."""
        pages = [] if self._num_pages else self._headers()
        pages += [self._audio(packet) for packet in self._opus.push(pcm)]
        return self._let_out(pages, max(self._decoded - self._opus.pre_skip, 0))

    def finish(self) -> Encoded:
        """Return the last pages; the very last says where the audio ends."""
        pages = [] if self._num_pages else self._headers()
        *packets, last = self._opus.flush()
        pages += [self._audio(packet) for packet in packets]
        end = self._opus.pre_skip + self._opus.num_in
        pages.append(self._page(last, end * self._scale, _LAST))
        return self._let_out(pages, self._opus.num_in)

    def _let_out(self, pages: list[bytes], num_out: int) -> Encoded:
        num_new, self._num_out = num_out - self._num_out, num_out
        return Encoded(b"".join(pages), num_new)

    def _headers(self) -> list[bytes]:
        pre_skip = self._opus.pre_skip * self._scale
        head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, pre_skip, self._rate, 0, 0)
        tags = struct.pack(f"<8sI{len(_VENDOR)}sI", b"OpusTags", len(_VENDOR), _VENDOR, 0)
        return [self._page(head, 0, _FIRST), self._page(tags, 0)]

    def _audio(self, packet: bytes) -> bytes:
        self._decoded += self._packet_samples
        return self._page(packet, self._decoded * self._scale)

    def _page(self, packet: bytes, position: int, flags: int = 0) -> bytes:
        full, rest = divmod(len(packet), 255)
        lengths = bytes([255] * full + [rest])
        fields = (b"OggS", 0, flags, position, _SERIAL, self._num_pages)
        start = struct.pack("<4sBBQII", *fields)
        end = bytes([len(lengths)]) + lengths + packet
        self._num_pages += 1
        return start + struct.pack("<I", checksum(start + bytes(4) + end)) + end


def checksum(page: bytes) -> int:
    """Return Ogg's CRC of a page whose own checksum is zero: polynomial 0x04C11DB7, most significant bit first.

    zlib's has the same polynomial, least significant bit first, and inverts its register before and after.
    """
    register = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(register.to_bytes(4, "little").translate(_REVERSED), "big")
