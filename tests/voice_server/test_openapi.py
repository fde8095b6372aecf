"""What is told of the HTTP interface is what is served: no more, no less, and as it is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from engine.process import EngineProcess
from tests.voice_server.asking import asking
from voice_server.app import create_app
from voice_server.config import Settings
from voice_server.dialects import DOORS
from voice_server.doors import ListDoor, SpeechDoor
from voice_server.errors import InvalidField
from voice_server.openapi import description
from voice_server.operations import shape

HTTP_DOORS = [door for door in DOORS if isinstance(door, SpeechDoor | ListDoor)]

OPERATIONS = [
    (path, method, operation)
    for path, methods in description(keys=True)["paths"].items()
    for method, operation in methods.items()
]


def routes() -> Iterator[tuple[str, str]]:
    for route in create_app(Settings(engine="tone"), EngineProcess("tone", {})).routes:
        if isinstance(route, Route) and route.include_in_schema:
            yield from ((route.path, method.lower()) for method in route.methods or () if method != "HEAD")


def test_every_route_is_described_and_nothing_else_is() -> None:
    assert sorted(set(routes())) == sorted((path, method) for path, method, _ in OPERATIONS)


@pytest.mark.parametrize("door", HTTP_DOORS, ids=lambda door: door.path)
def test_every_field_that_is_read_is_described(door: SpeechDoor[Any] | ListDoor[Any]) -> None:
    methods = description(keys=False)["paths"][door.path]
    for method in getattr(door, "methods", ("GET",)):
        operation = methods[method.lower()]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        told = {parameter["name"] for parameter in operation["parameters"]} | set(body.get("properties", ()))
        assert told == set(door.form.model.model_fields)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_whatever_an_operation_refers_to_is_there(path: str, method: str, operation: dict[str, Any]) -> None:
    found = json.dumps(operation).split('"$ref": "#/components/schemas/')[1:]
    schemas = description(keys=True)["components"]["schemas"]
    assert {name.partition('"')[0] for name in found} <= set(schemas)
    assert "$defs" not in json.dumps(operation)


@pytest.mark.parametrize("path", ["/v1/voices", "/v1/models"])
def test_a_path_that_vendors_share_tells_all_of_their_answers(path: str) -> None:
    doors = [door for door in DOORS if isinstance(door, ListDoor) and door.path == path]
    operation = description(keys=False)["paths"][path]["get"]
    assert len(operation["tags"]) == len(doors) > 1
    assert len(operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]) == len(doors)


def test_keys_are_asked_for_where_they_are_needed(guarded: str, served: str) -> None:
    for url, keys in ((guarded, True), (served, False)):
        with asking(url, "/openapi.json") as response:
            told = json.load(response)
        assert told == json.loads(json.dumps(description(keys=keys)))
        assert bool(told["security"]) == keys
        assert {} not in told["security"]


def test_nobody_is_answered_without_a_key_where_the_document_asks_for_one(guarded: str) -> None:
    for path, method, operation in OPERATIONS:
        for headers in ({}, {"Authorization": "Bearer guess"}):
            connection = HTTPConnection(urlsplit(guarded).netloc, timeout=30)
            connection.request(method.upper(), path.format(voice_id="en"), "{}", headers)
            status = connection.getresponse().status
            connection.close()
            assert (status == 200) if operation.get("security") == [] else (status == 401), (method, path)


def test_a_body_goes_over_a_query_and_a_path_over_both() -> None:
    (spoken,) = (door for door in HTTP_DOORS if door.path == "/v1/tts")
    asked = spoken.form.read({}, {"text": "a", "seed": "1", "speed": "2"}, {"text": "b", "seed": 2})
    assert (asked.text, asked.seed, asked.speed) == ("b", 2, 2.0)
    (named,) = (door for door in HTTP_DOORS if door.path == "/v1/text-to-speech/{voice_id}")
    asked = named.form.read({"voice_id": "tone"}, {"voice_id": "nobody"}, {"text": "a", "voice_id": "nobody"})
    assert asked.voice_id == "tone"


def test_a_field_is_read_only_where_it_may_be() -> None:
    door = next(door for door in HTTP_DOORS if door.path == "/v1/speak")
    assert door.form.read({}, {"speed": "2"}, {"text": "a", "speed": "much"}).speed == 2.0
    with pytest.raises(InvalidField, match="text"):
        door.form.read({}, {"text": "a"}, {})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def conforms(value: Any, schema: dict[str, Any]) -> bool:  # noqa: ANN401 - as JSON is
    kinds = {"null": type(None), "boolean": bool, "integer": int, "number": float, "string": str, "array": list}
    told = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if isinstance(value, dict):
        fields = schema["properties"]
        return (
            "object" in told
            and set(schema["required"]) <= set(value) <= set(fields)
            and all(conforms(each, fields[name]) for name, each in value.items())
        )
    if isinstance(value, list):
        return "array" in told and all(conforms(each, schema["items"]) for each in value)
    return any(type(value) is kinds.get(kind) for kind in told) or (type(value) is int and "number" in told)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_example_has_the_shape_that_is_told_from_it(examples: list[Any]) -> None:
    told = shape(examples)
    assert all(conforms(each, told) for each in examples)


def test_a_shape_is_no_wider_than_its_examples() -> None:
    told = shape([{"a": 1, "b": None}, {"a": 2.5, "b": "x", "c": [True]}])
    assert told == {
        "type": "object",
        "properties": {
            "a": {"type": "number"},
            "b": {"type": ["null", "string"]},
            "c": {"type": "array", "items": {"type": "boolean"}},
        },
        "required": ["a", "b"],
    }
