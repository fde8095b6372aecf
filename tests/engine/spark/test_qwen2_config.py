from __future__ import annotations

from math import prod

import pytest

from engine.spark.qwen2_config import PUBLIC_LM, TINY_LM, Qwen2Config, document, parse, shapes
from engine.spark.tables import TableError


def test_the_public_shape_has_506_634_112_parameters() -> None:
    assert sum(map(prod, shapes(PUBLIC_LM).values())) == 506_634_112
    assert PUBLIC_LM.head_dim == 64


@pytest.mark.parametrize("config", [PUBLIC_LM, TINY_LM])
def test_a_configuration_survives_its_own_file(config: Qwen2Config) -> None:
    assert parse(document(config), "config.json") == config


def test_the_words_of_newer_files_are_read_too() -> None:
    newer = document(PUBLIC_LM) | {"rope_parameters": {"rope_theta": 5e5, "rope_type": "default"}, "rope_scaling": None}
    del newer["rope_theta"]
    assert parse(newer, "").rope_theta == 5e5


def test_an_output_of_its_own_is_one_tensor_more() -> None:
    apart = parse(document(TINY_LM) | {"tie_word_embeddings": False}, "")
    assert shapes(apart).keys() - shapes(TINY_LM).keys() == {"lm_head.weight"}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("model_type", "llama", "model_type: Input should be 'qwen2', not 'llama'"),
        ("hidden_act", "gelu", "hidden_act: Input should be 'silu', not 'gelu'"),
        ("use_sliding_window", True, "use_sliding_window: Input should be False, not True"),
        ("rope_scaling", {"type": "yarn"}, "rope_scaling: Input should be null, not {'type': 'yarn'}"),
        ("rope_parameters", {"rope_type": "yarn"}, "rope_parameters.rope_type: Input should be 'default', not 'yarn'"),
        ("hidden_size", "wide", "hidden_size: Input should be a valid integer, not 'wide'"),
        ("hidden_size", True, "hidden_size: Input should be a valid integer, not True"),
        ("num_hidden_layers", 0, "num_hidden_layers: Input should be greater than 0, not 0"),
        ("num_attention_heads", 3, "hidden_size is 128, which 3 num_attention_heads cannot share"),
        ("num_attention_heads", 128, "heads of 1 numbers cannot be rotated"),
        ("num_key_value_heads", 4, "num_attention_heads is 2, no multiple of 4"),
        ("head_dim", 32, "head_dim is 32; only 64"),
        ("rms_norm_eps", -1, "rms_norm_eps: Input should be greater than 0, not -1"),
    ],
)
def test_a_configuration_that_cannot_be_is_told_by_its_field(field: str, value: object, told: str) -> None:
    with pytest.raises(TableError) as refused:
        parse(document(TINY_LM) | {field: value}, "LLM/config.json")
    assert str(refused.value).startswith("LLM/config.json: ")
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["vocab_size", "hidden_size", "max_position_embeddings"])
def test_a_field_that_is_not_there_is_named(name: str) -> None:
    values = document(TINY_LM)
    del values[name]
    with pytest.raises(TableError, match=f"{name} is missing"):
        parse(values, "config.json")
