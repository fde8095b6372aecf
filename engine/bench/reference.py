"""The same language model in transformers, on the same tensors: what ours is compared with."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from torch import Tensor

from engine.spark.checkpoint import Tensors
from engine.spark.qwen2_config import Qwen2Config, document


class Reference:
    """Qwen2 as transformers has it. Nothing is copied: it looks at the tensors that it is given."""

    def __init__(self, config: Qwen2Config, tensors: Tensors) -> None:
        from transformers import Qwen2Config as Theirs
        from transformers import Qwen2ForCausalLM

        named = {key: value for key, value in document(config).items() if key not in ("architectures", "model_type")}
        theirs = Theirs(**named)
        with torch.device("meta"):
            model: Any = Qwen2ForCausalLM(theirs)
        tied = {"lm_head.weight": tensors["model.embed_tokens.weight"]} if config.tied else {}
        model.load_state_dict({**tensors, **tied}, assign=True)
        # what no checkpoint holds has to be made
        model.model.rotary_emb = type(model.model.rotary_emb)(theirs)
        self._model = model.eval()

    def logits(self, tokens: Tensor) -> Tensor:
        """Return what follows each of the tokens [1, n], over all ids."""
        with torch.inference_mode():
            said: Tensor = self._model(tokens).logits
            return said

    def tokens_per_s(self, prompt: tuple[int, ...], num: int, num_steps: int) -> float:
        """Return the tokens per second of `generate`, for so many sequences together, once their prompts are read."""
        told_at: list[float] = []

        def tell(ids: Tensor, _scores: object, **_more: object) -> Tensor:
            told_at.append(time.perf_counter())
            return torch.zeros(len(ids), dtype=torch.bool)

        tokens = torch.tensor([prompt] * num)
        self._model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            do_sample=True,
            temperature=0.8,
            top_k=50,
            top_p=0.95,
            pad_token_id=0,
            min_new_tokens=num_steps + 2,
            max_new_tokens=num_steps + 2,
            stopping_criteria=[tell],
        )
        # the first stands for the prompt, the second still warms up
        return num / median(after - before for before, after in pairwise(told_at[1:]))
