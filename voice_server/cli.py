"""The command `voice-server`: serve, say, text, voices, doctor, bench, keys.

What each needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import TypeAlias

from voice_server.cli_bench import add_bench
from voice_server.cli_engine import add_engine, chosen_options
from voice_server.cli_keys import add_keys
from voice_server.cli_model import add_model
from voice_server.cli_serve import add_serve
from voice_server.cli_server import add_api_key, add_url, api_key, server
from voice_server.cli_voices import add_voices
from voice_server.misuse import Misuse

WRONG = 1
"""Exit status where something went wrong."""

MISUSED = 2
"""Exit status where what was asked for cannot be: argparse's own."""

INTERRUPTED = 130

_OPTIONS = ("voice", "language", "speed", "pitch", "volume", "seed", "sample_rate", "format")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. What a user can mend is told in one line."""
    given = build_parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except Misuse as error:
        return _complain(error, MISUSED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains of it at its exit
        return WRONG
    except OSError as error:
        return _complain(error, WRONG)


def _complain(error: object, status: int) -> int:
    print(f"voice-server: {error}", file=sys.stderr)
    return status


# say


def _say(given: argparse.Namespace) -> int:
    from voice_server.client import Options, TTSError
    from voice_server.private import NotServing, end_by
    from voice_server.say import Saying, say
    from voice_server.sinks import check_output

    check_output(given.output)
    chosen = {name: getattr(given, name) for name in _OPTIONS if getattr(given, name) is not None}
    saying = Saying(given.text, given.output, Options(**chosen), api_key(given))  # type: ignore[typeddict-item]
    end_by(signal.SIGTERM, signal.SIGHUP)
    try:
        with server(given) as url:
            report = asyncio.run(say(url, saying))
    except (TTSError, NotServing) as error:
        return _complain(error, WRONG)
    print(report, file=sys.stderr)
    return 0


# text


def _text(given: argparse.Namespace) -> int:
    from voice_server.text import show

    text = sys.stdin.buffer.read().decode("utf-8", "replace") if given.text == "-" else given.text
    print(show(text, given.language, given.markup, as_json=given.json).encode("utf-8", "replace").decode())
    return 0


# doctor


def _doctor(given: argparse.Namespace) -> int:
    from voice_server.config import Settings
    from voice_server.doctor import examine, serves, table

    options = chosen_options(given)
    findings = asyncio.run(examine(given.engine or Settings().engine, given.port, options))
    print(table(findings))
    return 0 if serves(findings) else WRONG


# What may be given


def build_parser() -> argparse.ArgumentParser:
    """Return what reads all commands and their options."""
    parser = argparse.ArgumentParser("voice-server", description="Real-time text-to-speech: a server, and a voice.")
    parser.add_argument("--version", action="version", version=f"voice-server {version('voice-server')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    add_serve(commands)
    _add_say(commands)
    _add_text(commands)
    add_voices(commands)
    _add_doctor(commands)
    add_bench(commands)
    add_keys(commands)
    add_model(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_say(commands: Commands) -> None:
    description = "Speak a text, or what comes on stdin while it comes."
    say = commands.add_parser("say", help="speak a text, or what comes on stdin", description=description)
    say.add_argument("text", help="what to say; - reads stdin piece by piece")
    say.add_argument("-o", "--output", metavar="FILE", help="WAV file to write, - for stdout (the machine's player)")
    say.add_argument("--voice", help="see: voice-server voices")
    say.add_argument("--language", metavar="TAG", help="of the text, as en-us or hi; picks a voice where none is given")
    say.add_argument("--speed", type=float, metavar="X", help="0.25 to 4 (1)")
    say.add_argument("--pitch", type=float, metavar="X", help="0.5 to 2 (1)")
    say.add_argument("--volume", type=float, metavar="X", help="0 to 2 (1)")
    say.add_argument("--seed", type=int, metavar="N", help="for engines that draw random numbers")
    say.add_argument("--sample-rate", type=int, metavar="HZ", help="8000 to 48000 (48000)")
    say.add_argument("--format", metavar="NAME", help="pcm_s16le, pcm_f32le, mulaw or alaw (pcm_s16le)")
    add_url(say)
    add_engine(say)
    add_api_key(say)
    say.set_defaults(run=_say)


def _add_text(commands: Commands) -> None:
    description = "Show what becomes of a text before an engine gets it: markup, pieces, and the words that are said."
    text = commands.add_parser("text", help="show how a text is read", description=description)
    text.add_argument("text", help="what to read; - reads stdin to its end")
    text.add_argument("--language", default="en", metavar="TAG", help="of the text, as en-us or hi (en)")
    help_ = "on: Markdown, HTML and tags are understood; literal: unknown tags are read; off: all is (on)"
    text.add_argument("--markup", choices=("on", "literal", "off"), default="on", help=help_)
    text.add_argument("--json", action="store_true", help="for programs")
    text.set_defaults(run=_text)


def _add_doctor(commands: Commands) -> None:
    description = "Look at what serving needs, and say what to do about what is missing."
    doctor = commands.add_parser("doctor", help="see whether all is there", description=description)
    doctor.add_argument("--port", type=int, default=8000, help="port to try (8000)")
    add_engine(doctor)
    doctor.set_defaults(run=_doctor)
