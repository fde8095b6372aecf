"""The file of keys: one JSON object a line, hashes only. No reader ever sees half of it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from voice_server.allowance import Quota
from voice_server.errors import InvalidField
from voice_server.fields import validate
from voice_server.keys import ID, Key, Scope, id_of

COMMENT = "#"

_Count = Annotated[int, Field(ge=1)] | None

Signature = tuple[int, int, int]
"""By which it is seen that a file has changed: time of its last change (ns), size in bytes, inode."""


class BadKeyFile(Exception):
    """The file cannot be used; says why, and where in it."""


class _Line(BaseModel):
    """A key, as it stands in the file. A field that is not known is a mistake: it may be one that was to restrict."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=f"^{ID.pattern}$")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    name: Annotated[str, Field(max_length=128)] = ""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)] = ("speak",)
    created_at: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    sessions: _Count = None
    utterances: _Count = None
    chars_per_minute: _Count = None

    def read(self) -> Key:
        expires_at = self.expires_at.timestamp() if self.expires_at is not None else None
        quota = Quota(self.sessions, self.utterances, self.chars_per_minute)
        return Key(self.key, self.name, bytes.fromhex(self.sha256), frozenset(self.scopes), expires_at, quota)


class KeyFile:
    """The keys of a file, as it is now: a KeyRing. A file that becomes unusable leaves the keys that there were.

    `complain` is told once why it is unusable. Raises BadKeyFile where it is so from the beginning.
    """

    def __init__(self, path: Path, complain: Callable[[str], None]) -> None:
        self._path = path
        self._complain = complain
        self._seen = _signature(path)
        self._keys = _by_id(read(path))

    def find(self, secret: str) -> Key | None:
        """Return the key that opens with this secret."""
        key = self._keys.get(id_of(secret) or "")
        return key if key is not None and key.opens_with(secret) else None

    def get(self, key_id: str) -> Key | None:
        """Return the key with this id."""
        return self._keys.get(key_id)

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        signature = _signature(self._path)
        if signature == self._seen:
            return
        self._seen = signature
        try:
            self._keys = _by_id(read(self._path))
        except BadKeyFile as error:
            self._complain(f"{error}; the keys that there were still hold")


def read(path: Path) -> list[Key]:
    """Return the keys of a file, in its order. Raises BadKeyFile."""
    return [key for _, key in _parse(_text(path), path) if key is not None]


def add(path: Path, key: Key, created_at: datetime) -> None:
    """Write a key under all others, into a new file if there is none. Raises BadKeyFile, OSError."""

    def added() -> list[str]:
        lines = [line for line, _ in _parse(_text(path), path)] if path.exists() else []
        return [*lines, _line(key, created_at)]

    _rewrite(path, added)


def remove(path: Path, ids: Iterable[str]) -> list[Key]:
    """Take keys out of a file, and return them. Raises BadKeyFile, OSError."""
    unwanted = set(ids)
    gone: list[Key] = []

    def kept() -> list[str]:
        lines = _parse(_text(path), path)
        gone.extend(key for _, key in lines if key is not None and key.id in unwanted)
        return [line for line, key in lines if key not in gone]

    _rewrite(path, kept)
    return gone


def _by_id(keys: Iterable[Key]) -> Mapping[str, Key]:
    return {key.id: key for key in keys}


def _signature(path: Path) -> Signature | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        message = f"{path}: there is no such file: make it with voice-server keys create --file {path} --name NAME"
        raise BadKeyFile(message) from None
    except UnicodeDecodeError:
        raise BadKeyFile(f"{path}: it is not UTF-8") from None
    except OSError as error:
        raise BadKeyFile(f"{path}: {error.strerror}") from None


def _parse(text: str, path: Path) -> list[tuple[str, Key | None]]:
    """Return the lines and what they hold: a key, or nothing where they are empty or a comment."""
    found: list[tuple[str, Key | None]] = []
    where: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(COMMENT):
            found.append((line, None))
            continue
        key = _key(line, f"{path}, line {number}")
        if key.id in where:
            raise BadKeyFile(f"{path}, line {number}: key {key.id} is on line {where[key.id]} already: remove one")
        where[key.id] = number
        found.append((line, key))
    return found


def _key(line: str, place: str) -> Key:
    try:
        given = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadKeyFile(f"{place}: it is not JSON: {error.msg}, column {error.colno}") from None
    except RecursionError:
        raise BadKeyFile(f"{place}: it is not a JSON object") from None
    if not isinstance(given, dict):
        raise BadKeyFile(f"{place}: it is not a JSON object")
    try:
        return validate(_Line, given).read()
    except InvalidField as error:
        raise BadKeyFile(f"{place}: {error}") from None


def _line(key: Key, created_at: datetime) -> str:
    expires_at = None if key.expires_at is None else datetime.fromtimestamp(key.expires_at, UTC)
    given = {
        "key": key.id,
        "sha256": key.digest.hex(),
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": created_at,
        "expires_at": expires_at,
        **asdict(key.quota),
    }
    try:
        return validate(_Line, given).model_dump_json(exclude_none=True)
    except InvalidField as error:
        raise BadKeyFile(str(error)) from None


def _rewrite(path: Path, lines: Callable[[], Iterable[str]]) -> None:
    """Put a file with these lines in the place of the old one. They are asked for when nobody else can write."""
    path = path.resolve()
    new = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        raise BadKeyFile(f"{new}: somebody else is writing {path.name}; if nobody is, remove this file") from None
    with ExitStack() as undo:
        undo.callback(new.unlink, missing_ok=True)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            _keep_owner(path, file.fileno())
            file.writelines(f"{line}\n" for line in lines())
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        undo.pop_all()  # whoever comes next may have one of the same name already


def _keep_owner(path: Path, descriptor: int) -> None:
    """Leave the file to whom it belonged: root writes for a server that runs as someone else."""
    with suppress(FileNotFoundError, PermissionError):
        before = path.stat()
        os.fchown(descriptor, before.st_uid, before.st_gid)
