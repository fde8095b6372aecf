"""The language model on vLLM, in this process: extra `vllm`. Where there is a GPU, this is how to serve.

vLLM 0.26 (the last for torch 2.11) to 0.32 (for torch 2.13). What has been run is 0.32, on a processor.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.spark import qwen2_config
from engine.spark.config import ConfigError
from engine.spark.lm import Finish, Sampling, Sequence, SequenceId, Tokens
from engine.spark.qwen2_config import Qwen2Config
from engine.spark.rows import Rows
from engine.spark.vocabulary import Vocabulary

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # this process is a child already: one death, one restart
    "VLLM_CONFIGURE_LOGGING": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # the codec computes in this process too
}
"""What vLLM reads as it starts. Whoever sets one of these outside knows better."""

QUIET = "ERROR"
"""The level of vLLM's own log, unless VLLM_LOGGING_LEVEL says otherwise: it warns of much that is as it should be."""


BYTES = {"bfloat16": 2, "float32": 4}
"""The kinds of numbers that these models are computed in, and how long they are."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is worked on: sequences at a time, and tokens of each, prompt included."""

    capacity: int = 64
    max_len: int = 4096


class VllmLM:
    """Continues many sequences in vLLM's scheduler.

    vLLM cannot pause what it has begun. So a sequence that is not due is held back until it first is, and then made to
    its end, which its `max_tokens` bounds. An exception out of `step` means that the engine is lost, and this process
    with it. The same seed draws the same alone and among others on a processor in float32; vLLM promises it nowhere.
    """

    def __init__(
        self, folder: Path, vocabulary: Vocabulary, dtype: str = "bfloat16", limits: Limits | None = None
    ) -> None:
        """Load `LLM/` of a folder in the public layout. The dtype is bfloat16 or float32.

        Raises ConfigError for float16, in which these models overflow, and where vLLM finds nothing to run on.
        """
        if dtype not in BYTES:
            raise ConfigError(f"dtype {dtype} is not for Spark-TTS: float16 overflows in it; use {' or '.join(BYTES)}")
        path = folder / "LLM" / "config.json"
        config = qwen2_config.parse(json.loads(path.read_text("utf-8")), str(path))
        self._rows = Rows.speech(vocabulary, config.vocab_size)
        self._limits = limits or Limits()
        self._held: dict[SequenceId, tuple[list[int], Any]] = {}
        self._begun: set[SequenceId] = set()
        self._engine = _start(folder / "LLM", self._rows, dtype, self._limits, _kv_bytes(config, dtype, self._limits))
        self._penalizes = bool(self._engine.vllm_config.use_v2_model_runner)

    @property
    def capacity(self) -> int:
        """How many sequences are worked on at a time; more may be added and wait."""
        return self._limits.capacity

    def add(self, sequence: Sequence) -> None:
        """Take a sequence.

        Raises ValueError for a prompt that leaves no room for its tokens, and for sampling that vLLM refuses, such as
        a temperature above 2.
        """
        sequence.check(self._rows.vocab_size, self._limits.max_len)
        params = _params(sequence.sampling, sequence.max_tokens, self._rows, self._penalizes)
        self._held[sequence.id] = self._rows.encode(sequence.prompt, sequence.semantic_only), params

    def abort(self, sequence_id: SequenceId) -> None:
        """Drop a sequence: its slot is free within a step, and nothing of it comes out. Unknown ids are ignored."""
        self._held.pop(sequence_id, None)
        if sequence_id in self._begun:
            self._begun.remove(sequence_id)
            self._engine.abort_request([str(sequence_id)])

    def step(self, due: Collection[SequenceId]) -> list[Tokens]:
        """Begin what is due, in its order, while there are slots; draw a token for each sequence begun."""
        for sequence_id in due:
            if sequence_id in self._held and len(self._begun) < self.capacity:
                self._begin(sequence_id, *self._held.pop(sequence_id))
        return list(self._turn()) if self._begun else []

    def close(self) -> None:
        """Release what it holds. Nothing else is called afterwards."""
        from vllm.distributed import cleanup_dist_env_and_memory

        self._engine.engine_core.shutdown()
        cleanup_dist_env_and_memory()

    def _begin(self, sequence_id: SequenceId, prompt: list[int], params: Any) -> None:  # noqa: ANN401 (vllm's)
        self._engine.add_request(str(sequence_id), {"type": "token", "prompt_token_ids": prompt}, params)
        self._begun.add(sequence_id)

    def _turn(self) -> Iterator[Tokens]:
        for output in self._engine.step():
            sequence_id, made = int(output.request_id), output.outputs[0]
            if sequence_id not in self._begun:
                continue
            finish = self._finish(made) if output.finished else None
            if finish is not None:
                self._begun.remove(sequence_id)
            yield Tokens(sequence_id, self._rows.decode(made.token_ids), finish)

    def _finish(self, made: Any) -> Finish:  # noqa: ANN401 (vllm's)
        if made.finish_reason == "stop":
            return "error" if made.stop_reason == self._rows.broken else "stop"
        return "length" if made.finish_reason == "length" else "error"


def _start(folder: Path, rows: Rows, dtype: str, limits: Limits, kv_bytes: int) -> Any:  # noqa: ANN401 (vllm's)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    logging.getLogger("vllm").setLevel(os.environ.get("VLLM_LOGGING_LEVEL", QUIET))
    from vllm import ModelRegistry
    from vllm.engine.arg_utils import EngineArgs
    from vllm.platforms import current_platform
    from vllm.v1.engine.llm_engine import LLMEngine

    if not (current_platform.is_cuda_alike() or current_platform.is_cpu()):
        raise ConfigError("lm vllm finds no card here, and is not the build for processors: choose lm torch")
    # on a card, 0.26 would take the older runner for a model that it does not know
    os.environ.setdefault("VLLM_USE_V2_MODEL_RUNNER", str(int(current_platform.is_cuda())))
    from engine.spark.vllm_model import CONFIG, RepetitionPenalty, SpeechForCausalLM

    name = SpeechForCausalLM.__name__
    ModelRegistry.register_model(name, SpeechForCausalLM)
    config = {"architectures": [name], "vocab_size": rows.num_ids, CONFIG: rows.described()}
    arguments = EngineArgs(
        model=str(folder),
        skip_tokenizer_init=True,
        generation_config="vllm",
        hf_overrides=config,
        dtype=dtype,
        max_model_len=limits.max_len,
        max_num_seqs=limits.capacity,
        max_num_batched_tokens=max(limits.max_len, 2048),
        kv_cache_memory_bytes=kv_bytes,
        enable_prefix_caching=True,
        enforce_eager=current_platform.is_cpu(),
        logits_processors=[] if os.environ["VLLM_USE_V2_MODEL_RUNNER"] == "1" else [RepetitionPenalty],
        distributed_executor_backend="uni",
        disable_log_stats=True,
        use_tqdm_on_load=False,
    )
    return LLMEngine.from_engine_args(arguments)


def _kv_bytes(config: Qwen2Config, dtype: str, limits: Limits) -> int:
    """Return what all sequences at their longest need: vLLM would else take nearly all of a card, codec or not."""
    a_token = 2 * config.num_layers * config.num_kv_heads * config.head_dim * BYTES[dtype]
    return a_token * (limits.capacity + 1) * (limits.max_len + 128)


def _params(sampling: Sampling, max_tokens: int, rows: Rows, penalizes: bool) -> Any:  # noqa: ANN401 (vllm's)
    from vllm.sampling_params import RequestOutputKind, SamplingParams

    from engine.spark.vllm_model import PENALTY

    greedy, penalty = sampling.temperature == 0, sampling.repetition_penalty
    # never more than the head has: "all" would be counted in the vocabulary, which is larger than the logits
    top_k = 1 if greedy else min(sampling.top_k or rows.num_drawn, rows.num_drawn)
    return SamplingParams(
        temperature=1.0 if greedy else sampling.temperature,
        top_k=top_k,
        top_p=sampling.top_p,
        seed=sampling.seed,
        max_tokens=max_tokens,
        stop_token_ids=list(rows.ends),
        detokenize=False,
        output_kind=RequestOutputKind.DELTA,
        repetition_penalty=penalty if penalizes else 1.0,
        extra_args=None if penalizes or penalty == 1 else {PENALTY: penalty},
    )
