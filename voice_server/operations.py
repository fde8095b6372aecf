"""What can be asked of a path, as OpenAPI writes it: parameters, a body, answers and refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voice_server.doors import Refuse
from voice_server.errors import (
    Busy,
    EngineFailed,
    ForbiddenOrigin,
    InvalidField,
    MessageTooLarge,
    MissingScope,
    RateLimited,
    TooSlow,
    Unauthorized,
    VoiceServerError,
)
from voice_server.forms import Form, fields_of, not_null, or_null

Operation = dict[str, Any]
"""An Operation Object; what its schemas refer to is in their `$defs`."""

BYTES = {"type": "string", "format": "binary"}

JSON = "application/json"

EVENTS = "text/event-stream"
"""Of which OpenAPI 3.1 cannot tell what each holds."""

KEPT_OUT = (Unauthorized, ForbiddenOrigin, MissingScope)

TOO_LONG = "Address and headers are too long: what is long goes into the body of a POST"

WRONG = (InvalidField,)

HARD = (TooSlow, MessageTooLarge, RateLimited, EngineFailed, Busy)
"""What else may keep a text from being spoken."""

_WHY = {
    400: "A field is wrong: the body names it",
    401: "An API key is needed",
    403: "The key is not good for this, or web pages of this origin are not let in",
    408: "The body did not come to its end in time",
    413: "The body is too large",
    429: "A limit of this key is used up: Retry-After tells when to come again",
    500: "The server, or its engine, failed: send it again",
    501: "The engine that runs here learns no voices",
    503: "The server is full or not ready: Retry-After tells when to come again",
}


def asked(method: str, path: str, form: Form[Any]) -> Operation:
    """Return what is asked with a form: its parameters and, of a POST, its body."""
    inside = path_names(path)
    operation: Operation = {"parameters": [_parameter(name, "path", True, {"type": "string"}) for name in inside]}
    if method == "GET" or not set(form.query) <= set(form.body):
        operation["parameters"] += _query(form)
    if form.body and method == "POST":
        body = or_null(fields_of(form.model, form.body))
        operation["requestBody"] = {"content": {JSON: {"schema": body}}, "required": bool(body["required"])}
    return operation


def path_names(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return re.findall(r"{(\w+)}", path)


def _query(form: Form[Any]) -> list[Operation]:
    schema = fields_of(form.model, form.query)
    fields = schema["properties"].items()
    return [_parameter(name, "query", name in schema["required"], not_null(field)) for name, field in fields]


def _parameter(name: str, where: str, required: bool, schema: Mapping[str, Any]) -> Operation:
    return {"name": name, "in": where, "required": required, "schema": schema}


def answer(why: str, media_types: Iterable[str], examples: Sequence[Any] = ()) -> Operation:
    """Return an answer: where its body is JSON, as the examples of it are; else bytes, or text."""
    return {"description": why, "content": {each: {"schema": _content(each, examples)} for each in sorted(media_types)}}


def _content(media_type: str, examples: Sequence[Any]) -> Mapping[str, Any]:
    if media_type == JSON:
        return shape(json.loads(json.dumps(examples)))
    if media_type == EVENTS:
        return {}
    return {"type": "string"} if media_type.startswith("text/") else BYTES


def refusals(refuse: Refuse, kinds: Iterable[type[VoiceServerError]]) -> dict[str, Operation]:
    """Return the answers that say no, by their status: told from what a dialect answers to each kind of error."""
    told: dict[int, list[Any]] = {}
    for kind in kinds:
        for field in (None, "text"):
            refusal = refuse(kind("what went wrong, and what to do", field=field))
            told.setdefault(refusal.status, []).append(refusal.body)
    return {str(status): answer(_WHY[status], [JSON], bodies) for status, bodies in sorted(told.items())}


def merged(first: Operation, second: Operation) -> Operation:
    """Return the operation of a path that two share, each answering clients of its own."""
    answers = {status: first["responses"].get(status, told) for status, told in second["responses"].items()}
    for status in first["responses"].keys() & second["responses"].keys():
        answers[status] = _either(first["responses"][status], second["responses"][status])
    tags = [*first["tags"], *second["tags"]]
    return first | {"tags": tags, "responses": first["responses"] | answers}


def _either(first: Operation, second: Operation) -> Operation:
    schemas: list[Any] = []
    for each in (first, second):
        schema = each["content"][JSON]["schema"]
        schemas += [one for one in schema.get("anyOf", [schema]) if one not in schemas]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return first | {"content": {JSON: {"schema": schema}}}


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
