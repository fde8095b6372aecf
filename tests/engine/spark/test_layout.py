from __future__ import annotations

import json
from collections import Counter
from math import prod

import pytest

from engine.spark.config import PUBLIC, TINY, ConfigError, document, parse
from engine.spark.layout import Group, layout

pytestmark = pytest.mark.spark


def test_the_public_layout_is_to_the_byte_as_large_as_the_published_file() -> None:
    """A header of 840 names, shapes and offsets and 156 million numbers: no name or shape can be off by a digit."""
    header, at = {}, 0
    for name, spec in sorted(layout(PUBLIC).items()):
        size = 4 * prod(spec.shape)
        header[name] = {"dtype": "F32", "shape": spec.shape, "data_offsets": [at, at + size]}
        at += size
    length = len(json.dumps(header, separators=(",", ":")))
    assert 8 + -(-length // 8) * 8 + at == 625_518_756


def test_each_group_has_as_many_tensors_as_the_reference_uses() -> None:
    counts = Counter(spec.group for spec in layout(PUBLIC).values())
    assert counts == {
        Group.DECODE: 319,
        Group.SPEAKER: 202,
        Group.SEMANTIC: 167,
        Group.TRAINING: 112,
        Group.UNUSED: 30,
        Group.XVECTOR: 10,
    }


def test_decoding_needs_385_megabytes_and_speaker_tokens_24() -> None:
    sizes: Counter[Group] = Counter()
    for spec in layout(PUBLIC).values():
        sizes[spec.group] += 4 * prod(spec.shape)
    assert round(sizes[Group.DECODE] / 1e6, 1) == 385.2
    assert round(sizes[Group.SPEAKER] / 1e6, 1) == 23.7


@pytest.mark.parametrize("config", [PUBLIC, TINY])
def test_a_configuration_survives_its_own_file_but_for_the_width_that_no_file_tells(config: object) -> None:
    parsed = parse(document(config))  # type: ignore[arg-type]
    assert document(parsed) == document(config)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("quantizer", "codebook_size", "many", "quantizer.codebook_size must be a positive whole number, not 'many'"),
        ("quantizer", "input_dim", True, "quantizer.input_dim must be a positive whole number, not True"),
        ("decoder", "rates", [8, 5, 4], "3 rates and 4 kernel_sizes"),
        ("decoder", "rates", [8, 5, 4, 4], "multiply to 640"),
        ("decoder", "kernel_sizes", [16, 10, 8, 4], "10 at rate 5 must be larger by an even number"),
        ("decoder", "channels", 40, "which 4 blocks cannot halve"),
        ("prenet", "sample_ratios", [2, 1], "prenet.sample_ratios is [2, 1]; only [1, 1] is implemented"),
        ("prenet", "out_channels", 63, "prenet.out_channels is 63, but quantizer.input_dim is 1024"),
        ("speaker_encoder", "fsq_levels", [8, 8], "fsq_levels is [8, 8]"),
        ("mel_params", "hop_length", 256, "mel_params.hop_length is 256; only 320"),
    ],
)
def test_a_configuration_that_cannot_be_is_told_by_its_field(section: str, key: str, value: object, told: str) -> None:
    broken = document(PUBLIC)
    broken["audio_tokenizer"][section][key] = value
    with pytest.raises(ConfigError) as refused:
        parse(broken)
    assert told in str(refused.value)


@pytest.mark.parametrize("nothing", [None, [], {}, {"audio_tokenizer": None}, "text"])
def test_a_file_that_is_no_configuration_is_told_apart(nothing: object) -> None:
    with pytest.raises(ConfigError, match="audio_tokenizer"):
        parse(nothing)
