"""The HTTP interface, described for tools that read OpenAPI: from the forms that read requests, and by example."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from engine.types import Voice
from voice_server import operations
from voice_server.adapters.native_http import refuse
from voice_server.dialects import DIALECTS
from voice_server.doors import ListDoor, Speakers, SpeechDoor
from voice_server.enrolment import VOICE_FORM
from voice_server.errors import BadClip, VoicesFixed
from voice_server.exchange import TOKEN_EXAMPLE, TOKEN_FORM
from voice_server.forms import NOTHING, Form
from voice_server.operations import BYTES, HARD, JSON, KEPT_OUT, WRONG, Operation, answer, asked, refusals
from voice_server.reading import TEXT_FORM

SPEAKERS = Speakers(
    "en",
    (Voice("en", "English", "en-us", "female"), Voice("de", "Deutsch", "de")),
    ("f1",),
    frozenset({"laugh"}),
    {"alloy": "en"},
)
"""An example of who may speak: lists of voices are described by what is told of these."""

_KEYS: tuple[dict[str, list[str]], ...] = ({"bearer": []}, {"header": []}, {"elevenlabs": []}, {"query": []})

_OPEN: Operation = {"security": []}

_MADE = "The audio, streamed as it is made. Server-Timing tells what its first byte took"


@cache
def document(*, keys: bool) -> bytes:
    """Return the OpenAPI 3.1 document, as JSON, of a server that wants keys or does not.

    It is always the same, and dear to make: a tenth of a second.
    """
    return json.dumps(description(keys=keys)).encode("ascii")


def description(*, keys: bool) -> dict[str, Any]:
    """Return the same as objects."""
    paths: dict[str, dict[str, Operation]] = {}
    for path, method, operation in [*_doors(), *_pages()]:
        there = paths.setdefault(path, {})
        there[method] = operations.merged(there[method], operation) if method in there else operation
    schemas: dict[str, Any] = {}
    _gather(paths, schemas)
    schemes = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "elevenlabs": {"type": "apiKey", "in": "header", "name": "xi-api-key"},
        "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "voice-server", "version": version("voice-server")},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": schemes},
        "security": list(_KEYS) if keys else [],
    }


def _gather(told: Any, schemas: dict[str, Any]) -> None:  # noqa: ANN401 - as JSON is
    """Take what schemas refer to out of them, to where they refer."""
    if isinstance(told, dict):
        for name, schema in told.pop("$defs", {}).items():
            assert schemas.setdefault(name, schema) == schema, f"two models are called {name}"
    for inside in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        _gather(inside, schemas)


Told = tuple[str, str, Operation]
"""A path, a method, and what it does."""


def _doors() -> Iterator[Told]:
    for dialect, doors in DIALECTS.items():
        for door in doors:
            if isinstance(door, SpeechDoor):
                for method in door.methods:
                    yield door.path, method.lower(), _speech(door, method) | {"tags": [dialect]}
            elif isinstance(door, ListDoor):
                yield door.path, "get", _list(door) | {"tags": [dialect]}


def _speech(door: SpeechDoor[Any], method: str) -> Operation:
    answers = {"200": answer(_MADE, door.media_types, door.examples)}
    no = refusals(door.refuse, (*WRONG, *KEPT_OUT, *HARD))
    return _operation(door.summary, asked(method, door.path, door.form), answers | no)


def _list(door: ListDoor[Any]) -> Operation:
    names = operations.path_names(door.path)  # always of voices
    paths = [dict.fromkeys(names, voice.id) for voice in SPEAKERS.voices]
    examples = [door.answer(door.form.read(path, {}, {}), SPEAKERS) for path in paths]
    wrong = WRONG if door.form.is_read else ()
    answers = {"200": answer("What there is", [JSON], examples)}
    return _operation(
        door.summary, asked("GET", door.path, door.form), answers | refusals(door.refuse, (*wrong, *KEPT_OUT))
    )


def _operation(summary: str, request: Operation, responses: Operation) -> Operation:
    long = {"431": {"description": operations.TOO_LONG}} if request.get("parameters") else {}
    return {"summary": summary, **request, "responses": responses | long}


def _pages() -> Iterator[Told]:
    """Yield what belongs to no dialect."""
    for method in ("get", "post"):
        yield "/v1/text", method, _page(TEXT_FORM, method, "Show how a text is read, without speaking it", {})
    yield "/v1/tokens", "post", _page(TOKEN_FORM, "post", "Exchange the key for a token", TOKEN_EXAMPLE)
    yield "/v1/voices", "post", _recorded()
    yield "/v1/voices/{voice_id}", "delete", _removed()
    yield "/healthz", "get", _plain("Whether the process lives", "200") | _OPEN
    yield "/readyz", "get", _plain("Whether a new session would be served", "200", "503") | _OPEN
    yield "/v1/stats", "get", _page(NOTHING, "get", "How the server is, in one look", {})
    metrics = _plain("Prometheus metrics", "200")
    yield "/metrics", "get", metrics | {"responses": metrics["responses"] | refusals(refuse, KEPT_OUT)}


def _page(form: Form[Any], method: str, summary: str, example: object) -> Operation:
    kinds = (*WRONG, *KEPT_OUT, *HARD) if form.is_read else KEPT_OUT
    return _operation(
        summary, asked(method.upper(), "", form), {"200": answer(summary, [JSON], [example])} | refusals(refuse, kinds)
    )


def _recorded() -> Operation:
    voice = {"id": "name", "name": "name", "language": "en", "gender": None}
    answers = {"201": answer("The voice, which is there for everybody", [JSON], [voice, voice | {"gender": "male"}])}
    request = asked("POST", "", VOICE_FORM)
    request["requestBody"] = {
        "content": {key: {"schema": BYTES} for key in ("audio/*", "application/octet-stream")},
        "required": True,
    }
    no = refusals(refuse, (*WRONG, BadClip, VoicesFixed, *KEPT_OUT, *HARD))
    return _operation("Add a voice that is learnt from a recording, 2 to 30 s long", request, answers | no)


def _removed() -> Operation:
    request = asked("DELETE", "/v1/voices/{voice_id}", NOTHING)
    answers = {"204": {"description": "It is gone"}} | refusals(refuse, (*WRONG, VoicesFixed, *KEPT_OUT))
    return _operation("Remove a voice that was learnt", request, answers)


def _plain(summary: str, *statuses: str) -> Operation:
    return _operation(summary, {}, {status: answer(summary, ["text/plain"]) for status in statuses})
