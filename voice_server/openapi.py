"""The HTTP interface, described for tools that read OpenAPI."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel

from voice_server.adapters.native_http import MEDIA_TYPES, SpeechRequest
from voice_server.enrolment import VoiceRequest
from voice_server.exchange import TokenRequest
from voice_server.reading import TextRequest


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document: always the same, and dear to make."""
    spoken = {
        "description": "The audio, streamed as it is made. Server-Timing tells what its first byte took.",
        "content": {media_type: {"schema": _BYTES} for media_type in sorted(set(MEDIA_TYPES.values()))},
    }
    shown = {
        "description": "Every stage of the text: what the markup leaves, marks, pieces with their words, warnings",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "voice-server", "version": version("voice-server")},
        "paths": {
            "/v1/tts": {
                "post": _posted("Speak one text", SpeechRequest, spoken),
                "get": _got("Speak one text, by its address alone: for an audio element", SpeechRequest, spoken),
            },
            "/v1/text": {
                "post": _posted("Show how a text is read, without speaking it", TextRequest, shown),
                "get": _got("Show how a text is read, by its address alone", TextRequest, shown),
            },
            "/v1/tokens": {"post": _posted("Exchange the key for a token that stands in for it", TokenRequest, _TOKEN)},
            "/v1/voices": {
                "get": _plain("The voices, their languages, and the variants that go with any of them"),
                "post": _recorded("Add a voice that is learnt from a recording, 2 to 30 s long", VoiceRequest, _VOICE),
            },
            "/v1/voices/{name}": {"delete": _removed("Remove a voice that was learnt")},
            "/healthz": {"get": _plain("Whether the process lives")},
            "/readyz": {"get": _plain("Whether a new session would be served")},
            "/v1/stats": {"get": _plain("How the server is, in one look")},
            "/metrics": {"get": _plain("Prometheus metrics")},
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "query": {"type": "apiKey", "in": "query", "name": "api_key"},
            }
        },
        "security": [{}, {"bearer": []}, {"header": []}, {"query": []}],
    }


_BYTES = {"type": "string", "format": "binary"}

_VOICE = {"description": "The voice, which is there for everybody", "content": {"application/json": {}}}

_TOKEN = {
    "description": "The token, and until when it opens",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "token": {"type": "string"},
                    "expires_at": {"type": "string", "format": "date-time"},
                    "expires_in_s": {"type": "number"},
                },
            }
        }
    },
}

_ERRORS = {
    "400": "A field is wrong: the body names it",
    "401": "An API key is needed",
    "403": "The key is not good for this, or web pages of this origin are not let in",
    "413": "The body is too large",
    "500": "The server, or its engine, failed",
    "503": "The server is full or not ready: Retry-After tells when to come again",
}


def _posted(summary: str, asked: type[BaseModel], answer: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": asked.model_json_schema()}}, "required": True}
    return {"summary": summary, "requestBody": body, "responses": _responses(answer)}


def _recorded(summary: str, asked: type[BaseModel], answer: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"audio/*": {"schema": _BYTES}}, "required": True}
    responses = {status: told for status, told in _responses(answer).items() if status != "200"}
    return {**_got(summary, asked, answer), "requestBody": body, "responses": {"201": answer, **responses}}


def _removed(summary: str) -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"summary": summary, "parameters": [name], "responses": {"204": {"description": "It is gone"}}}


def _got(summary: str, asked: type[BaseModel], answer: dict[str, Any]) -> dict[str, Any]:
    schema = asked.model_json_schema()
    parameters = [_parameter(name, field, schema) for name, field in schema["properties"].items()]
    return {"summary": summary, "parameters": parameters, "responses": _responses(answer)}


def _responses(answer: dict[str, Any]) -> dict[str, Any]:
    return {"200": answer, **{status: _error(text) for status, text in _ERRORS.items()}}


def _parameter(name: str, field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": field}


def _error(text: str) -> dict[str, Any]:
    fields = {name: {"type": ["string", "null"]} for name in ("code", "message", "field")}
    body = {"type": "object", "properties": {"error": {"type": "object", "properties": fields}}}
    return {"description": text, "content": {"application/json": {"schema": body}}}


def _plain(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": summary}}}
