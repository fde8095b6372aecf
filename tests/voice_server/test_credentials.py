"""Where a key may be, and what else may be there."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.credentials import chosen, place, presented, said

KEY = "vs_abcdefgh0123"


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer   {KEY} "},
        {"authorization": f"Token {KEY}"},
        {"authorization": basic(f"{KEY}:")},
        {"authorization": basic(f":{KEY}")},
        {"authorization": basic(KEY)},
        {"x-api-key": KEY},
        {"xi-api-key": KEY},
        {"x-api-key": KEY, "authorization": basic("somebody:at the proxy")},
    ],
)
def test_a_header_holds_the_key(headers: dict[str, str]) -> None:
    assert presented(headers, {"api_key": "another"}) == [KEY]


def test_a_user_with_a_password_may_have_the_key_as_either() -> None:
    assert presented({"authorization": basic(f"somebody:{KEY}")}, {}) == [KEY, "somebody"]


@pytest.mark.parametrize("name", ["api_key", "xi-api-key", "token", "authorization", "single_use_token"])
@pytest.mark.parametrize("written", [KEY, f"Bearer {KEY}"])
def test_the_address_holds_the_key(name: str, written: str) -> None:
    assert presented({}, {name: written}) == [KEY]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ""),
        ({"xi-api-key": KEY}, "xi-api-key"),
        ({"x-api-key": KEY}, "x-api-key"),
        ({"authorization": f"Bearer {KEY}"}, "bearer"),
        ({"authorization": f"Token {KEY}"}, "token"),
        ({"authorization": f"Bearer {KEY}", "xi-api-key": KEY}, "xi-api-key"),
    ],
)
def test_the_place_of_the_key_tells_whose_client_it_is(headers: dict[str, str], expected: str) -> None:
    assert place(headers) == expected


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        (["token", KEY], "token"),
        (["bearer", KEY], "bearer"),
        (["Bearer", KEY, "more"], "Bearer"),
        (["realtime", f"openai-insecure-api-key.{KEY}"], "realtime"),
        ([f"openai-insecure-api-key.{KEY}", "openai-beta.realtime-v1"], "openai-beta.realtime-v1"),
        ([f"openai-insecure-api-key.{KEY}"], f"openai-insecure-api-key.{KEY}"),
    ],
)
def test_the_subprotocols_hold_the_key_and_one_that_was_offered_is_answered(offered: list[str], answered: str) -> None:
    assert presented({}, {}, offered) == [KEY]
    assert chosen(offered) == answered


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["mqtt", "token"]])
def test_subprotocols_that_are_not_about_keys_are_not_spoken(offered: Sequence[str]) -> None:
    assert presented({}, {}, offered) == []
    assert chosen(offered) is None


@pytest.mark.parametrize("field", ["api_key", "xi_api_key", "xi-api-key"])
def test_the_first_message_holds_the_key(field: str) -> None:
    assert said(json.dumps({field: KEY})) == [KEY]
    assert said(json.dumps({"text": "hello", field: KEY})) == [KEY]


@pytest.mark.parametrize(
    "message", ["", "hello", KEY, "{", "[]", '"api_key"', '{"api_key": 1}', '{"api_key": ""}', "[" * 100_000]
)
def test_other_messages_hold_none(message: str) -> None:
    assert said(message) == []


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({"authorization": ""}, {}),
        ({"authorization": "Bearer"}, {}),
        ({"authorization": "Bearer "}, {}),
        ({"authorization": KEY}, {}),
        ({"authorization": f"Digest {KEY}"}, {}),
        ({"x-api-key": " "}, {}),
        ({"cookie": f"api_key={KEY}"}, {}),
        ({}, {"api_key": ""}),
        ({}, {"API_KEY": KEY}),
    ],
)
def test_where_no_key_is_there_is_none(headers: dict[str, str], query: dict[str, str]) -> None:
    assert presented(headers, query) == []


@given(st.text(), st.text(), st.lists(st.text()))
def test_whatever_is_sent_is_read_without_a_fault(authorization: str, message: str, offered: list[str]) -> None:
    for scheme in ("", "Basic ", "Bearer ", "Token "):
        presented({"authorization": scheme + authorization}, {"api_key": message}, offered)
    assert chosen(offered) in {None, *offered}
    said(message)
    said("{" + message)
