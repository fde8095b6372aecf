"""`voice-server model`: checkpoints of neural engines."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from voice_server.misuse import Misuse

NEEDED = ("torch", "safetensors", "tokenizers", "yaml")

VOICES = ("noise", "other-noise")
"""A model of random weights would name no speaker if it were asked to."""


def add_model(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    description = "Make checkpoints of neural engines. Needs the extra: pip install 'voice-server[spark]'"
    model = commands.add_parser("model", help="make checkpoints of neural engines", description=description)
    actions = model.add_subparsers(title="actions", required=True, metavar="action")
    _add_action(actions, "make-tiny", "a small checkpoint", "to try a server with, on any processor; 14 MB")
    _add_action(actions, "make-random", "a checkpoint as large as Spark-TTS-0.5B", "to measure with; 2.8 GB")


def _add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str, purpose: str
) -> None:
    description = f"Write {what} of random weights, in the public layout: noise, by the real arithmetic; {purpose}."
    action = actions.add_parser(name, help=f"write {what} of random weights", description=description)
    action.add_argument("folder", type=Path, metavar="DIR", help="where to; made if it is not there")
    action.add_argument("--seed", type=int, default=0, metavar="N", help="of the weights (0)")
    action.set_defaults(run=_make, action=name)


def _make(given: argparse.Namespace) -> int:
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise Misuse(f"model {given.action} needs {', '.join(missing)}: pip install 'voice-server[spark]'")
    if given.folder.is_dir() and any(given.folder.iterdir()) and not (given.folder / "voice.toml").is_file():
        raise Misuse(f"{given.folder} holds something else: name a folder that is new, empty, or was made by this")
    from engine.spark.random_weights import PUBLIC_MODEL, TINY_MODEL, write_model

    write_model(given.folder, TINY_MODEL if given.action == "make-tiny" else PUBLIC_MODEL, VOICES, given.seed)
    print(f"wrote {given.folder}: voice-server serve --engine spark --model {given.folder}")
    return 0
