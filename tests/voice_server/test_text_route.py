"""What `/v1/text` shows of a text, and to whom."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.voice_server.conftest import KEY
from voice_server.openapi import description
from voice_server.reading import MAX_CHARS, TextRequest

ANSWER = "# Fees\nIt is **$5** [laugh] now.[pause]\n\n[dance] Bye"


Given = dict[str, str] | None


def ask(base: str, body: object, query: Given = None, headers: Given = None) -> dict[str, Any]:
    """The answer to a POST; None as the body for a GET."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    url = f"{base}/v1/text" + (f"?{urlencode(query)}" if query else "")
    with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=30) as response:
        assert response.headers["Content-Type"] == "application/json"
        found: dict[str, Any] = json.load(response)
        return found


def refusal(base: str, body: object, query: Given = None, headers: Given = None) -> tuple[int, dict[str, str]]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(base, body, query, headers)
    with contextlib.closing(refused.value) as error:
        return error.code, json.loads(error.read())["error"]


def said(found: dict[str, Any]) -> list[list[str]]:
    return [[span["text"] for span in piece["spans"]] for piece in found["pieces"]]


def test_every_stage_of_a_text_is_told(served: str) -> None:
    found = ask(served, {"text": ANSWER})
    assert (found["input"], found["voice"], found["language"], found["support"]) == (ANSWER, "tone", "en-us", "full")
    assert len(found["markup"]) == len(ANSWER)
    assert [(mark["kind"], mark["value"]) for mark in found["marks"]] == [
        ("event", "laugh"), ("pause", ""), ("unknown", "dance"),
    ]  # fmt: skip
    assert said(found) == [["Fees"], ["It", "is", "five dollars", "now."], ["Bye"]]
    assert [piece["after"] for piece in found["pieces"]] == ["sentence", "sentence", "none"]
    sources = [ANSWER[span["start"] : span["end"]] for piece in found["pieces"] for span in piece["spans"]]
    assert sources == ["Fees", "It", "is", "$5", "now.", "Bye"]


def test_the_query_alone_is_enough_and_a_body_goes_over_it(served: str) -> None:
    assert ask(served, None, {"text": "3", "language": "hi"}) == ask(served, {"text": "3"}, {"language": "hi"})
    assert said(ask(served, {"text": "4", "language": None}, {"text": "3"})) == [["four"]]


@pytest.mark.parametrize(
    ("given", "voice", "words"),
    [
        ({"language": "hi"}, "tone-low", "पाँच किलोग्राम"),
        ({"voice": "tone-low"}, "tone-low", "पाँच किलोग्राम"),
        ({"voice": "tone-low", "language": "en-gb"}, "tone-low", "five kilograms"),
        ({}, "tone", "five kilograms"),
    ],
)
def test_a_text_is_read_in_the_language_it_would_be_spoken_in(
    served: str, given: dict[str, str], voice: str, words: str
) -> None:
    found = ask(served, {"text": "5 kg", **given})
    assert (found["voice"], said(found)) == (voice, [[words]])


@pytest.mark.parametrize(
    ("markup", "words"), [("on", ["a"]), ("literal", ["[dance]", "a"]), ("off", ["[dance]", "*a*"])]
)
def test_markup_is_what_was_asked_for(served: str, markup: str, words: list[str]) -> None:
    assert said(ask(served, {"text": "[dance] *a*", "markup": markup})) == [words]


def test_the_warnings_are_those_that_speaking_would_give(served: str) -> None:
    text = "[dance] [sneeze] [sneeze] [laugh] [pause] </happy> a\n```\nx\n```\n"
    found = ask(served, {"text": text, "language": "tlh"})
    codes = [warning["code"] for warning in found["warnings"]]
    assert codes == ["unknown_language", "unknown_tag", "unsupported_tag", "text_skipped"]
    assert [warning["field"] for warning in found["warnings"]] == ["language", "text", "text", "text"]
    assert "sneeze" in found["warnings"][2]["message"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"text": "hi", "voice": "nobody"}, 400, "unknown_voice", "voice"),
        ({"text": "hi", "markup": "half"}, 400, "invalid_field", "markup"),
        ({"text": "hi", "language": 5}, 400, "invalid_field", "language"),
        ({"text": ["hi"]}, 400, "invalid_field", "text"),
        ({"text": ""}, 400, "invalid_field", "text"),
        ({}, 400, "invalid_field", "text"),
        ({"text": "x" * (MAX_CHARS + 1)}, 400, "text_too_long", "text"),
        ({"text": "x" * 300_000}, 413, "message_too_large", None),
        (b'{"text": "\\ud800"}', 400, "invalid_field", "text"),
        (b"[1]", 400, "bad_json", None),
        (b"{", 400, "bad_json", None),
    ],
)
def test_what_cannot_be_used_is_named(served: str, body: object, status: int, code: str, field: str | None) -> None:
    told = refusal(served, body)
    assert (told[0], told[1]["code"], told[1]["field"]) == (status, code, field)


def test_the_longest_text_goes_through_in_the_longest_spelling(served: str) -> None:
    found = ask(served, json.dumps({"text": "😀" * MAX_CHARS}).encode())
    assert len(found["input"]) == MAX_CHARS


def test_only_those_who_may_come_in_are_answered(guarded: str) -> None:
    assert refusal(guarded, {"text": "hi"})[0] == 401
    assert refusal(guarded, None, {"text": "hi", "api_key": "wrong"})[0] == 401
    headers = {"X-API-Key": KEY, "Origin": "https://elsewhere.example"}
    assert refusal(guarded, {"text": "hi"}, headers=headers)[1]["code"] == "forbidden_origin"
    assert said(ask(guarded, {"text": "hi"}, headers={"X-API-Key": KEY})) == [["hi"]]


def test_the_description_names_every_field_of_a_request() -> None:
    told = description(keys=False)["paths"]["/v1/text"]
    schema = told["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == set(TextRequest.model_fields)
    assert {parameter["name"] for parameter in told["get"]["parameters"]} == set(TextRequest.model_fields)
