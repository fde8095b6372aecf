"""The built wheel, installed where nothing of the source tree is: what a user of the package gets."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.packaging.outside import ROOT, assert_speech_at_48_khz, clean_environment, run, serving

pytestmark = pytest.mark.wheel


class Place:
    """A folder with an environment of its own, into which the wheel is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv/bin"
        self.environment = clean_environment(folder)

    def run(self, *command: str | Path) -> str:
        return run([str(part) for part in command], self.folder, self.environment)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def wheel(place: Place) -> Path:
    place.run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place.folder, ROOT)
    (built,) = place.folder.glob("voice_server-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(place: Place, wheel: Path) -> Place:
    place.run(sys.executable, "-m", "venv", "venv")
    place.run(place.bin / "python", "-m", "pip", "install", "--quiet", wheel)
    return place


@pytest.fixture(scope="module")
def url(installed: Place) -> Iterator[str]:
    command = [f"{installed.bin}/voice-server", "serve", "--port", "0"]
    with serving(command, installed.folder, installed.environment) as (address, _):
        yield address


def test_it_holds_both_packages_their_types_and_licences_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    assert {name.partition("/")[0] for name in names} == {"engine", "voice_server", info}
    assert {"engine/py.typed", "voice_server/py.typed"} <= set(names)
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/THIRD_PARTY.md"} <= set(names)
    source = {str(path.relative_to(ROOT)) for top in ("engine", "voice_server") for path in (ROOT / top).rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == source
    page = {f"voice_server/web_demo/{path.name}" for path in (ROOT / "web_demo").iterdir()}
    assert {name for name in names if "/web_demo/" in name} == page


def test_it_is_not_the_source_tree_that_answers(installed: Place) -> None:
    where = installed.run(installed.bin / "python", "-c", "import voice_server; print(voice_server.__file__)")
    assert Path(where.strip()).is_relative_to(installed.folder)


def test_no_test_tool_and_no_torch_comes_with_it(installed: Place) -> None:
    listed = installed.run(installed.bin / "python", "-m", "pip", "list", "--format", "freeze").lower()
    assert "voice-server @" in listed or "voice-server==" in listed
    assert not re.search(r"^(pytest|hypothesis|mypy|ruff|torch|vllm)\b", listed, re.MULTILINE)


def test_its_command_explains_itself_by_name_and_as_a_module(installed: Place) -> None:
    by_name = installed.run(installed.bin / "voice-server", "--help")
    as_module = installed.run(installed.bin / "python", "-m", "voice_server", "--help")
    assert all(verb in by_name for verb in ("serve", "say", "voices", "doctor"))
    assert by_name == as_module


def test_it_serves_the_page(url: str) -> None:
    address = url.replace("ws:", "http:").removesuffix("v1/tts/stream")
    with urlopen(address) as page, urlopen(f"{address}demo/app.js") as script:
        assert "<h1>voice-server</h1>" in page.read().decode()
        assert script.headers["Content-Type"].startswith("text/javascript")


def test_it_serves_and_speaks_a_sentence_at_48_khz(installed: Place, url: str) -> None:
    installed.run(installed.bin / "voice-server", "say", "The wheel speaks by itself.", "--url", url, "-o", "said.wav")
    assert_speech_at_48_khz(installed.folder / "said.wav")
