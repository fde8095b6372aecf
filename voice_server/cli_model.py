"""`voice-server model`: checkpoints of neural engines."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from voice_server.misuse import Misuse

NEEDED = ("torch", "safetensors", "tokenizers", "yaml")

TINY_SUPERRES = (24, 2)
"""Channels and blocks."""


TINY_VOICES = ("noise", "other-noise")
"""A model of random weights would name no speaker if it were asked to."""


def add_model(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    description = "Make checkpoints of neural engines. Needs the extra: pip install 'voice-server[spark]'"
    model = commands.add_parser("model", help="make checkpoints of neural engines", description=description)
    actions = model.add_subparsers(title="actions", required=True, metavar="action")
    description = "Write a small checkpoint of random weights, in the public layout: noise, by the real arithmetic."
    tiny = actions.add_parser("make-tiny", help="write a small one of random weights", description=description)
    tiny.add_argument("folder", type=Path, metavar="DIR", help="where to; made if it is not there")
    tiny.add_argument("--seed", type=int, default=0, metavar="N", help="of the weights (0)")
    tiny.set_defaults(run=_make_tiny)


def _make_tiny(given: argparse.Namespace) -> int:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise Misuse(f"model make-tiny needs {', '.join(missing)}: pip install 'voice-server[spark]'")
    from engine.spark.config import TINY
    from engine.spark.qwen2_config import TINY_LM
    from engine.spark.random_weights import write_apbwe, write_bicodec, write_lm, write_voices

    write_lm(given.folder, TINY_LM, given.seed)
    write_bicodec(given.folder, TINY, given.seed)
    write_apbwe(given.folder, *TINY_SUPERRES, seed=given.seed)
    write_voices(given.folder, TINY_VOICES, given.seed)
    print(f"wrote {given.folder}/LLM, {given.folder}/BiCodec and {given.folder}/AP-BWE")
    return 0
