from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.spark import generator, prenet
from engine.spark.bicodec import BiCodec
from engine.spark.carry import whole
from engine.spark.checkpoint import Checkpoint
from engine.spark.layers import Linear
from engine.spark.layout import Group
from engine.spark.prenet import Prenet, Voice, token_table
from engine.spark.speaker import NUM_CODES, digits_of, ids_of
from tests.engine.spark.comparing import distance
from tests.engine.spark.conftest import GOLDEN

pytestmark = pytest.mark.spark

Golden = dict[str, NDArray[Any]]
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def tensors() -> dict[str, Tensor]:
    return Checkpoint(GOLDEN / "bicodec").read(Group.DECODE)


@pytest.fixture(scope="module")
def net(tensors: dict[str, Tensor]) -> Prenet:
    return Prenet.of(tensors, Checkpoint(GOLDEN / "bicodec").config)


@pytest.fixture(scope="module")
def voice(codec: BiCodec, golden: Golden) -> Voice:
    return Voice.stack([codec.voice(golden["global_a"])])


@pytest.mark.parametrize("length", [1, 2, 7, 50, 160])
@pytest.mark.parametrize("voice", ["a", "b"])
def test_it_decodes_as_the_reference_does(codec: BiCodec, golden: Golden, voice: str, length: int) -> None:
    wave = codec.decode(golden[f"sem_{voice}_{length}"], golden[f"global_{voice}"])
    assert wave.dtype == np.float32
    assert distance(wave, golden[f"wave_{voice}_{length}"]) < TOLERANCE


@pytest.mark.parametrize("voice", ["a", "b"])
def test_a_voice_has_the_references_vector(codec: BiCodec, golden: Golden, voice: str) -> None:
    assert distance(codec.voice(golden[f"global_{voice}"]).vector, golden[f"d_{voice}"]) < 1e-6


def test_tokens_become_the_references_vectors(tensors: dict[str, Tensor], golden: Golden) -> None:
    vectors = Linear.of(tensors, "quantizer.out_project")(tensors["quantizer.codebook.weight"])
    assert distance(vectors[golden["sem_a_7"]].T, golden["zq_a_7"]) < TOLERANCE
    assert distance(token_table(tensors)[golden["sem_a_7"]], golden["linear_pre_a_7"]) < TOLERANCE


def test_every_stage_of_the_prenet_is_the_references(net: Prenet, voice: Voice, golden: Golden) -> None:
    with torch.inference_mode():
        carry = whole()
        first = net.stages[0](3 * net.table[golden["sem_a_7"]][None], carry)
        second = net.stages[1](3 * first, carry)
        last = net.backbone(second, carry, voice.norms)
    assert distance(first[0], golden["down0_a_7"]) < TOLERANCE
    assert distance(second[0], golden["down1_a_7"]) < TOLERANCE
    assert distance(last[0], golden["backbone_a_7"]) < TOLERANCE


@pytest.mark.parametrize("length", [7, 50])
def test_the_prenet_makes_the_references_frames(net: Prenet, voice: Voice, golden: Golden, length: int) -> None:
    with torch.inference_mode():
        frames = net(torch.from_numpy(golden[f"sem_a_{length}"])[None], voice, whole())[0]
    assert distance((frames - voice.vector).T, golden[f"prenet_a_{length}"]) < TOLERANCE
    if length == 7:
        assert distance(frames.T, golden["x_a_7"]) < TOLERANCE


def test_every_stage_of_the_wave_generator_is_the_references(tensors: dict[str, Tensor], golden: Golden) -> None:
    net = generator.WaveGenerator.of(tensors, Checkpoint(GOLDEN / "bicodec").config.generator)
    with torch.inference_mode():
        carry = whole()
        frames = net.head(carry.around(torch.from_numpy(golden["x_a_7"].T)[None], 3))
        assert distance(frames[0].T, golden["gen0_a_7"]) < TOLERANCE
        for at, block in enumerate(net.blocks, 1):
            frames = block(frames, carry)
            assert distance(frames[0].T, golden[f"gen{at}_a_7"]) < TOLERANCE


def test_a_token_moves_nothing_beyond_67_tokens(codec: BiCodec, golden: Golden) -> None:
    ids, voice = golden["sem_a_160"], golden["global_a"]
    moved = ids.copy()
    moved[80] = (moved[80] + 1) % 512
    difference = np.abs(codec.decode(ids, voice) - codec.decode(moved, voice)).reshape(160, 320).max(1)
    noise = 1e-5 * np.abs(golden["wave_a_160"]).max()
    touched = np.flatnonzero(difference > noise)
    assert 80 - 67 <= touched.min() < 80 < touched.max() <= 80 + 67
    reach = prenet.LOOKAHEAD + generator.LOOKAHEAD
    assert reach == 67


def test_no_tokens_are_no_sound(codec: BiCodec, golden: Golden) -> None:
    assert codec.decode([], golden["global_a"]).shape == (0,)


@pytest.mark.parametrize("kind", [list, np.asarray, torch.tensor])
def test_ids_come_in_any_kind_of_sequence(codec: BiCodec, golden: Golden, kind: Callable[[object], object]) -> None:
    ids, voice = golden["sem_a_7"].tolist(), golden["global_a"].tolist()
    assert distance(codec.decode(kind(ids), kind([[voice]])), golden["wave_a_7"]) < TOLERANCE


@pytest.mark.parametrize("wrong", [-1, 512])
def test_an_id_that_is_none_is_told(codec: BiCodec, golden: Golden, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"semantic id {wrong} is not between 0 and 511"):
        codec.decode([0, wrong], golden["global_a"])


def test_a_voice_that_is_none_is_told(codec: BiCodec) -> None:
    with pytest.raises(ValueError, match="a voice is 32 speaker tokens, not 31"):
        codec.decode([0], [1] * 31)
    with pytest.raises(ValueError, match="speaker token 4096 is not between 0 and 4095"):
        codec.decode([0], [1] * 31 + [4096])


def test_speaker_tokens_are_digits_and_back_again() -> None:
    ids = torch.arange(NUM_CODES)
    assert torch.equal(ids_of(digits_of(ids)), ids)
    assert digits_of(torch.tensor(1)).tolist() == [1, 0, 0, 0, 0, 0]
