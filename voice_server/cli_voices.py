"""`voice-server voices`: lists them; `add` and `remove`: voices of one's own, on a running server."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from voice_server.cli_engine import add_engine, engine_options
from voice_server.cli_server import add_api_key, add_url, api_key
from voice_server.misuse import Misuse

HERE = "http://127.0.0.1:8000"

MOST_BYTES = 16 << 20
"""What a server takes: more is not read."""


def add_voices(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    description = "List the voices; or add and remove those of a server, see docs/voices.md."
    voices = commands.add_parser("voices", help="list, add and remove voices", description=description)
    voices.add_argument("--language", metavar="TAG", help="only those that speak it, as hi or en-us")
    add_url(voices)
    add_engine(voices)
    add_api_key(voices)
    voices.set_defaults(run=_list)
    _add_actions(voices)


def _add_actions(voices: argparse.ArgumentParser) -> None:
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
    add.set_defaults(run=_add)
    remove = actions.add_parser("remove", help="remove a voice", description="Remove a voice that was learnt.")
    remove.add_argument("name", help="as voice-server voices lists it")
    _add_server(remove)
    remove.set_defaults(run=_remove)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default=argparse.SUPPRESS, help=f"the running server ({HERE})")
    help_ = "a key with the scope voices ($VOICE_SERVER_API_KEY)"
    parser.add_argument("--api-key", default=argparse.SUPPRESS, metavar="KEY", help=help_)


def _list(given: argparse.Namespace) -> int:
    from voice_server.client import TTSError
    from voice_server.config import Settings
    from voice_server.voices import EngineError, ask, fetch, speaking, table

    try:
        if given.url:
            voices = fetch(given.url, api_key(given))
        else:
            voices = asyncio.run(ask(given.engine or Settings().engine, engine_options(given)))
    except (TTSError, EngineError) as error:
        return _refused(error)
    chosen = speaking(voices, given.language) if given.language else voices
    if not chosen:
        raise Misuse(f"no voice speaks {given.language!r}: voice-server voices lists all")
    print(table(chosen))
    return 0


def _add(given: argparse.Namespace) -> int:
    from voice_server.client import TTSError
    from voice_server.voices import add

    asked = {"name": given.name, "language": given.language}
    if given.gender:
        asked["gender"] = given.gender
    url = given.url or HERE
    try:
        add(url, api_key(given), asked, _read(given.clip))
    except TTSError as error:
        return _refused(error)
    print(f"{given.name} speaks now: voice-server say --url {url} --voice {given.name} 'Hello.'", file=sys.stderr)
    return 0


def _remove(given: argparse.Namespace) -> int:
    from voice_server.client import TTSError
    from voice_server.voices import remove

    try:
        remove(given.url or HERE, api_key(given), given.name)
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
