"""Measures what engines are made of, without a server: `python -m engine.bench codec|spark`.

Weights are random, as large as the public ones; they cost what real ones cost.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from engine.bench import codec, lm, overhead, players, sessions, tiny
from engine.bench.rows import Row, tell
from engine.spark.config import PUBLIC, TINY
from engine.spark.qwen2_config import PUBLIC_LM, TINY_LM
from engine.spark.superres import APBWE


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return how many targets were missed."""
    parser = argparse.ArgumentParser("python -m engine.bench", description="Measure what engines are made of.")
    help_ = "codec: BiCodec, speaker tokens and super-resolution; spark: the language model, and sessions of the engine"
    parser.add_argument("what", choices=["codec", "spark"], help=help_)
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="processor threads (2)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each, of which the best counts (3)")
    parser.add_argument("--quick", action="store_true", help="spark: fewer tokens and sessions, for a first look")
    parser.add_argument("--tiny", action="store_true", help="small networks: whether it runs, not how fast")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    logging.getLogger("engine.spark").setLevel(logging.ERROR)  # random weights never end by themselves
    return tell(_codec(given) if given.what == "codec" else _spark(given))


def _codec(given: argparse.Namespace) -> Iterator[Row]:
    net = APBWE.random(24, 2) if given.tiny else APBWE.random()
    return codec.measure(TINY if given.tiny else PUBLIC, net, given.runs)


def _spark(given: argparse.Namespace) -> Iterator[Row]:
    quick = given.quick or given.tiny
    yield from lm.measure(TINY_LM if given.tiny else PUBLIC_LM, lm.QUICK if quick else lm.STANDARD)
    torch.set_num_threads(1)  # small products gain nothing from threads
    with TemporaryDirectory() as name:
        folder = Path(name)
        tiny.write(folder)
        yield from sessions.measure(lambda: tiny.engine(folder), *((8, 2) if quick else (32, 32)))
        yield from overhead.measure(tiny.load(folder, superres=False), 200 if quick else 1000)
        yield from players.measure(tiny.load(folder), (4,) if quick else (4, 8, 32))


if __name__ == "__main__":
    raise SystemExit(main())
