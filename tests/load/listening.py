"""What a listener makes of the messages of an utterance, in every format that a socket has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engine.types import Output, Pcm
from tests.engine.audio.listening import OpusDecoder


def listened(messages: Sequence[bytes], output: Output, pre_skip: int) -> Pcm:
    """Return the samples, without those that a decoder must drop."""
    if output.format != "opus":
        return _SAMPLES[output.format](b"".join(messages))
    decoder = OpusDecoder(output)
    packets = [np.zeros(0, np.float32), *(decoder.decode(message) for message in messages)]
    return np.concatenate(packets)[pre_skip:]


def _mulaw(data: bytes) -> Pcm:
    code = ~np.frombuffer(data, np.uint8)
    level = (((code & 15).astype(np.int32) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return _signed(level, code & 0x80 == 0)


def _alaw(data: bytes) -> Pcm:
    code = np.frombuffer(data, np.uint8) ^ 0x55
    step, fine = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    level = np.where(step == 0, (fine << 4) + 8, (fine << 4) + 0x108 << np.maximum(step - 1, 0))
    return _signed(level, code & 0x80 != 0)


def _signed(level: np.ndarray, positive: np.ndarray) -> Pcm:
    return (np.where(positive, level, -level) / 32768).astype(np.float32)


_SAMPLES: Mapping[str, Callable[[bytes], Pcm]] = {
    "pcm_s16le": lambda data: np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768),
    "pcm_f32le": lambda data: np.frombuffer(data, "<f4").astype(np.float32),
    "mulaw": _mulaw,
    "alaw": _alaw,
}
