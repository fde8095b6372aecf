"""The tokens of a Spark-TTS class model by their names: which ids a checkpoint gives them. Pure, and without a library.

A checkpoint's own tokenizer says the ids; only the names are known here, as SparkAudio/Spark-TTS-0.5B has them. Text
tokens are Qwen2.5's; the tokens below were appended to them in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.spark.config import ConfigError

_NUMBERED = {
    "bicodec_global": 4096,
    "bicodec_semantic": 8192,
    "pitch_value": 1001,
    "pitch_var_value": 11,
    "pitch_label": 5,
    "pitch_var_label": 5,
    "speed_value": 11,
    "speed_label": 5,
    "loudness_value": 31,
    "loudness_label": 5,
    "age": 5,
    "gender": 3,
    "emotion": 101,
}
_TASKS = ("vc", "tts", "asr", "s2s", "t2s", "cap", "understand", "controllable_tts", "prompt_tts", "edit")
_SPANS = ("content", "style_label", "style_prompt", "acoustic_token", "global_token", "semantic_token")

_RUNS = {
    "semantic_tokens": "bicodec_semantic",
    "global_tokens": "bicodec_global",
    "pitch_values": "pitch_value",
    "pitch_labels": "pitch_label",
    "speed_values": "speed_value",
    "speed_labels": "speed_label",
    "genders": "gender",
}
_MARKERS = (
    "task_tts",
    "task_controllable_tts",
    *(f"{end}_{span}" for end in ("start", "end") for span in _SPANS if span != "style_prompt"),
)
_TEXT_STOPS = ("im_end", "endoftext")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ids of one checkpoint.

    In a range the n-th id is number n: `semantic_tokens[5]` is `<|bicodec_semantic_5|>`, and what the codec calls an id
    is `semantic_tokens.index(id)`.
    """

    semantic_tokens: range
    """What is said: 8192 codes of the codec, 50 a second."""
    global_tokens: range
    """Who says it: 4096 codes, of which 32 are a voice."""
    pitch_values: range
    """0..1000, mel."""
    pitch_labels: range
    """0..4: very low, low, moderate, high, very high."""
    speed_values: range
    """0..10, syllables per second."""
    speed_labels: range
    """0..4, as the pitch labels."""
    genders: range
    """0 female, 1 male; 2 is not used."""
    task_tts: int
    task_controllable_tts: int
    start_content: int
    end_content: int
    start_style_label: int
    end_style_label: int
    start_acoustic_token: int
    end_acoustic_token: int
    start_global_token: int
    end_global_token: int
    start_semantic_token: int
    end_semantic_token: int
    stops: frozenset[int]
    """Any of these ends a sequence: the model's own end, that of fine-tunes, and that of a text."""
    encode: Callable[[str], list[int]]
    """Gives the ids of a text. No text can spell one of the tokens above."""

    @classmethod
    def of(cls, ids: Mapping[str, int], encode: Callable[[str], list[int]]) -> Vocabulary:
        """Look the tokens up by name. Raises ConfigError for those that are missing or not numbered in one run."""
        wanted = [name for prefix in _RUNS.values() for name in _run(prefix)]
        wanted += map(_token, (*_MARKERS, *_TEXT_STOPS))
        _check_present(wanted, ids)
        _check_apart(wanted, ids)
        runs: dict[str, Any] = {field: _contiguous(_run(prefix), ids) for field, prefix in _RUNS.items()}
        markers: dict[str, Any] = {name: ids[_token(name)] for name in _MARKERS}
        stops = frozenset((markers["end_semantic_token"], *(ids[_token(name)] for name in _TEXT_STOPS)))
        return cls(**runs, **markers, stops=stops, encode=encode)

    @property
    def size(self) -> int:
        """How many rows a model needs at least: one more than the highest of these ids."""
        markers: list[int] = [getattr(self, name) for name in _MARKERS]
        runs: list[range] = [getattr(self, name) for name in _RUNS]
        return 1 + max(*(run[-1] for run in runs), *markers, *self.stops)


def appended() -> Iterator[str]:
    """Yield the 13,493 tokens that are appended to those of text, in their order."""
    for prefix in _NUMBERED:
        yield from _run(prefix)
    yield from (_token(f"task_{task}") for task in _TASKS)
    yield from (_token(f"{end}_{span}") for end in ("start", "end") for span in _SPANS)


def _token(name: str) -> str:
    return f"<|{name}|>"


def _run(prefix: str) -> list[str]:
    return [_token(f"{prefix}_{number}") for number in range(_NUMBERED[prefix])]


def _check_present(wanted: list[str], ids: Mapping[str, int]) -> None:
    missing = [name for name in wanted if name not in ids]
    if missing:
        few = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise ConfigError(f"has no {few}: it is not the tokenizer of a Spark-TTS model")


def _check_apart(wanted: list[str], ids: Mapping[str, int]) -> None:
    names = sorted(wanted, key=ids.__getitem__)
    for one, other in pairwise(names):
        if ids[one] == ids[other]:
            raise ConfigError(f"gives {one} and {other} the same id, {ids[one]}: each needs its own")


def _contiguous(names: list[str], ids: Mapping[str, int]) -> range:
    run = range(ids[names[0]], ids[names[0]] + len(names))
    for name, expected in zip(names, run, strict=True):
        if ids[name] != expected:
            raise ConfigError(f"numbers {name} {ids[name]} where {expected} is due: {names[0]} and on must be one run")
    return run
