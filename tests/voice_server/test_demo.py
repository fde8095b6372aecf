"""The page as it is served: no browser here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "web_demo"
FILES = sorted(path.name for path in FOLDER.iterdir())


def get(address: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message, str]:
    """Return status, headers and body of an answer, whatever it is."""
    try:
        with urlopen(Request(address, headers=dict(headers or {}))) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_the_page_is_at_the_root(served: str) -> None:
    status, headers, body = get(served)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert body == (FOLDER / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_it_comes_with_its_type_and_the_headers_that_hold_it(served: str, name: str) -> None:
    status, headers, _ = get(f"{served}/demo/{name}")
    types = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    assert status == 200
    assert headers["Content-Type"].split(";")[0] == types[Path(name).suffix]
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"unsafe|https?:|\*", policy)


def test_a_page_seen_before_is_asked_for_again_and_not_sent_again(served: str) -> None:
    _, headers, _ = get(f"{served}/demo/app.js")
    assert headers["Cache-Control"] == "no-cache"
    status, _, body = get(f"{served}/demo/app.js", {"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, "")


@pytest.mark.parametrize(
    "path",
    ["nothing.js", "", "../pyproject.toml", "..%2f..%2fetc%2fpasswd", "%2e%2e/voice_server/app.py", "//etc/passwd"],
)
def test_nothing_else_is_served(served: str, path: str) -> None:
    assert get(f"{served}/demo/{path}")[0] == 404


def test_the_page_is_shown_to_those_without_a_key_and_what_it_asks_for_is_not(guarded: str) -> None:
    assert get(guarded)[0] == 200
    assert get(f"{guarded}/v1/voices")[0] == 401


class Outside(HTMLParser):
    """Notes what a strict policy would stop: code and styles in the page, and addresses elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.loaded += [given[name] or "" for name in ("src", "href") if name in given]


def test_the_page_holds_no_code_no_styles_and_loads_only_what_lies_beside_it() -> None:
    reader = Outside()
    reader.feed((FOLDER / "index.html").read_text(encoding="utf-8"))
    assert reader.found == []
    assert {address for address in reader.loaded if not address.startswith("#")} <= {f"demo/{name}" for name in FILES}
    scripts = "".join((FOLDER / name).read_text(encoding="utf-8") for name in FILES if name.endswith((".js", ".css")))
    assert set(re.findall(r"https?://[^\s\"'`]+", scripts)) <= {"http://www.w3.org/2000/svg", "https://"}
