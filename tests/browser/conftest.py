"""A real Chromium, and visits to the page in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.visit import Visit, overhear
from voice_server.private import private_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = Path("/usr/bin/chromium")
ARTIFACTS = Path(__file__).parent / "artifacts"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
)

Open = Callable[..., Visit]
"""Visit an address, with the loudspeaker overheard or not. What else is given goes to the browser's context
(viewport, color_scheme, ...)."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}: apt install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("needs playwright: make test-browser installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def speaking() -> Iterator[str]:
    """The address of a server that speaks."""
    with private_server() as url:
        yield url


@pytest.fixture(scope="session")
def sounding() -> Iterator[str]:
    """The address of a server whose every sample is known."""
    with private_server(["--engine", "tone"]) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Visits pages; what they look like in the end is kept among the artifacts, and their complaints fail the test."""
    visits: list[tuple[BrowserContext, Visit]] = []

    def begin(url: str, overheard: bool = False, **given: object) -> Visit:
        standard = {"viewport": {"width": 1180, "height": 960}, "bypass_csp": overheard}
        context = browser.new_context(**standard | given)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        seen = Visit(context.new_page(), url)
        visits.append((context, seen))
        if overheard:
            overhear(seen.page)
        seen.page.goto(url)
        return seen

    yield begin
    ARTIFACTS.mkdir(exist_ok=True)
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")[:100]
    for number, (context, seen) in enumerate(visits):
        seen.page.screenshot(path=ARTIFACTS / f"{name}{f'-{number}' if number else ''}.png", full_page=True)
        context.close()
    assert [line for _, seen in visits for line in seen.unexpected] == []


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> None:
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
