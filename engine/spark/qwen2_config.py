"""`LLM/config.json`: the shape of a Qwen2 language model, and its tensors. What this code cannot do is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.spark.tables import TableError, read

Size = Annotated[int, Field(gt=0, lt=2**31)]
Theta = Annotated[float, Field(ge=1.0, le=1e12)]


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


class _Rope(BaseModel):
    """What newer files have in place of `rope_theta`; what is not named here does not matter."""

    model_config = ConfigDict(strict=True)

    rope_type: Literal["default"] = "default"
    rope_theta: Theta = 10_000.0


class _File(BaseModel):
    """The fields that shape a model; of those with one value, what this code does not implement is refused."""

    model_config = ConfigDict(strict=True)

    model_type: Literal["qwen2"]
    hidden_act: Literal["silu"] = "silu"
    use_sliding_window: Literal[False] = False
    rope_scaling: None = None
    rope_parameters: _Rope | None = None
    vocab_size: Size
    hidden_size: Size
    num_hidden_layers: Size
    num_attention_heads: Size
    num_key_value_heads: Size
    intermediate_size: Size
    max_position_embeddings: Size
    head_dim: int | None = None
    rope_theta: Theta = 10_000.0
    rms_norm_eps: Annotated[float, Field(gt=0.0, le=0.1)] = 1e-6
    tie_word_embeddings: bool = False


_FILE = TypeAdapter(_File)


def parse(document: object, place: str) -> Qwen2Config:
    """Read a parsed `config.json`. Raises TableError, beginning with `place`, if it is not what this code can do."""
    file = read(_FILE, document, place)
    _check_heads(file, place)
    return Qwen2Config(
        vocab_size=file.vocab_size,
        hidden=file.hidden_size,
        num_layers=file.num_hidden_layers,
        num_heads=file.num_attention_heads,
        num_kv_heads=file.num_key_value_heads,
        inner=file.intermediate_size,
        max_position=file.max_position_embeddings,
        rope_theta=file.rope_parameters.rope_theta if file.rope_parameters else file.rope_theta,
        norm_eps=file.rms_norm_eps,
        tied=file.tie_word_embeddings,
    )


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


def _check_heads(file: _File, place: str) -> None:
    hidden, heads = file.hidden_size, file.num_attention_heads
    head_dim = hidden // heads
    if hidden % heads:
        raise TableError(f"{place}: hidden_size is {hidden}, which {heads} num_attention_heads cannot share")
    if heads % file.num_key_value_heads:
        raise TableError(f"{place}: num_attention_heads is {heads}, no multiple of {file.num_key_value_heads} for keys")
    if head_dim % 2:
        raise TableError(f"{place}: hidden_size is {hidden}: heads of {head_dim} numbers cannot be rotated")
    if file.head_dim not in (None, head_dim):
        raise TableError(f"{place}: head_dim is {file.head_dim}; only {head_dim} is implemented")
