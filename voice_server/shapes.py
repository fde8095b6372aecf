"""The JSON Schema that values have, told from examples of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def shape(examples: Sequence[Any]) -> dict[str, Any]:
    """Return the narrowest schema that examples, values as JSON has them, conform to: {} where there are none.

    Fields that not all objects have are optional.
    """
    kinds = dict.fromkeys(map(_kind, examples))
    if "number" in kinds:
        kinds.pop("integer", None)
    if not kinds:
        return {}
    schema: dict[str, Any] = {"type": next(iter(kinds)) if len(kinds) == 1 else list(kinds)}
    if objects := [each for each in examples if isinstance(each, Mapping)]:
        names = dict.fromkeys(name for each in objects for name in each)
        schema["properties"] = {name: shape([each[name] for each in objects if name in each]) for name in names}
        schema["required"] = [name for name in names if all(name in each for each in objects)]
    if items := [item for each in examples if isinstance(each, list) for item in each]:
        schema["items"] = shape(items)
    return schema


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return kinds.get(type(value), "object")
