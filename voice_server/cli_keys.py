"""`voice-server keys`: make, list and revoke the keys of a file."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

from voice_server.allowance import Quota
from voice_server.keys import KEYS_VARIABLE, Key, Scope, digest, id_of, mint
from voice_server.misuse import Misuse

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_keys(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    description = "Make, list and revoke API keys: see docs/keys.md. A running server takes it in within a second."
    keys = commands.add_parser("keys", help="make, list and revoke API keys", description=description)
    actions = keys.add_subparsers(title="actions", required=True, metavar="action")
    _add_create(actions)
    list_ = actions.add_parser("list", help="list the keys", description="List the keys; their secrets nobody has.")
    _add_file(list_)
    list_.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="revoke keys", description="Revoke keys: whoever speaks is cut off.")
    revoke.add_argument("keys", nargs="+", metavar="key", help="its id, as voice-server keys list has it")
    _add_file(revoke)
    revoke.set_defaults(run=_revoke)


def _add_create(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    description = "Make a key: it is printed on stdout, this once, and the file gets no more than its hash."
    create = actions.add_parser("create", help="make a key", description=description)
    create.add_argument("--name", required=True, help="whose it is, or what for")
    help_ = "speak, metrics, voices or admin; give it again for more (speak)"
    create.add_argument("--scope", action="append", choices=get_args(Scope), help=help_)
    create.add_argument("--expires", type=_duration, metavar="TIME", help="from now, as 12h, 30d or 8w (never)")
    create.add_argument("--sessions", type=_count, metavar="N", help="at a time (as many as the server allows)")
    create.add_argument("--utterances", type=_count, metavar="N", help="at a time (as many as the server allows)")
    create.add_argument("--chars-per-minute", type=_count, metavar="N", help="of text (as many as the server allows)")
    _add_file(create)
    create.set_defaults(run=_create)


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help=f"the server's --keys (${KEYS_VARIABLE})")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([mhdw])", text)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it as 90m, 12h, 30d or 8w")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("must be a number, at least 1")
    return int(text)


def _create(given: argparse.Namespace) -> int:
    from voice_server.key_file import BadKeyFile, add

    secret, now = mint(), datetime.now(UTC).replace(microsecond=0)
    expires_at = None if given.expires is None else (now + given.expires).timestamp()
    quota = Quota(given.sessions, given.utterances, given.chars_per_minute)
    scopes = frozenset(given.scope or ["speak"])
    key = Key(id_of(secret) or "", given.name, digest(secret), scopes, expires_at, quota)
    path = _path(given)
    try:
        add(path, key, now)
    except BadKeyFile as error:
        raise Misuse(error) from None
    print(f"{key.id} is in {path}. The key, which is not shown again:", file=sys.stderr, flush=True)
    print(secret)
    return 0


def _list(given: argparse.Namespace) -> int:
    from voice_server.key_file import BadKeyFile, read

    try:
        print(table(read(_path(given)), time.time()))
    except BadKeyFile as error:
        raise Misuse(error) from None
    return 0


def _revoke(given: argparse.Namespace) -> int:
    from voice_server.key_file import BadKeyFile, read, remove

    path = _path(given)
    ids = [id_of(key) or key for key in given.keys]  # whoever has but the whole key may give that
    try:
        if unknown := set(ids) - {key.id for key in read(path)}:
            raise Misuse(f"{path} has no key {min(unknown)}: voice-server keys list shows which it has")
        gone = remove(path, ids)
    except BadKeyFile as error:
        raise Misuse(error) from None
    for key in gone:
        print(f"revoked {key.id} ({key.name})", file=sys.stderr)
    return 0


def _path(given: argparse.Namespace) -> Path:
    named = given.file or os.environ.get(KEYS_VARIABLE)
    if not named:
        raise Misuse(f"name the file of keys: --file FILE, or ${KEYS_VARIABLE}")
    return Path(named)


def table(keys: Sequence[Key], now: float) -> str:
    """Return id, scopes, end, limits and name of keys, a line each. `now` is in Unix seconds."""
    rows = [("KEY", "SCOPES", "EXPIRES", "LIMITS", "NAME"), *(_row(key, now) for key in keys)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join([*(f"{row[at]:{widths[at]}}" for at in range(4)), row[4]]) for row in rows)


def _row(key: Key, now: float) -> tuple[str, str, str, str, str]:
    expires = "never"
    if key.expires_at is not None:
        expires = datetime.fromtimestamp(key.expires_at, UTC).strftime("%Y-%m-%d %H:%M")
        expires = f"{expires} (over)" if key.expired(now) else expires
    quota = key.quota
    named = {"sessions": quota.sessions, "utterances": quota.utterances, "chars/min": quota.chars_per_minute}
    limits = ", ".join(f"{num} {name}" for name, num in named.items() if num is not None)
    return key.id, ",".join(sorted(key.scopes)), expires, limits or "the server's", key.name
