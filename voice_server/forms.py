"""What a request is read into: one model, of which the path, the query and the body each may hold a part.

A form reads requests and tells what it reads, so that what is described is what is done. See `voice_server.openapi`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from voice_server.fields import from_query, validate

M = TypeVar("M", bound=BaseModel)

Schema = dict[str, Any]
"""A JSON Schema."""

DEFINED = "#/components/schemas/"
"""Where schemas are that others refer to."""


@dataclass(frozen=True, slots=True)
class Form(Generic[M]):
    """Which fields of `model` a query may hold, and which a JSON body. A body goes over a query, a path over both."""

    model: type[M]
    query: Collection[str] = ()
    body: Collection[str] = ()

    def read(self, path: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, Any]) -> M:
        """Return what is asked; `body` is without nulls. Raises InvalidField."""
        given = from_query(self.model, {name: query[name] for name in self.query if name in query})
        given |= {name: body[name] for name in self.body if name in body}
        return validate(self.model, given | dict(path))

    @property
    def is_read(self) -> bool:
        """Whether there is anything to get wrong."""
        return bool(self.model.model_fields)


class Nothing(BaseModel):
    """What is asked where there is nothing to choose."""

    model_config = ConfigDict(extra="ignore")


NOTHING = Form(Nothing)


def in_query(model: type[M]) -> Form[M]:
    """Return the form of what is asked by an address alone."""
    return Form(model, query=tuple(model.model_fields))


def in_body(model: type[M]) -> Form[M]:
    """Return the form of what is asked by a body."""
    return Form(model, body=tuple(model.model_fields))


def in_either(model: type[M]) -> Form[M]:
    """Return the form of what is asked by an address, by a body, or by both."""
    return Form(model, tuple(model.model_fields), tuple(model.model_fields))


def fields_of(model: type[BaseModel], names: Collection[str]) -> Schema:
    """Return the schema of some of a model's fields; what it refers to is in its `$defs`."""
    schema = model.model_json_schema(ref_template=f"{DEFINED}{{model}}")
    properties = {name: told for name, told in schema.get("properties", {}).items() if name in names}
    required = [name for name in schema.get("required", ()) if name in names]
    return schema | {"properties": properties, "required": required}


def or_null(schema: Schema) -> Schema:
    """Return the schema of an object whose optional fields may be null as well: then they count as left out."""
    required = schema["required"]
    fields = {name: told if name in required else _nullable(told) for name, told in schema["properties"].items()}
    return schema | {"properties": fields}


def _nullable(schema: Schema) -> Schema:
    options = schema.get("anyOf", [schema])
    return schema if {"type": "null"} in options else {"anyOf": [*options, {"type": "null"}]}


def not_null(schema: Schema) -> Schema:
    """Return a field's schema without null, which a query cannot hold."""
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {name: told for name, told in schema.items() if name not in ("anyOf", "default")}
    return schema if not options else rest | (options[0] if len(options) == 1 else {"anyOf": options})
