"""`voice-server bench`."""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import fields
from pathlib import Path

from voice_server.cli_engine import add_engine, engine_arguments
from voice_server.cli_server import add_api_key, add_url, api_key
from voice_server.misuse import Misuse


def add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    description = "Measure: see docs/bench.md. Without names, the standard set; a table is printed, targets beside it."
    bench = commands.add_parser("bench", help="measure latency, load and memory", description=description)
    bench.add_argument("scenarios", nargs="*", metavar="scenario", help="as poisson, burst, paced, cancel, idle")
    help_ = "what a vendor's protocol costs beside ours: openai, or deepgram, cartesia, elevenlabs[-http]"
    bench.add_argument("--protocol", metavar="NAME", help=help_)
    bench.add_argument("--quick", action="store_true", help="a quarter of the time: for a first look")
    bench.add_argument("--listeners", type=_positive, metavar="N", help="other numbers of listeners than the standard")
    bench.add_argument("--duration", dest="duration_s", type=float, metavar="S", help="seconds that are counted")
    help_ = "texts are fed so (at once; 30 in `fed`)"
    bench.add_argument("--tokens-per-s", type=float, metavar="N", help=help_)
    bench.add_argument("--seed", type=int, default=1, metavar="N", help="of who comes when and says what (1)")
    bench.add_argument("--generators", type=_positive, default=1, metavar="N", help="processes that make the load (1)")
    bench.add_argument("--json", type=Path, metavar="FILE", help="everything that was found")
    bench.add_argument("--plot", type=Path, metavar="FILE", help="PNG or SVG to draw, if matplotlib is installed")
    bench.add_argument("--table", type=Path, metavar="FILE", help="file to put the table into, between its two marks")
    bench.add_argument("--readme", type=Path, metavar="FILE", help="the same, for a few lines of it and the plot")
    add_url(bench)
    add_engine(bench)
    add_api_key(bench)
    bench.set_defaults(run=_bench)


def _bench(given: argparse.Namespace) -> int:
    from voice_server.bench.standard import SCENARIOS, GeneratorFailed, NoPlace, Outputs, Wishes, bench
    from voice_server.private import NotServing, end_by

    names = [*given.scenarios, *([given.protocol] if given.protocol else [])]
    if unknown := set(names) - set(SCENARIOS):
        raise Misuse(f"there is no scenario {min(unknown)!r}; there are {', '.join(SCENARIOS)}")
    wished = {field.name: getattr(given, field.name) for field in fields(Wishes)}
    wishes = Wishes(**{**wished, "api_key": api_key(given), "engine": tuple(engine_arguments(given))})
    end_by(signal.SIGTERM)
    try:
        bench(names, wishes, Outputs(given.json, given.plot, given.table, given.readme))
    except (NotServing, GeneratorFailed, NoPlace) as error:
        print(f"voice-server: {error}", file=sys.stderr)
        return 1
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
