"""Qwen2 as vLLM runs it for us: it reads the ids of `engine.spark.rows`, and computes only the logits of speech.

vLLM takes at most 1024 `allowed_token_ids` on a GPU, and there are 8192 semantic tokens. Here the model itself rules
out the others. That holds for each of vLLM's runners and samplers, and spares a quarter of the bytes that a step reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from vllm.compilation.decorators import support_torch_compile
from vllm.config import VllmConfig
from vllm.model_executor.models.qwen2 import Qwen2Model
from vllm.model_executor.models.utils import AutoWeightsLoader, maybe_prefix
from vllm.sampling_params import SamplingParams
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from engine.spark.rows import Rows

CONFIG = "speech"
"""What the rows are called in the model's configuration."""

PENALTY = "repetition_penalty"
"""In a request's `extra_args`: see `RepetitionPenalty`."""

FLAGS = 8
"""Columns that say whether only semantic tokens may follow: one is enough, eight keep rows aligned to 16 bytes."""

NEVER = float("-inf")


@support_torch_compile(
    dynamic_arg_dims={"input_ids": 0, "positions": -1, "intermediate_tensors": 0, "inputs_embeds": 0}
)
class SpeechModel(Qwen2Model):  # type: ignore[misc]
    """The layers. Ids are translated within what is compiled: its graphs want their input where it was before."""

    def __init__(self, *, vllm_config: VllmConfig, rows: Rows, prefix: str = "") -> None:
        config = vllm_config.model_config.hf_config
        config.vocab_size = rows.vocab_size  # of the table that is in the checkpoint
        super().__init__(vllm_config=vllm_config, prefix=prefix)
        config.vocab_size = rows.num_ids
        own = torch.arange(rows.vocab_size)
        self.register_buffer("own_ids", torch.cat([torch.tensor(rows.drawn), own, own]), persistent=False)

    def embed_input_ids(self, input_ids: Tensor) -> Tensor:
        """Return what stands for tokens: [tokens] -> [tokens, hidden]."""
        return self.embed_tokens(self.own_ids[input_ids])


class SpeechForCausalLM(nn.Module):  # type: ignore[misc]
    """The layers, and a head of what can be drawn."""

    def __init__(self, *, vllm_config: VllmConfig, prefix: str = "") -> None:
        super().__init__()
        config = vllm_config.model_config.hf_config
        self.rows = Rows.of(getattr(config, CONFIG))
        self.model = SpeechModel(vllm_config=vllm_config, rows=self.rows, prefix=maybe_prefix(prefix, "model"))
        self.head = nn.Parameter(torch.empty(self.rows.num_drawn, config.hidden_size), requires_grad=False)

    def embed_input_ids(self, input_ids: Tensor) -> Tensor:
        """Return what stands for tokens: [tokens] -> [tokens, hidden]."""
        return self.model.embed_input_ids(input_ids)

    def forward(
        self,
        input_ids: Tensor,
        positions: Tensor,
        intermediate_tensors: None = None,
        inputs_embeds: None = None,
    ) -> Tensor:
        """Return [tokens, hidden + FLAGS]: the flags go with a token's state to where its logits are computed."""
        hidden = self.model(input_ids, positions, intermediate_tensors, inputs_embeds)
        speaking = (input_ids < len(self.rows.semantic)) | (input_ids >= self.rows.num_drawn + self.rows.vocab_size)
        return torch.cat([hidden, speaking.to(hidden.dtype).unsqueeze(1).expand(-1, FLAGS)], 1)

    def compute_logits(self, hidden: Tensor) -> Tensor:
        """Return [tokens, num_drawn]. Where they are no numbers, only `broken` can be drawn, and nowhere else."""
        speaking, broken = hidden[:, -1:] > 0, self.rows.broken
        logits = nn.functional.linear(hidden[:, :-FLAGS], self.head)
        lost = ~logits.sum(1, keepdim=True).isfinite()
        logits[:, broken + 1 :].masked_fill_(speaking, NEVER)
        logits.masked_fill_(lost, NEVER)
        logits[:, broken : broken + 1] = torch.where(lost, 0.0, NEVER)
        return logits

    def load_weights(self, weights: Iterable[tuple[str, Tensor]]) -> set[str]:
        """Load a checkpoint of Qwen2ForCausalLM, whose head may be its table of embeddings."""
        heads: list[Tensor] = []
        loaded = set(AutoWeightsLoader(self).load_weights(_set_aside("lm_head.weight", weights, heads)))
        whole = heads[0] if heads else self.model.embed_tokens.weight
        self.head.copy_(whole[torch.tensor(self.rows.drawn, device=whole.device)])
        return loaded | {"head"}


def _set_aside(name: str, weights: Iterable[tuple[str, Tensor]], into: list[Tensor]) -> Iterable[tuple[str, Tensor]]:
    for key, tensor in weights:
        if key == name:
            into.append(tensor)
        else:
            yield key, tensor


class RepetitionPenalty(AdapterLogitsProcessor):  # type: ignore[misc]
    """What vLLM's older runner does itself, but not where a prompt's ids are beyond the logits, as ours are."""

    def is_argmax_invariant(self) -> bool:
        """It is not: what was drawn becomes less likely, the likeliest too."""
        return False

    def new_req_logits_processor(self, params: SamplingParams) -> Callable[..., Tensor] | None:
        """Return what is done to a request's logits before each draw."""
        penalty = (params.extra_args or {}).get(PENALTY)
        return None if penalty is None else lambda prompt, drawn, logits: _penalize(logits, {*prompt, *drawn}, penalty)


def _penalize(logits: Tensor, seen: set[int], penalty: float) -> Tensor:
    rows = torch.tensor([row for row in seen if row < len(logits)], dtype=torch.long, device=logits.device)
    values = logits[rows]
    logits[rows] = torch.where(values > 0, values / penalty, values * penalty)
    return logits
