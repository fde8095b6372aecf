"""Fields that clients fill in: read from a query or from JSON, checked, and named when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from voice_server.errors import InvalidField

_Model = TypeVar("_Model", bound=BaseModel)


def validate(model: type[_Model], given: Mapping[str, Any]) -> _Model:
    """Make a model of what was given. Raises InvalidField, naming the first field at fault."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidField(f"{field}: {first['msg']}", field=field) from None


def from_query(model: type[BaseModel], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the model's fields that a query holds, as the values that are written there."""
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in query:
            is_text = field.annotation is str or isinstance(field.default, str)
            given[name] = query[name] if is_text else _value(query[name])
    return given


def _value(written: str) -> float | bool | str:
    if written in ("true", "false"):
        return written == "true"
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written
