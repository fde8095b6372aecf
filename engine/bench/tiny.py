"""A tiny checkpoint and the parts of an engine that are loaded from it: noise, by all of the real code."""

from __future__ import annotations

from pathlib import Path

from engine.spark.bicodec import BiCodec
from engine.spark.config import TINY
from engine.spark.engine import Parts, SparkEngine
from engine.spark.lm_torch import TorchLM
from engine.spark.prompting import read_prompting
from engine.spark.qwen2_config import TINY_LM
from engine.spark.random_weights import write_apbwe, write_bicodec, write_lm, write_voices
from engine.spark.reader import SparkReader
from engine.spark.superres import APBWE, Resampled
from engine.spark.tokenizer import load_vocabulary
from engine.spark.voice_book import VoiceBook
from engine.spark.voice_files import VoiceFolder

VOICES = ("one", "two")
NUM_SLOTS = 32


def write(folder: Path) -> None:
    """Write the checkpoint, in the public layout."""
    write_lm(folder, TINY_LM)
    write_bicodec(folder, TINY)
    write_apbwe(folder, 24, 2)
    write_voices(folder, VOICES)


def load(folder: Path, superres: bool = True) -> Parts:
    """Read it, for NUM_SLOTS at a time. Without super-resolution, sound is resampled."""
    vocabulary, prompting = load_vocabulary(folder), read_prompting(folder)
    book = VoiceBook(prompting.voices, VoiceFolder(folder / "voices"))
    return Parts(
        TorchLM.load(folder, vocabulary, "float32", capacity=NUM_SLOTS, max_len=1024),
        BiCodec.load(folder),
        APBWE.load(folder / "AP-BWE") if superres else Resampled(),
        SparkReader(vocabulary, prompting, book),
        book,
    )


def engine(folder: Path) -> SparkEngine:
    """Return an engine of it, without super-resolution."""
    return SparkEngine(load(folder, superres=False))
