from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from engine.spark.bicodec import BiCodec
from engine.spark.qwen2_config import TINY_LM, shapes
from engine.spark.superres import APBWE
from engine.spark.tokenizer import load_vocabulary
from engine.spark.voices import global_tokens
from voice_server.cli import main

pytestmark = pytest.mark.spark


def test_a_tiny_model_does_all_that_a_real_one_does(tmp_path: Path) -> None:
    assert main(["model", "make-tiny", str(tmp_path / "tiny")]) == 0
    codec = BiCodec.load(tmp_path / "tiny")
    clip = np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32)
    voice = global_tokens(clip, 16000, codec)
    wave = APBWE.load(tmp_path / "tiny/AP-BWE").upsample(codec.decode(range(8000, 8050), voice))
    assert wave.size == 48000
    assert 0.01 < wave.std() < 1
    assert load_vocabulary(tmp_path / "tiny").size <= TINY_LM.vocab_size
    assert load_file(tmp_path / "tiny/LLM/model.safetensors").keys() == shapes(TINY_LM).keys()


def test_a_model_of_the_real_shape_needs_no_download() -> None:
    """In a process of its own, which gives the half gigabyte back."""
    program = "from engine.spark.bicodec import BiCodec; print(BiCodec.random().decode([8191], [4095] * 32).size)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "320\n", done.stderr
