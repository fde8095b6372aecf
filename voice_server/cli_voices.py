"""`voice-server voices add` and `remove`: voices of one's own, on a running server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from voice_server.misuse import Misuse

HERE = "http://127.0.0.1:8000"

MOST_BYTES = 16 << 20
"""What a server takes: more is not read."""

ApiKey = Callable[[argparse.Namespace], str | None]
"""Finds the key of whoever runs a command."""


def add_actions(voices: argparse.ArgumentParser, api_key: ApiKey) -> None:
    """Add the actions to the command. Without any of them it lists voices."""
    actions = voices.add_subparsers(title="actions", metavar="action")
    description = "Have a running server learn a voice from a recording. Ask whoever is heard in it first."
    add = actions.add_parser("add", help="learn a voice from a recording", description=description)
    add.add_argument("name", help="what clients call it: a-z, 0-9, - and _")
    help_ = "2 to 30 s of one person speaking: WAV, FLAC, MP3, Ogg, M4A or WebM"
    add.add_argument("clip", type=Path, metavar="FILE", help=help_)
    add.add_argument("--language", metavar="TAG", help="what it speaks, as hi or en-in (en)", default="en")
    add.add_argument("--gender", choices=("female", "male"), help="for lists")
    _add_server(add)
    add.set_defaults(run=lambda given: _add(given, api_key(given)))
    remove = actions.add_parser("remove", help="remove a voice", description="Remove a voice that was learnt.")
    remove.add_argument("name", help="as voice-server voices lists it")
    _add_server(remove)
    remove.set_defaults(run=lambda given: _remove(given, api_key(given)))


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default=argparse.SUPPRESS, help=f"the running server ({HERE})")
    help_ = "a key with the scope voices ($VOICE_SERVER_API_KEY)"
    parser.add_argument("--api-key", default=argparse.SUPPRESS, metavar="KEY", help=help_)


def _add(given: argparse.Namespace, api_key: str | None) -> int:
    from voice_server.client import TTSError
    from voice_server.voices import add

    asked = {"name": given.name, "language": given.language}
    if given.gender:
        asked["gender"] = given.gender
    try:
        add(given.url or HERE, api_key, asked, _read(given.clip))
    except TTSError as error:
        return _refused(error)
    print(f"{given.name} speaks now: voice-server say --voice {given.name} 'Hello.'", file=sys.stderr)
    return 0


def _remove(given: argparse.Namespace, api_key: str | None) -> int:
    from voice_server.client import TTSError
    from voice_server.voices import remove

    try:
        remove(given.url or HERE, api_key, given.name)
    except TTSError as error:
        return _refused(error)
    print(f"removed {given.name}", file=sys.stderr)
    return 0


def _refused(error: object) -> int:
    print(f"voice-server: {error}", file=sys.stderr)
    return 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            clip = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from None
    if len(clip) > MOST_BYTES:
        raise Misuse(f"{path} is larger than {MOST_BYTES >> 20} MiB: half a minute of speech is enough")
    return clip
