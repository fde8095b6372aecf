"""Who may come in, without sockets: keys, tokens, scopes, origins, and time that is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from voice_server.access import ANYONE, Access, is_loopback
from voice_server.errors import ForbiddenOrigin, MissingScope, Refused, Unauthorized
from voice_server.keys import Key, Scope, SingleKey, digest

LOCAL = {"host": "127.0.0.1:8000"}
NOW = 1_764_000_000.0


class Ring:
    """Keys by their secrets, which come and go at will."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self.keys = dict(keys)
        self.num_refreshed = 0

    def find(self, secret: str) -> Key | None:
        return self.keys.get(secret)

    def get(self, key_id: str) -> Key | None:
        return next((key for key in self.keys.values() if key.id == key_id), None)

    def refresh(self) -> None:
        self.num_refreshed += 1


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def key(name: str, *scopes: Scope, expires_at: float | None = None) -> Key:
    return Key(f"vs_{name}", name, digest(name), frozenset(scopes or ("speak",)), expires_at)


def guarded(*origins: str) -> Access:
    return Access([SingleKey("sesame")], origins)


def lets_in(access: Access, headers: dict[str, str], query: Mapping[str, str] | None = None) -> bool:
    try:
        access.check(LOCAL | headers, query or {})
    except Refused:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_these_hosts_mean_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "192.168.0.7", "example.org", "localhost.example.org", "128.0.0.1"]
)
def test_these_hosts_do_not(host: str) -> None:
    assert not is_loopback(host)


def test_without_keys_programs_may_come_in_and_whatever_key_they_have_is_as_good() -> None:
    assert Access().check(LOCAL, {}) is ANYONE
    assert Access().check(LOCAL | {"x-api-key": "whatever"}, {}, "metrics") is ANYONE
    assert Access().knock(LOCAL, {}, ["token", "whatever"], "speak") is ANYONE


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8000", "HTTP://LocalHost"]
)
def test_without_a_key_pages_of_this_machine_may_come_in(origin: str) -> None:
    assert lets_in(Access(), {"origin": origin})


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://127.0.0.1:8000@example.org",
        "null",
        "",
        "file://",
        "localhost",
        "http://[::1",
        "http://[zz]",
    ],
)
def test_without_a_key_no_other_page_may(origin: str) -> None:
    assert not lets_in(Access(), {"origin": origin})


def test_a_page_cannot_come_in_by_a_name_that_it_has_bound_to_this_machine() -> None:
    assert not lets_in(Access(), {"origin": "http://evil.example:8000", "host": "evil.example:8000"})


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer sesame"}, {}),
        ({"authorization": "bearer  sesame "}, {}),
        ({"x-api-key": "sesame"}, {}),
        ({}, {"api_key": "sesame"}),
    ],
)
def test_the_key_opens(headers: dict[str, str], query: dict[str, str]) -> None:
    assert lets_in(guarded(), headers, query)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer open"}, {}),
        ({"authorization": "Bearer open"}, {"api_key": "sesame"}),
        ({"authorization": "Basic sesame"}, {}),
        ({"x-api-key": "sésame"}, {}),
        ({"x-api-key": "\ud800"}, {}),
        ({}, {"api_key": "sesam"}),
        ({}, {"api_key": "s" * 1_000_000}),
    ],
)
def test_a_wrong_key_does_not_and_is_told_from_none(headers: dict[str, str], query: dict[str, str]) -> None:
    scopes: tuple[Scope | None, ...] = (None, "speak", "metrics")
    for scope in scopes:
        with pytest.raises(Unauthorized, match="not known"):
            guarded().check(LOCAL | headers, query, scope)
        with pytest.raises(Unauthorized, match="not known"):
            guarded().knock(LOCAL | headers, query, (), scope)


@pytest.mark.parametrize("headers", [{}, {"authorization": "sesame"}, {"authorization": "Bearer"}, {"x-api-key": ""}])
def test_without_any_key_a_request_is_told_how_and_a_socket_may_still_say_it(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized, match="an API key is needed: send it"):
        guarded().check(LOCAL | headers, {})
    assert guarded().knock(LOCAL | headers, {}) is None


def test_the_keys_of_all_rings_open() -> None:
    access = Access([SingleKey("sesame"), Ring({"tulip": key("tulip")})])
    assert access.check({"x-api-key": "tulip"}, {}).id == "vs_tulip"
    assert access.check({"x-api-key": "sesame"}, {}).id == "single"


def test_user_and_password_are_both_tried() -> None:
    headers = {"authorization": "Basic dXNlcjpzZXNhbWU="}  # user:sesame
    assert guarded().check(headers, {}).id == "single"


@pytest.mark.parametrize(
    ("scopes", "wanted", "good"),
    [
        (["speak"], "speak", True),
        (["speak"], None, True),
        (["speak"], "metrics", False),
        (["metrics"], "metrics", True),
        (["metrics"], None, True),
        (["metrics"], "speak", False),
        (["metrics", "speak"], "speak", True),
        (["admin"], "speak", True),
        (["admin"], "metrics", True),
    ],
)
def test_a_key_is_good_for_its_scopes(scopes: Sequence[Scope], wanted: Scope | None, good: bool) -> None:
    access = Access([Ring({"tulip": key("tulip", *scopes)})])
    if good:
        assert access.check({"x-api-key": "tulip"}, {}, wanted)
        return
    refusal = pytest.raises(MissingScope, match=f"vs_tulip may not .* scope {wanted}")
    with refusal:
        access.check({"x-api-key": "tulip"}, {}, wanted)
    with refusal:
        access.knock({"x-api-key": "tulip"}, {}, (), wanted)
    with refusal:
        access.unlock(["tulip"], wanted)


def test_a_key_that_has_expired_is_told_as_that_and_opens_no_more() -> None:
    clock = Clock()
    access = Access([Ring({"tulip": key("tulip", expires_at=NOW + 10)})], clock=clock)
    held = access.check({"x-api-key": "tulip"}, {})
    assert access.stays(held)
    clock.now += 10
    with pytest.raises(Unauthorized, match="API key vs_tulip has expired"):
        access.check({"x-api-key": "tulip"}, {})
    assert not access.stays(held)


def test_who_came_in_stays_while_the_key_is_as_it_was_and_may_speak() -> None:
    ring = Ring({"tulip": key("tulip", "speak", "metrics")})
    access = Access([ring])
    held = access.check({"x-api-key": "tulip"}, {})
    ring.keys["tulip"] = key("tulip", "speak")
    assert access.stays(held)
    ring.keys["tulip"] = key("tulip", "metrics")
    assert not access.stays(held)
    ring.keys["tulip"] = Key("vs_tulip", digest=digest("another"))
    assert not access.stays(held)
    ring.keys.clear()
    assert not access.stays(held)
    assert access.stays(ANYONE)


def test_rings_are_refreshed_with_it() -> None:
    ring = Ring({})
    Access([ring]).refresh()
    assert ring.num_refreshed == 1


def test_a_token_opens_in_place_of_its_key_until_its_time_is_over_and_only_to_speak() -> None:
    clock = Clock()
    access = Access([Ring({"tulip": key("tulip", "admin")})], clock=clock)
    token = access.issue(access.check({"x-api-key": "tulip"}, {}), 60)
    assert token.expires_at == NOW + 60
    for headers, query in (({"authorization": f"Bearer {token.text}"}, {}), ({}, {"token": token.text})):
        held = access.check(headers, query, "speak")
        assert held.id == "vs_tulip"
        assert access.stays(held)
        with pytest.raises(MissingScope):
            access.check(headers, query, "metrics")
    clock.now += 60
    with pytest.raises(Unauthorized, match="token of key vs_tulip has expired"):
        access.unlock([token.text])
    assert access.stays(held)  # the socket that it opened is not closed


def test_a_token_is_good_for_nothing_once_its_key_is_revoked() -> None:
    ring = Ring({"tulip": key("tulip")})
    access = Access([ring])
    token = access.issue(access.check({"x-api-key": "tulip"}, {}), 60)
    held = access.unlock([token.text])
    ring.keys.clear()
    assert not access.stays(held)
    with pytest.raises(Unauthorized):
        access.unlock([token.text])


def test_a_token_that_no_key_was_needed_for_is_as_good_as_none() -> None:
    token = Access().issue(Access().check(LOCAL, {}), 60)
    assert lets_in(Access(), {"x-api-key": token.text})
    assert not lets_in(guarded(), {"x-api-key": token.text})


@pytest.mark.parametrize(
    ("origin", "host", "let_in"),
    [
        ("https://speech.example.org", "speech.example.org", True),
        ("https://Speech.Example.org", "SPEECH.example.org", True),
        ("https://speech.example.org:8443", "speech.example.org:8443", True),
        ("https://speech.example.org", "speech.example.org:8443", False),
        ("https://other.example.org", "speech.example.org", False),
        ("null", "", False),
        ("http://localhost:3000", "speech.example.org", False),
    ],
)
def test_with_a_key_pages_of_the_same_host_may_use_it(origin: str, host: str, let_in: bool) -> None:
    headers = {"origin": origin, "host": host, "x-api-key": "sesame"}
    assert lets_in(guarded(), headers) is let_in


@pytest.mark.parametrize("rings", [[], [SingleKey("sesame")]])
def test_pages_of_an_allowed_origin_may_come_in(rings: list[SingleKey]) -> None:
    access = Access(rings, ("https://App.example.org/",))
    assert lets_in(access, {"origin": "https://app.example.org", "x-api-key": "sesame"})
    assert not lets_in(access, {"origin": "http://app.example.org", "x-api-key": "sesame"})


def test_a_refused_page_is_told_how_to_be_let_in() -> None:
    with pytest.raises(ForbiddenOrigin, match=r"--allow-origin https://example\.org"):
        Access().check(LOCAL | {"origin": "https://example.org"}, {})


def test_the_right_origin_is_no_key() -> None:
    assert not lets_in(guarded("https://app.example.org"), {"origin": "https://app.example.org"})


def test_what_is_told_holds_no_secret() -> None:
    access = Access([Ring({"tulip": key("tulip", "metrics", expires_at=NOW)})], clock=lambda: NOW)
    for given in (["tulip-open"], ["vs_abcdefghSECRET"], ["tulip"]):
        with pytest.raises(Refused) as caught:
            access.unlock(given, "speak")
        assert given[0] not in caught.value.message.replace("vs_tulip", "")
