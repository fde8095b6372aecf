from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.audio.clip import decode
from engine.audio.resample import Resampler
from engine.learning import CLIP_RATE
from engine.spark.bicodec import BiCodec
from engine.spark.loudness import normalized
from engine.spark.mel import mel_frames
from engine.spark.voice_book import VoiceBook
from engine.spark.voice_files import VoiceFolder
from engine.spark.voices import global_tokens, reference_clip
from engine.types import Voice
from tests.engine.audio.clips import wav
from tests.engine.spark.comparing import distance
from tests.engine.spark.conftest import GOLDEN

pytestmark = pytest.mark.spark

Golden = dict[str, NDArray[Any]]
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def clips() -> Golden:
    return dict(np.load(GOLDEN / "speaker_tokens.npz"))


@pytest.mark.parametrize("name", ["2s", "6s", "9s"])
def test_a_clip_has_the_references_tokens(codec: BiCodec, clips: Golden, name: str) -> None:
    assert global_tokens(clips[f"wave_{name}"], 16000, codec) == clips[f"ids_{name}"].tolist()


@pytest.mark.parametrize("kind", ["quiet", "normal", "crest", "faint", "tiny", "silence", "sparse", "veryloud"])
def test_a_clip_is_made_as_loud_as_the_reference_makes_it(clips: Golden, kind: str) -> None:
    assert distance(normalized(clips[f"vol_in_{kind}"].astype(np.float64)), clips[f"vol_out_{kind}"]) < TOLERANCE


def test_a_short_clip_is_repeated_to_six_seconds(clips: Golden) -> None:
    assert distance(reference_clip(clips["wave_2s"]), clips["ref_2s"]) < TOLERANCE


def test_the_mel_frames_are_the_references(clips: Golden) -> None:
    assert distance(mel_frames(torch.from_numpy(clips["ref_2s"]), 128).T, clips["mel_2s"]) < TOLERANCE


def test_the_features_are_the_references(codec: BiCodec, clips: Golden) -> None:
    with torch.inference_mode():
        features = codec.speaker_encoder.ecapa(torch.from_numpy(clips["mel_2s"].T))
    assert distance(features.T, clips["features_2s"]) < TOLERANCE


@pytest.mark.parametrize("name", ["2s", "6s", "9s"])
def test_the_latents_and_what_they_are_rounded_from_are_the_references(
    codec: BiCodec, clips: Golden, name: str
) -> None:
    clip = torch.from_numpy(reference_clip(clips[f"wave_{name}"]))
    with torch.inference_mode():
        latents = codec.speaker_encoder.sample(codec.speaker_encoder.ecapa(mel_frames(clip, 128)))
        bounded = codec.speaker_encoder.bounded(latents)
    assert distance(latents, clips[f"latents_{name}"]) < TOLERANCE
    assert distance(bounded, clips[f"bounded_{name}"]) < TOLERANCE


def test_only_the_first_channel_counts(codec: BiCodec, clips: Golden) -> None:
    stereo = np.stack((clips["wave_6s"], clips["wave_6s"][::-1]), 1)
    assert global_tokens(stereo, 16000, codec) == clips["ids_6s"].tolist()


def test_a_clip_at_another_rate_is_nearly_the_same_voice(codec: BiCodec, clips: Golden) -> None:
    resampler = Resampler(16000, 48000)
    at_48_khz = np.concatenate((resampler.push(clips["wave_6s"]), resampler.flush()))
    digits = np.array(global_tokens(at_48_khz, 48000, codec))[:, None] // 4 ** np.arange(6) % 4
    expected = clips["ids_6s"][:, None] // 4 ** np.arange(6) % 4
    assert (digits == expected).mean() > 0.9


def test_a_clip_without_samples_is_refused(codec: BiCodec) -> None:
    with pytest.raises(ValueError, match="no samples"):
        global_tokens(np.zeros(0, np.float32), 16000, codec)


def test_a_clip_with_numbers_that_are_none_is_refused(codec: BiCodec) -> None:
    with pytest.raises(ValueError, match="no numbers"):
        global_tokens(np.full(16000, np.nan, np.float32), 16000, codec)


def test_a_rate_that_cannot_be_resampled_is_named(codec: BiCodec) -> None:
    with pytest.raises(ValueError, match="cannot resample 12345 Hz"):
        global_tokens(np.zeros(100, np.float32), 12345, codec)


def test_a_recording_becomes_a_voice_that_is_kept_and_speaks(codec: BiCodec, clips: Golden, tmp_path: Path) -> None:
    pcm = decode(wav(clips["wave_2s"].repeat(2).astype(np.float32), 16_000))
    book = VoiceBook([], VoiceFolder(tmp_path))
    book.enroll(Voice("asha", "Asha", "hi"), pcm, lambda clip: global_tokens(clip, CLIP_RATE, codec))
    kept = VoiceFolder(tmp_path).read()["asha"]
    assert list(kept.tokens) == global_tokens(pcm, 16_000, codec)
    assert codec.decode(range(10), kept.tokens).size == 3200
