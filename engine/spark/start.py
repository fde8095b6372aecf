"""Puts a SparkEngine together: finds the model, loads it, has its voices made up, and warms all that it will do."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch

from engine.spark import checkpoint, superres, warmth
from engine.spark.bicodec import BiCodec
from engine.spark.checkpoint import CheckpointError
from engine.spark.config import ConfigError
from engine.spark.downloading import downloading
from engine.spark.engine import Parts, SparkEngine
from engine.spark.lm import LM
from engine.spark.lm_checkpoint import check_lm, check_numbers
from engine.spark.made_up import PRESETS, Maker
from engine.spark.prompting import read_prompting
from engine.spark.reader import SparkReader
from engine.spark.tokenizer import load_vocabulary
from engine.spark.vocabulary import Vocabulary
from engine.spark.voice_book import VoiceBook
from engine.spark.voice_files import VoiceFolder
from engine.types import Segment, Span, new_id

log = logging.getLogger(__name__)

DEFAULT_MODEL = "SparkAudio/Spark-TTS-0.5B"

FILES = (
    *checkpoint.CODEC_FILES,
    "LLM/config.json",
    "LLM/model.safetensors",
    "LLM/tokenizer.json",
    "voice.toml",
    "AP-BWE/*",
)
"""What is downloaded of a hub's model."""

STEPS_MORE, LEAST_STEP_S, MOST_STEP_S = 20, 5.0, 60.0
"""A step is taken for a hang after so many times the longest one seen at the start, within these bounds."""

Report = Callable[[str, int, int], None]
"""Is told what is going on, how far it has come, and of how much."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen. "auto": vLLM on a GPU where it is installed, else torch; bfloat16 on a GPU, else float32.

    `capacity` is the number of segments that the language model works on at a time; 0: 64 on a GPU, else 16. The
    network for 48 kHz lies in the folder `superres`, or beside the model as AP-BWE. With `continuity_s` above 0 a
    segment goes on from so many seconds of the one before.
    """

    model: str = DEFAULT_MODEL
    lm: Literal["auto", "torch", "vllm"] = "auto"
    device: str = "auto"
    dtype: str = "auto"
    voices: str = ""
    superres: str = ""
    capacity: int = 0
    continuity_s: float = 0.0

    @property
    def on(self) -> str:
        """The device to compute on."""
        return ("cuda" if torch.cuda.is_available() else "cpu") if self.device == "auto" else self.device

    @property
    def numbers(self) -> str:
        """The language model's dtype."""
        return ("bfloat16" if self.on.startswith("cuda") else "float32") if self.dtype == "auto" else self.dtype

    @property
    def slots(self) -> int:
        """How many sequences the language model works on at a time."""
        return self.capacity or (64 if self.on.startswith("cuda") else 16)

    @property
    def body(self) -> str:
        """Which body the language model has."""
        if self.lm != "auto":
            return self.lm
        return "vllm" if self.on.startswith("cuda") and find_spec("vllm") else "torch"


def start(report: Report | None = None, **options: str | float) -> SparkEngine:
    """Make an engine, warm; the options are the fields of Choice. What stands in the way ends the process, told why."""
    try:
        return assemble(Choice(**options), report or _in_silence)  # type: ignore[arg-type]
    except (CheckpointError, ConfigError, ValueError, OSError, ImportError) as error:
        told, *details = str(error).splitlines()
        for detail in details:
            log.warning(detail)
        raise SystemExit(told) from None


def assemble(choice: Choice, report: Report) -> SparkEngine:
    """Make an engine, warm. Raises CheckpointError, ConfigError or ValueError, which say what is wrong."""
    _check_device(choice.on)
    if torch.device(choice.on).type == "cpu":
        torch.set_num_threads(max(len(os.sched_getaffinity(0)) - 1, 1))  # the server has work too
    report(f"looking for {choice.model}", 0, 0)
    folder = checkpoint.locate(choice.model, FILES, downloading(report))
    report("loading the tokenizer", 0, 4)
    vocabulary, prompting = load_vocabulary(folder), read_prompting(folder)
    report("loading the codec", 1, 4)
    codec = BiCodec.load(folder, choice.on)
    _check_codes(vocabulary, codec)
    report(f"loading the language model ({choice.body}, {choice.numbers} on {choice.on})", 2, 4)
    model = _model(choice, folder, vocabulary)
    net = superres.load(_superres(choice, folder), choice.on)
    book = VoiceBook(prompting.voices or PRESETS, VoiceFolder(_voices(choice, folder)))
    report("making up voices", 3, 4)
    book.complete(Maker(model, vocabulary, prompting).make)
    reader = SparkReader(vocabulary, prompting, book, choice.continuity_s)
    report("warming up", 0, 1)
    longest_s = warmth.slowest_s(_trials(model, codec, net, reader, next(iter(book))))
    report("warming up", 1, 1)
    tags = frozenset(prompting.tags).union(*(voice.tags for voice in book.values()))
    max_step_s = min(max(STEPS_MORE * longest_s, LEAST_STEP_S), MOST_STEP_S)
    return SparkEngine(Parts(model, codec, net, reader, book, tags, max_step_s))


def _trials(
    model: LM, codec: BiCodec, net: superres.APBWE | superres.Resampled, reader: SparkReader, voice: str
) -> Iterator[None]:
    """Go through all that the engine will do, a step at a time."""
    reading = reader.read(Segment(new_id(), new_id(), voice, "en", (Span("Hello.", 0, 6),)))
    assert reading, "a word is something to say"
    yield from warmth.model_steps(model, reading.sequence)
    yield from warmth.codec_steps(codec, net, reading.speaker)


def _check_device(name: str) -> None:
    """Raise ValueError for a device that is none, or not here."""
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"device {name!r} cannot be had: choose cpu, or cuda where there is a GPU ({reason})"
        ) from None


def _check_codes(vocabulary: Vocabulary, codec: BiCodec) -> None:
    """Raise CheckpointError where the language model says codes that the codec does not know."""
    said, known = len(vocabulary.semantic_tokens), codec.config.codebook_size
    if said != known:
        raise CheckpointError(
            f"LLM/ has {said} semantic tokens, but BiCodec/ has {known} codes: are they of one model?"
        )


def _superres(choice: Choice, folder: Path) -> Path | None:
    beside = folder / "AP-BWE"
    return Path(choice.superres) if choice.superres else beside if beside.is_dir() else None


def _voices(choice: Choice, folder: Path) -> Path:
    """Return where voices are kept: with the model, since another one's speaker tokens mean somebody else."""
    if choice.voices:
        return Path(choice.voices)
    if Path(choice.model).is_dir():
        return folder / "voices"
    return Path.home() / ".local/share/voice-server/voices" / choice.model.replace("/", "--")


def _in_silence(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def _model(choice: Choice, folder: Path, vocabulary: Vocabulary) -> LM:
    """Load the language model. Only the body that was chosen is imported: the other one may not be installed."""
    check_lm(folder, vocabulary)
    body = import_module(f"engine.spark.lm_{choice.body}")
    model: LM
    if choice.body == "vllm":
        check_numbers(folder)
        model = body.VllmLM(folder, vocabulary, choice.numbers, body.Limits(choice.slots))
    else:
        model = body.TorchLM.load(folder, vocabulary, choice.numbers, choice.on, choice.slots)
    return model
