"""The beginning of a WAV file of one channel, whatever its samples are."""

from __future__ import annotations

import struct

UNKNOWN_LENGTH = 0xFFFFFFFF
"""What its sizes say where they are not known: as long as it gets."""

_KINDS = {"pcm_s16le": (1, 2), "pcm_f32le": (3, 4), "alaw": (6, 1), "mulaw": (7, 1)}  # format tag, bytes per sample


def header(audio_format: str, sample_rate: int, num_bytes: int = UNKNOWN_LENGTH) -> bytes:
    """Return 44 bytes: RIFF, a `fmt ` chunk of 16, and the beginning of `data` with so many bytes of samples."""
    code, size = _KINDS[audio_format]
    whole = min(num_bytes + num_bytes % 2 + 36, UNKNOWN_LENGTH)
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, 1, sample_rate, sample_rate * size, size, 8 * size)
    return struct.pack("<4sI4s", b"RIFF", whole, b"WAVE") + layout + struct.pack("<4sI", b"data", num_bytes)
