"""Which server a command speaks to, and with which key."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from voice_server.cli_engine import engine_arguments


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a running server."""
    parser.add_argument("--url", help="a running server, as http://127.0.0.1:8000 (else one is started for this)")


def add_api_key(parser: argparse.ArgumentParser) -> None:
    """Add the option for the server's key."""
    parser.add_argument("--api-key", metavar="KEY", help="the server's key ($VOICE_SERVER_API_KEY)")


def api_key(given: argparse.Namespace) -> str | None:
    """Return the key that was given, or that of the environment."""
    from voice_server.config import API_KEY_VARIABLE

    key: str | None = given.api_key or os.environ.get(API_KEY_VARIABLE)
    return key


@contextmanager
def server(given: argparse.Namespace) -> Iterator[str]:
    """Give the address of the server that was named, else of one started for this. Raises Misuse, NotServing."""
    from voice_server.private import private_server

    if given.url is not None:
        yield given.url
    else:
        with private_server(engine_arguments(given), watched=sys.stderr.isatty()) as url:
            yield url
