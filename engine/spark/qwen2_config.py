"""`LLM/config.json`: the shape of a Qwen2 language model, and its tensors. What this code cannot do is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.spark.fields import Fields

_MOST = 2**31


@dataclass(frozen=True, slots=True)
class Qwen2Config:
    """All shapes of a language model."""

    vocab_size: int
    """Rows of the embedding; more than there are tokens."""
    hidden: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    inner: int
    """Width of the gated layers."""
    max_position: int
    """The longest sequence that positions are defined for."""
    rope_theta: float = 1e6
    norm_eps: float = 1e-6
    tied: bool = True
    """Whether the embedding is the output's matrix too."""

    @property
    def head_dim(self) -> int:
        """Numbers in a head."""
        return self.hidden // self.num_heads


PUBLIC_LM = Qwen2Config(
    vocab_size=166_000, hidden=896, num_layers=24, num_heads=14, num_kv_heads=2, inner=4864, max_position=32_768
)
"""The language model of Spark-TTS-0.5B."""

TINY_LM = Qwen2Config(
    vocab_size=13_824, hidden=128, num_layers=2, num_heads=2, num_kv_heads=1, inner=256, max_position=4096
)
"""Small, with heads as wide as the public one's: vLLM on a processor takes no other. Seven megabytes."""


def parse(document: object, place: str) -> Qwen2Config:
    """Read a parsed `config.json`. Raises FieldError, beginning with `place`, if it is not what this code can do."""
    fields = Fields(document, place)
    _check_fixed(fields)
    config = Qwen2Config(
        vocab_size=_positive(fields, "vocab_size"),
        hidden=_positive(fields, "hidden_size"),
        num_layers=_positive(fields, "num_hidden_layers"),
        num_heads=_positive(fields, "num_attention_heads"),
        num_kv_heads=_positive(fields, "num_key_value_heads"),
        inner=_positive(fields, "intermediate_size"),
        max_position=_positive(fields, "max_position_embeddings"),
        rope_theta=_rope_theta(fields),
        norm_eps=fields.number("rms_norm_eps", 0, 0.1, 1e-6),
        tied=fields.flag("tie_word_embeddings", False),
    )
    _check_heads(config, fields)
    return config


def document(config: Qwen2Config) -> dict[str, Any]:
    """Return what `parse` reads this configuration from, in the public file's words."""
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "intermediate_size": config.inner,
        "max_position_embeddings": config.max_position,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.norm_eps,
        "tie_word_embeddings": config.tied,
        "hidden_act": "silu",
        "use_sliding_window": False,
        "torch_dtype": "bfloat16",
    }


def shapes(config: Qwen2Config) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of `LLM/model.safetensors`, as published."""
    hidden, inner = config.hidden, config.inner
    table: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config.vocab_size, hidden)}
    for at in range(config.num_layers):
        layer = f"model.layers.{at}"
        for name, heads in (("q", config.num_heads), ("k", config.num_kv_heads), ("v", config.num_kv_heads)):
            table[f"{layer}.self_attn.{name}_proj.weight"] = (heads * config.head_dim, hidden)
            table[f"{layer}.self_attn.{name}_proj.bias"] = (heads * config.head_dim,)
        table[f"{layer}.self_attn.o_proj.weight"] = (hidden, config.num_heads * config.head_dim)
        table[f"{layer}.mlp.gate_proj.weight"] = (inner, hidden)
        table[f"{layer}.mlp.up_proj.weight"] = (inner, hidden)
        table[f"{layer}.mlp.down_proj.weight"] = (hidden, inner)
        table[f"{layer}.input_layernorm.weight"] = (hidden,)
        table[f"{layer}.post_attention_layernorm.weight"] = (hidden,)
    table["model.norm.weight"] = (hidden,)
    if not config.tied:
        table["lm_head.weight"] = (config.vocab_size, hidden)
    return table


def _positive(fields: Fields, name: str) -> int:
    if not (number := fields.count(name, _MOST)):
        raise fields.wrong(f"{name} must be more than 0")
    return number


def _rope_theta(fields: Fields) -> float:
    """Where the file says it: newer versions of transformers write a table."""
    table = fields.table("rope_parameters") or fields
    return table.number("rope_theta", 1, 1e12, 10_000.0)


def _check_fixed(fields: Fields) -> None:
    _only(fields, "model_type", "qwen2")
    _only(fields, "hidden_act", "silu")
    _only(fields, "use_sliding_window", False)
    _only(fields, "rope_scaling", None)
    if table := fields.table("rope_parameters"):
        _only(table, "rope_type", "default")


def _only(fields: Fields, name: str, allowed: object) -> None:
    """Refuse what this code does not implement. What is not given is taken to be allowed."""
    if fields.has(name) and (value := fields.value(name)) != allowed:
        raise fields.wrong(f"{name} is {value!r}; only {allowed!r} is implemented")


def _check_heads(config: Qwen2Config, fields: Fields) -> None:
    if config.hidden % config.num_heads:
        raise fields.wrong(f"hidden_size is {config.hidden}, which {config.num_heads} num_attention_heads cannot share")
    if config.num_heads % config.num_kv_heads:
        raise fields.wrong(f"num_attention_heads is {config.num_heads}, no multiple of {config.num_kv_heads} for keys")
    if config.head_dim % 2:
        raise fields.wrong(f"hidden_size is {config.hidden}: heads of {config.head_dim} numbers cannot be rotated")
    if fields.has("head_dim") and fields.value("head_dim") not in (None, config.head_dim):
        raise fields.wrong(f"head_dim is {fields.value('head_dim')!r}; only {config.head_dim} is implemented")
