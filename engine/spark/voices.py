"""A voice from a clip: 32 speaker tokens, which say who speaks and nothing of what is said."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from engine.audio.resample import Resampler
from engine.spark.bicodec import BiCodec
from engine.spark.config import SAMPLE_RATE
from engine.spark.loudness import normalized
from engine.spark.mel import mel_frames
from engine.types import Pcm

CLIP_SAMPLES = 6 * SAMPLE_RATE
"""Of a clip so much is looked at, from its beginning; a shorter one is repeated."""


def global_tokens(wave: NDArray[np.floating], sample_rate: int, bicodec: BiCodec) -> list[int]:
    """Return the 32 speaker tokens of a clip, samples [n] or [n, channels], of which the first counts.

    Raises ValueError for a clip without samples or with numbers that are none, and for a rate that cannot be resampled.
    """
    clip = torch.from_numpy(reference_clip(at_codec_rate(wave, sample_rate))).to(bicodec.device)
    with torch.inference_mode():
        ids: list[int] = bicodec.speaker_encoder(mel_frames(clip, bicodec.config.speaker.num_mels))
    return ids


def at_codec_rate(wave: NDArray[np.floating], sample_rate: int) -> NDArray[np.floating]:
    """Return the first channel at 16 kHz."""
    mono = wave if wave.ndim == 1 else wave[:, 0]
    if not mono.size:
        raise ValueError("the clip has no samples: give two seconds of speech or more")
    if not np.isfinite(mono).all():
        raise ValueError("the clip holds samples that are no numbers: decode it again")
    if sample_rate == SAMPLE_RATE:
        return mono
    resampler = Resampler(sample_rate, SAMPLE_RATE)
    return np.concatenate((resampler.push(mono.astype(np.float32)), resampler.flush()))


def reference_clip(wave: NDArray[np.floating]) -> Pcm:
    """Return six seconds of a clip at 16 kHz, made as loud as the model expects it."""
    return np.resize(normalized(wave.astype(np.float64)), CLIP_SAMPLES).astype(np.float32)
