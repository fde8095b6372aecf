from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.resample import Resampler
from engine.spark.carry import whole
from engine.spark.checkpoint import CheckpointError
from engine.spark.spectrum import analyse, synthesize
from engine.spark.superres import APBWE, Feed, Resampled, load, resample, sinc_filters
from tests.engine.spark.comparing import cut_at, distance
from tests.engine.spark.conftest import GOLDEN

pytestmark = pytest.mark.spark

Golden = dict[str, NDArray[Any]]
SETTLED = 2480
"""Samples at 48 kHz after which the sign of the first frame's phases, which is rounding noise, plays no part."""

PIPELINE = 1e-4
NETWORK = 1e-5


@pytest.fixture(scope="module")
def sounds() -> Golden:
    return dict(np.load(GOLDEN / "apbwe.npz"))


@pytest.fixture(scope="module")
def bare() -> APBWE:
    return APBWE.load(GOLDEN / "apbwe", crossover=False)


@pytest.fixture(scope="module")
def net() -> APBWE:
    return APBWE.load(GOLDEN / "apbwe")


def settled_distance(found: NDArray[Any], expected: NDArray[Any]) -> float:
    assert found.shape == expected.shape
    return distance(found[SETTLED:], expected[SETTLED:])


@pytest.mark.parametrize("name", ["1s", "ragged", "short"])
def test_it_makes_what_the_reference_makes(bare: APBWE, sounds: Golden, name: str) -> None:
    assert settled_distance(bare.upsample(sounds[f"in16_{name}"]), sounds[f"out48_{name}"]) < PIPELINE


@pytest.mark.parametrize("name", ["1s", "ragged", "short"])
def test_the_resampled_sound_is_the_references(sounds: Golden, name: str) -> None:
    wave = torch.from_numpy(sounds[f"in16_{name}"])[None]
    assert distance(resample(wave, sinc_filters(), whole())[0], sounds[f"in48_{name}"]) < 1e-6


def test_the_network_makes_the_references_spectra(bare: APBWE, sounds: Golden) -> None:
    ins = [torch.from_numpy(sounds[f"{kind}_in_short"].T)[None] for kind in ("logmag", "phase")]
    with torch.inference_mode():
        magnitude, phase = bare.network.predict(ins[0], ins[1], whole())
    assert distance(magnitude[0].T, sounds["logmag_out_short"]) < NETWORK
    expected = np.exp(sounds["logmag_out_short"]) * np.exp(1j * sounds["phase_out_short"])
    made = torch.polar(magnitude.exp(), phase)[0].T
    assert distance(made.real, expected.real) < NETWORK
    assert distance(made.imag, expected.imag) < NETWORK


@pytest.mark.parametrize("num_samples", [80, 160, 240, 4800, 4850])
def test_spectra_of_a_sound_are_the_sound(num_samples: int) -> None:
    wave = torch.randn(1, num_samples)
    back = synthesize(analyse(wave, whole()), whole())
    assert back.shape[1] == num_samples // 80 * 80
    assert distance(back, wave[:, : back.shape[1]]) < 1e-5


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 16000), max_size=8))
def test_however_samples_are_cut_the_stream_is_the_whole(net: APBWE, sounds: Golden, cuts: list[int]) -> None:
    stream, wave = net.stream(), sounds["in16_1s"]
    found = np.concatenate([*(stream.push(piece) for piece in cut_at(wave, cuts)), stream.flush()])
    assert settled_distance(found, net.upsample(wave)) < PIPELINE


@pytest.mark.parametrize("num_samples", [0, 1, 26, 27, 53, 54, 100, 800, 860])
def test_a_sound_may_be_as_short_as_it_likes(net: APBWE, sounds: Golden, num_samples: int) -> None:
    made = net.upsample(sounds["in16_1s"][:num_samples])
    assert made.size == 3 * num_samples // 80 * 80
    assert np.isfinite(made).all()


def test_sound_is_never_more_than_55_milliseconds_behind(net: APBWE, sounds: Golden) -> None:
    stream, num_out = net.stream(), 0
    for num_in, piece in enumerate(np.split(sounds["in16_1s"], 50), 1):
        num_out += stream.push(piece).size
        assert num_in * 960 - num_out <= 0.055 * 48000


def test_the_low_band_stays_what_it_was(net: APBWE, bare: APBWE, sounds: Golden) -> None:
    def below(wave: NDArray[Any], hertz: int) -> NDArray[Any]:
        return np.fft.rfft(wave * np.hanning(wave.size))[:hertz]  # a second: as many bins as hertz

    kept, remade = net.upsample(sounds["in16_1s"]), bare.upsample(sounds["in16_1s"])
    expected = below(sounds["in48_1s"], 6000)
    off = np.linalg.norm(below(kept, 6000) - expected) / np.linalg.norm(expected)
    assert off < 0.01
    assert np.linalg.norm(below(remade, 6000) - expected) / np.linalg.norm(expected) > 0.5


def test_above_the_crossover_is_what_the_network_makes(net: APBWE, bare: APBWE, sounds: Golden) -> None:
    made = [one.upsample(sounds["in16_1s"])[SETTLED:] for one in (net, bare)]
    kept, remade = (np.fft.rfft(wave * np.hanning(wave.size)) for wave in made)
    high = slice(int(0.4 * kept.size), None)  # from 9.6 kHz on
    assert np.linalg.norm(kept[high] - remade[high]) < 0.02 * np.linalg.norm(remade[high])


def test_streams_that_step_together_sound_as_they_do_alone(net: APBWE, sounds: Golden) -> None:
    waves = [sounds["in16_1s"][at : at + 12000] for at in (0, 1000, 2000, 4000)]
    streams = [net.stream() for _ in waves]
    parts = [
        net.step([Feed(s, wave[at : at + 4000]) for s, wave in zip(streams, waves, strict=True)]) for at in (0, 4000)
    ]
    parts.append(net.step([Feed(s, wave[8000:], is_last=True) for s, wave in zip(streams, waves, strict=True)]))
    for wave, pieces in zip(waves, zip(*parts, strict=True), strict=True):
        assert settled_distance(np.concatenate(pieces), net.upsample(wave)) < PIPELINE


def test_a_stream_is_fed_once_in_a_step(net: APBWE) -> None:
    feed = Feed(net.stream(), np.zeros(100, np.float32))
    with pytest.raises(ValueError, match="fed twice"):
        net.step([feed, feed])


def test_without_a_checkpoint_sound_is_resampled_and_the_log_says_so(
    sounds: Golden, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        plain = load(None)
    assert "no super-resolution checkpoint" in caplog.text
    assert isinstance(plain, Resampled)
    whole_sound = plain.upsample(sounds["in16_1s"])
    assert whole_sound.size == 48000
    stream = plain.stream()
    assert isinstance(stream, Resampler)
    stepped = [plain.step([Feed(stream, piece)])[0] for piece in np.split(sounds["in16_1s"], 4)]
    stepped += plain.step([Feed(stream, np.empty(0, np.float32), is_last=True)])
    assert np.array_equal(np.concatenate(stepped), whole_sound)


# broken checkpoints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "apbwe", tmp_path, dirs_exist_ok=True)
    return tmp_path


def refusal(folder: Path) -> str:
    with pytest.raises(CheckpointError) as refused:
        APBWE.load(folder)
    return str(refused.value)


def changed(folder: Path, tensors: dict[str, Tensor | None]) -> Path:
    found = torch.load(folder / "g_16kto48k", weights_only=True)["generator"]
    kept = {name: tensor for name, tensor in {**found, **tensors}.items() if tensor is not None}
    torch.save({"generator": kept}, folder / "g_16kto48k")
    return folder


def test_a_missing_tensor_is_named(folder: Path) -> None:
    assert "  - linear_post_mag.bias [513]" in refusal(changed(folder, {"linear_post_mag.bias": None}))


def test_a_tensor_of_another_shape_is_named(folder: Path) -> None:
    told = refusal(changed(folder, {"linear_post_mag.bias": torch.zeros(5)}))
    assert "  ~ linear_post_mag.bias [513], found [5]" in told


def test_a_number_that_is_none_is_told_by_its_tensor(folder: Path) -> None:
    told = refusal(changed(folder, {"linear_post_mag.bias": torch.full((513,), np.nan)}))
    assert "NaN or infinite numbers in linear_post_mag.bias" in told


def test_a_pickle_that_would_run_something_is_not_read(folder: Path) -> None:
    torch.save({"generator": {"a": Path("/")}}, folder / "g_16kto48k")
    assert "no checkpoint that can be read safely" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04" + bytes(50)])
def test_a_file_of_another_kind_is_refused(folder: Path, content: bytes) -> None:
    (folder / "g_16kto48k").write_bytes(content)
    assert "no checkpoint that can be read safely" in refusal(folder)


def test_a_truncated_file_is_refused(folder: Path) -> None:
    path = folder / "g_16kto48k"
    path.write_bytes(path.read_bytes()[:-5000])
    assert "no checkpoint that can be read safely" in refusal(folder)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("hop_size", 100, "hop_size is 100; only 80"),
        ("lr_sampling_rate", 24000, "lr_sampling_rate is 24000; only 16000"),
        ("ConvNeXt_layers", 0, "must be positive whole numbers"),
        ("ConvNeXt_channels", "wide", "must be positive whole numbers"),
    ],
)
def test_a_configuration_that_cannot_be_is_told_by_its_field(folder: Path, key: str, value: object, told: str) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: value}), "utf-8")
    assert told in refusal(folder)


def test_a_configuration_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "config.json cannot be read" in refusal(folder)
