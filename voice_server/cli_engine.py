"""Which engine a command starts, what may be said about it on the command line, and what it needs to be there."""

from __future__ import annotations

import argparse
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from voice_server.misuse import Misuse

ENGINES = "voice_server.engines"
"""The group of entry points that engines are installed under."""

NEURAL = "spark"
"""The engine that has options."""

LIBRARIES = ("torch", "safetensors", "tokenizers", "huggingface_hub", "yaml")
"""What its extra brings."""

_OPTIONS = ("model", "lm", "device", "dtype", "voices", "superres", "capacity")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command that starts an engine, or a server with one."""
    parser.add_argument("--engine", metavar="NAME", help="espeak, spark or tone, or another that is installed (espeak)")
    spark = parser.add_argument_group(f"with --engine {NEURAL}")
    help_ = "folder, or hub's owner/name[@revision] (SparkAudio/Spark-TTS-0.5B)"
    spark.add_argument("--model", metavar="DIR_OR_NAME", help=help_)
    help_ = "what the language model runs on: torch, vllm, or auto: vllm on a GPU where it is installed (auto)"
    spark.add_argument("--lm", choices=("auto", "torch", "vllm"), help=help_)
    spark.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (auto: a GPU if there is one)")
    help_ = "of the language model: bfloat16 or float32 (auto: bfloat16 on a GPU)"
    spark.add_argument("--dtype", metavar="NAME", help=help_)
    help_ = "folder of voices (voices/ in the model's folder; of a hub's, in ~/.local/share/voice-server)"
    spark.add_argument("--voices", metavar="DIR", help=help_)
    spark.add_argument("--superres", metavar="DIR", help="folder of AP-BWE, for 48 kHz (AP-BWE/ in the model's folder)")
    help_ = "segments that the language model works on at a time (64 on a GPU, else 16)"
    spark.add_argument("--capacity", type=int, metavar="N", help=help_)


def engine_options(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the engine that were given. Raises Misuse where it could not start with them."""
    options = chosen_options(given)
    if given.engine != NEURAL:
        return options
    if missing := missing_libraries(options.get("lm", "auto")):
        extra = "vllm" if missing == ["vllm"] else NEURAL
        raise Misuse(f"--engine {NEURAL} needs {', '.join(missing)}: pip install 'voice-server[{extra}]'")
    if options.get("dtype") == "float16":
        raise Misuse("--dtype: Spark-TTS overflows in float16, and says nothing or noise: choose bfloat16 or float32")
    if options.get("capacity", 1) < 1:
        raise Misuse("--capacity must be at least 1")
    return options


def engine_arguments(given: argparse.Namespace) -> list[str]:
    """Return what was given as `serve` takes it; nothing where nothing was. Raises Misuse as `engine_options` does."""
    chosen = {**({"engine": given.engine} if given.engine else {}), **engine_options(given)}
    return [word for name, value in chosen.items() for word in (f"--{name}", str(value))]


def chosen_options(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the engine that were given. Raises Misuse for those of another, and where it is none."""
    installed = sorted(entry_points(group=ENGINES).names)
    if given.engine is not None and given.engine not in installed:
        raise Misuse(f"--engine: there is no {given.engine!r}; installed are {', '.join(installed)}")
    options = {name: getattr(given, name) for name in _OPTIONS if getattr(given, name) is not None}
    if options and given.engine != NEURAL:
        raise Misuse(f"--{min(options)} goes with --engine {NEURAL}")
    return options


def missing_libraries(lm: str) -> list[str]:
    """Return what is not installed and would be needed."""
    wanted = (*LIBRARIES, *(["vllm"] if lm == "vllm" else []))
    return [name for name in wanted if find_spec(name) is None]
