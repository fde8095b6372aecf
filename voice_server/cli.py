"""The command `voice-server`: serve, say, text, voices, doctor, bench, keys.

What each needs is imported when it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from voice_server.cli_keys import add_keys
from voice_server.cli_model import add_model
from voice_server.cli_spark import add_spark, chosen_options, spark_options
from voice_server.cli_voices import add_actions
from voice_server.keys import KEYS_VARIABLE
from voice_server.misuse import Misuse

if TYPE_CHECKING:
    from voice_server.config import Settings

WRONG = 1
"""Exit status where something went wrong."""

MISUSED = 2
"""Exit status where what was asked for cannot be: argparse's own."""

INTERRUPTED = 130

ENGINES = "voice_server.engines"
"""The group of entry points that engines are installed under."""

_SETTINGS = {
    "host": "host",
    "port": "port",
    "engine": "engine",
    "allow_origin": "allowed_origins",
    "max_sessions": "max_sessions",
    "lexicon": "lexicon",
    "voice_map": "voice_map",
    "tls_cert": "tls_cert",
    "tls_key": "tls_key",
    "tls_self_signed": "tls_self_signed",
    "log_format": "log_format",
    "log_level": "log_level",
    "max_utterances": "max_utterances",
    "max_chars_per_minute": "max_chars_per_minute",
    "max_load": "max_load",
    "idle_timeout": "idle_timeout_s",
    "ping": "ping_s",
    "drain": "drain_s",
}
_OPTIONS = ("voice", "language", "speed", "pitch", "volume", "seed", "sample_rate", "format")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. What a user can mend is told in one line."""
    given = _parser().parse_args(arguments)
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


# serve


def _serve(given: argparse.Namespace) -> int:
    _check_engine(given.engine)
    settings = _settings(given)
    from voice_server.server import BadCertificateError, BadKeyFile, EngineError, serve

    try:
        serve(settings)
    except BadCertificateError as error:
        raise Misuse(str(error)) from None
    except OSError as error:
        raise OSError(_why_not_bound(error, settings)) from None
    except BadKeyFile as error:
        raise Misuse(f"--keys: {error}") from None
    except EngineError as error:
        return _complain(error, 1)
    return 0


def _check_engine(name: str | None) -> None:
    installed = sorted(entry_points(group=ENGINES).names)
    if name is not None and name not in installed:
        raise Misuse(f"--engine: there is no {name!r}; installed are {', '.join(installed)}")


def _settings(given: argparse.Namespace) -> Settings:
    from pydantic import ValidationError

    from voice_server.config import Settings

    chosen: dict[str, Any] = {field: getattr(given, name) for name, field in _SETTINGS.items()}
    chosen["engine_options"] = spark_options(given) or None
    chosen["api_key"] = _api_key(given)
    chosen["keys_file"] = (os.environ.get(KEYS_VARIABLE) if given.keys is None else given.keys) or None
    try:
        return Settings(**{field: value for field, value in chosen.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        field = "".join(f"--{part}: ".replace("_", "-") for part in first["loc"])
        raise Misuse(field + first["msg"].removeprefix("Value error, ")) from None


def _why_not_bound(error: OSError, settings: Settings) -> str:
    where = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken: end what listens there, or choose another with --port"
    if error.errno == errno.EACCES:
        return f"{where} is for root only: choose one above 1023 with --port"
    return f"cannot listen on {where}: {error.strerror or error}"


# say


def _say(given: argparse.Namespace) -> int:
    from voice_server.client import Options, TTSError
    from voice_server.private import NotServing, end_by
    from voice_server.say import Saying, say
    from voice_server.sinks import check_output

    _check_engine(given.engine)
    check_output(given.output)
    chosen = {name: getattr(given, name) for name in _OPTIONS if getattr(given, name) is not None}
    saying = Saying(given.text, given.output, Options(**chosen), _api_key(given))  # type: ignore[typeddict-item]
    end_by(signal.SIGTERM, signal.SIGHUP)
    try:
        with _server(given) as url:
            report = asyncio.run(say(url, saying))
    except (TTSError, NotServing) as error:
        return _complain(error, WRONG)
    print(report, file=sys.stderr)
    return 0


@contextmanager
def _server(given: argparse.Namespace) -> Iterator[str]:
    """Give the address of the server that was named, else of one started for this."""
    from voice_server.private import private_server

    if given.url is not None:
        yield given.url
    else:
        with private_server(["--engine", given.engine] if given.engine else []) as url:
            yield url


# text


def _text(given: argparse.Namespace) -> int:
    from voice_server.text import show

    text = sys.stdin.buffer.read().decode("utf-8", "replace") if given.text == "-" else given.text
    print(show(text, given.language, given.markup, as_json=given.json).encode("utf-8", "replace").decode())
    return 0


# voices and doctor


def _voices(given: argparse.Namespace) -> int:
    from voice_server.client import TTSError
    from voice_server.voices import EngineError, ask, fetch, speaking, table

    _check_engine(given.engine)
    try:
        voices = fetch(given.url, _api_key(given)) if given.url else asyncio.run(ask(given.engine or _engine()))
    except (TTSError, EngineError) as error:
        return _complain(error, WRONG)
    chosen = speaking(voices, given.language) if given.language else voices
    if not chosen:
        raise Misuse(f"no voice speaks {given.language!r}: voice-server voices lists all")
    print(table(chosen))
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from voice_server.doctor import examine, serves, table

    _check_engine(given.engine)
    findings = asyncio.run(examine(given.engine or _engine(), given.port, chosen_options(given)))
    print(table(findings))
    return 0 if serves(findings) else WRONG


# bench


def _bench(given: argparse.Namespace) -> int:
    from voice_server.bench.standard import SCENARIOS, GeneratorFailed, NoPlace, Outputs, Wishes, bench
    from voice_server.private import NotServing, end_by

    names = [*given.scenarios, *([given.protocol] if given.protocol else [])]
    if unknown := set(names) - set(SCENARIOS):
        raise Misuse(f"there is no scenario {min(unknown)!r}; there are {', '.join(SCENARIOS)}")
    wished = {field.name: getattr(given, field.name) for field in fields(Wishes)}
    wishes = Wishes(**{**wished, "api_key": _api_key(given)})
    end_by(signal.SIGTERM)
    try:
        bench(names, wishes, Outputs(given.json, given.plot, given.table, given.readme))
    except (NotServing, GeneratorFailed, NoPlace) as error:
        return _complain(error, WRONG)
    return 0


def _engine() -> str:
    """Return the engine of those who name none."""
    from voice_server.config import Settings

    return Settings().engine


def _api_key(given: argparse.Namespace) -> str | None:
    from voice_server.config import API_KEY_VARIABLE

    key: str | None = given.api_key or os.environ.get(API_KEY_VARIABLE)
    return key


# What may be given


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("voice-server", description="Real-time text-to-speech: a server, and a voice.")
    parser.add_argument("--version", action="version", version=f"voice-server {version('voice-server')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    _add_serve(commands)
    _add_say(commands)
    _add_text(commands)
    _add_voices(commands)
    _add_doctor(commands)
    _add_bench(commands)
    add_keys(commands)
    add_model(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_serve(commands: Commands) -> None:
    serve = commands.add_parser("serve", help="serve until Ctrl-C", description="Serve until Ctrl-C.")
    serve.add_argument("--host", help="address to listen on (127.0.0.1: this machine only)")
    serve.add_argument("--port", type=int, help="port to listen on (8000; 0: any that is free)")
    _add_engine(serve)
    add_spark(serve)
    _add_api_key(serve)
    help_ = f"file of keys: see voice-server keys (${KEYS_VARIABLE}); empty: none"
    serve.add_argument("--keys", metavar="FILE", help=help_)
    help_ = "web pages that may use the server, as https://HOST; give it again for more"
    serve.add_argument("--allow-origin", action="append", metavar="ORIGIN", help=help_)
    serve.add_argument("--max-sessions", type=int, metavar="N", help="connections at a time (512)")
    help_ = "file of pronunciations, a line each: words = respelling, or words = /IPA/ (docs/text.md)"
    serve.add_argument("--lexicon", type=Path, metavar="FILE", help=help_)
    help_ = 'file of names that vendors\' clients call voices by, as JSON: {"alloy": "en-us"} (docs/clients.md)'
    serve.add_argument("--voice-map", type=Path, metavar="FILE", help=help_)
    serve.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="certificate to serve HTTPS with, and its chain; PEM"
    )
    serve.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key; PEM. SIGHUP reads both again")
    help_ = "for trying TLS: makes a certificate there, and ca.pem for clients to trust (docs/clients.md)"
    serve.add_argument("--tls-self-signed", type=Path, metavar="FOLDER", help=help_)
    help_ = "json, pretty, or auto: pretty on a terminal, else json (auto)"
    serve.add_argument("--log-format", metavar="FORMAT", help=help_)
    serve.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error (info)")
    serve.add_argument("--max-utterances", type=int, metavar="N", help="utterances at a time (4096)")
    serve.add_argument("--max-chars-per-minute", type=int, metavar="N", help="characters of text (as many as come)")
    help_ = "share of its time that may be spoken for before new sessions are refused; above 1: never (0.85)"
    serve.add_argument("--max-load", type=float, metavar="X", help=help_)
    help_ = "close a socket that is not used for so long (never)"
    serve.add_argument("--idle-timeout", type=float, metavar="SECONDS", help=help_)
    help_ = "ask sockets so often whether their client is there, and give it so long to answer (20)"
    serve.add_argument("--ping", type=float, metavar="SECONDS", help=help_)
    help_ = "how long what has begun may go on when the server is asked to stop (30)"
    serve.add_argument("--drain", type=float, metavar="SECONDS", help=help_)
    serve.set_defaults(run=_serve)


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
    _add_url(say)
    _add_engine(say)
    _add_api_key(say)
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


def _add_voices(commands: Commands) -> None:
    description = "List the voices; or add and remove those of a server, see docs/voices.md."
    voices = commands.add_parser("voices", help="list, add and remove voices", description=description)
    voices.add_argument("--language", metavar="TAG", help="only those that speak it, as hi or en-us")
    _add_url(voices)
    _add_engine(voices)
    _add_api_key(voices)
    voices.set_defaults(run=_voices)
    add_actions(voices, _api_key)


def _add_doctor(commands: Commands) -> None:
    description = "Look at what serving needs, and say what to do about what is missing."
    doctor = commands.add_parser("doctor", help="see whether all is there", description=description)
    doctor.add_argument("--port", type=int, default=8000, help="port to try (8000)")
    _add_engine(doctor)
    add_spark(doctor)
    doctor.set_defaults(run=_doctor)


def _add_bench(commands: Commands) -> None:
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
    _add_url(bench)
    _add_api_key(bench)
    bench.set_defaults(run=_bench)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="a running server, as http://127.0.0.1:8000 (else one is started for this)")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", metavar="NAME", help="espeak, spark or tone, or another that is installed (espeak)")


def _add_api_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api-key", metavar="KEY", help="the server's key ($VOICE_SERVER_API_KEY)")
