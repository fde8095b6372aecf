import pytest

from voice_server.access import Access, is_loopback
from voice_server.errors import ForbiddenOrigin, Unauthorized

LOCAL = {"host": "127.0.0.1:8000"}


def lets_in(access: Access, headers: dict[str, str], query: dict[str, str] | None = None) -> bool:
    try:
        access.check(LOCAL | headers, query or {})
    except (ForbiddenOrigin, Unauthorized):
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


def test_without_a_key_programs_may_come_in() -> None:
    assert lets_in(Access(None), {})


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8000", "HTTP://LocalHost"]
)
def test_without_a_key_pages_of_this_machine_may_come_in(origin: str) -> None:
    assert lets_in(Access(None), {"origin": origin})


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
    assert not lets_in(Access(None), {"origin": origin})


def test_a_page_cannot_come_in_by_a_name_that_it_has_bound_to_this_machine() -> None:
    assert not lets_in(Access(None), {"origin": "http://evil.example:8000", "host": "evil.example:8000"})


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer sesame"}, {"authorization": "bearer  sesame "}, {"x-api-key": "sesame"}],
)
def test_the_key_opens_from_a_header(headers: dict[str, str]) -> None:
    assert lets_in(Access("sesame"), headers)


def test_the_key_opens_from_the_address() -> None:
    assert lets_in(Access("sesame"), {}, {"api_key": "sesame"})


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({"authorization": "Bearer open"}, {}),
        ({"authorization": "Bearer open"}, {"api_key": "sesame"}),
        ({"authorization": "Basic sesame"}, {}),
        ({"authorization": "sesame"}, {}),
        ({"x-api-key": "sesame "}, {}),
        ({"x-api-key": "sésame"}, {}),
        ({}, {"api_key": ""}),
        ({}, {"api_key": "sesam"}),
    ],
)
def test_without_the_right_key_nobody_comes_in(headers: dict[str, str], query: dict[str, str]) -> None:
    with pytest.raises(Unauthorized, match="API key"):
        Access("sesame").check(LOCAL | headers, query)


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
    assert lets_in(Access("sesame"), headers) is let_in


@pytest.mark.parametrize("key", [None, "sesame"])
def test_pages_of_an_allowed_origin_may_come_in(key: str | None) -> None:
    access = Access(key, ("https://App.example.org/",))
    assert lets_in(access, {"origin": "https://app.example.org", "x-api-key": "sesame"})
    assert not lets_in(access, {"origin": "http://app.example.org", "x-api-key": "sesame"})


def test_a_refused_page_is_told_how_to_be_let_in() -> None:
    with pytest.raises(ForbiddenOrigin, match=r"--allow-origin https://example\.org"):
        Access(None).check(LOCAL | {"origin": "https://example.org"}, {})


def test_the_right_origin_is_no_key() -> None:
    assert not lets_in(Access("sesame", ("https://app.example.org",)), {"origin": "https://app.example.org"})
