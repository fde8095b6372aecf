"""Tables that people write by hand, read strictly by pydantic; what is wrong is told in a line, with its place."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError

STRICT = ConfigDict(strict=True, extra="forbid")

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A text on one line."""

_Kind = TypeVar("_Kind")


class TableError(ValueError):
    """A table cannot be used; names the place, the field, and what is wrong with it."""


def read(kind: TypeAdapter[_Kind], values: object, place: str) -> _Kind:
    """Return what a parsed table holds. Raises TableError; `place` begins it."""
    try:
        return kind.validate_json(json.dumps(values, default=str))  # where lists are tuples too, however strict
    except ValidationError as error:
        raise TableError(f"{place}: {_told(error)}") from None


def _told(error: ValidationError) -> str:
    """Return the first problem: the field's name, what it should be, and what it is."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"there is no field {where!r}: is it misspelt?"
    if first["type"] in ("missing", "missing_argument"):
        return f"{where} is missing"
    shown = repr(first["input"])
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return f"{where or 'it'}: {first['msg'].removeprefix('Value error, ')}, not {shown}"
