from __future__ import annotations

from math import prod

import pytest

from engine.spark.fields import FieldError
from engine.spark.qwen2_config import PUBLIC_LM, TINY_LM, Qwen2Config, document, parse, shapes


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
        ("model_type", "llama", "model_type is 'llama'; only 'qwen2' is implemented"),
        ("hidden_act", "gelu", "hidden_act is 'gelu'; only 'silu'"),
        ("use_sliding_window", True, "use_sliding_window is True"),
        ("rope_scaling", {"type": "yarn"}, "rope_scaling is {'type': 'yarn'}; only None"),
        ("rope_parameters", {"rope_type": "yarn"}, "rope_type is 'yarn'; only 'default'"),
        ("hidden_size", "wide", "hidden_size must be a whole number"),
        ("hidden_size", True, "hidden_size must be a whole number"),
        ("num_hidden_layers", 0, "num_hidden_layers must be more than 0"),
        ("num_attention_heads", 3, "hidden_size is 128, which 3 num_attention_heads cannot share"),
        ("num_attention_heads", 128, "heads of 1 numbers cannot be rotated"),
        ("num_key_value_heads", 4, "num_attention_heads is 2, no multiple of 4"),
        ("head_dim", 32, "head_dim is 32; only 64"),
        ("rms_norm_eps", -1, "rms_norm_eps must be a number from 0"),
    ],
)
def test_a_configuration_that_cannot_be_is_told_by_its_field(field: str, value: object, told: str) -> None:
    with pytest.raises(FieldError) as refused:
        parse(document(TINY_LM) | {field: value}, "LLM/config.json")
    assert str(refused.value).startswith("LLM/config.json: ")
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["vocab_size", "hidden_size", "max_position_embeddings"])
def test_a_field_that_is_not_there_is_named(name: str) -> None:
    values = document(TINY_LM)
    del values[name]
    with pytest.raises(FieldError, match=f"{name} is missing"):
        parse(values, "config.json")
