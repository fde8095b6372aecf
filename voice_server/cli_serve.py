"""`voice-server serve`."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_server.cli_engine import add_engine, engine_options
from voice_server.cli_server import add_api_key, api_key
from voice_server.keys import KEYS_VARIABLE
from voice_server.misuse import Misuse

if TYPE_CHECKING:
    from voice_server.config import Settings

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


def add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    serve = commands.add_parser("serve", help="serve until Ctrl-C", description="Serve until Ctrl-C.")
    serve.add_argument("--host", help="address to listen on (127.0.0.1: this machine only)")
    serve.add_argument("--port", type=int, help="port to listen on (8000; 0: any that is free)")
    add_engine(serve)
    add_api_key(serve)
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


def _serve(given: argparse.Namespace) -> int:
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
        print(f"voice-server: {error}", file=sys.stderr)
        return 1
    return 0


def _settings(given: argparse.Namespace) -> Settings:
    from pydantic import ValidationError

    from voice_server.config import Settings

    chosen: dict[str, Any] = {field: getattr(given, name) for name, field in _SETTINGS.items()}
    chosen["engine_options"] = engine_options(given) or None
    chosen["api_key"] = api_key(given)
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
