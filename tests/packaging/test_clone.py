"""The two commands of the README in a fresh clone, with an empty home."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.outside import ROOT, assert_speech_at_48_khz, clean_environment, run, serving

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), "clone"], home, clean_environment(home))
    return home / "clone"


def test_make_serve_sets_up_says_where_and_speaks_and_sets_up_only_once(clone: Path) -> None:
    environment = clean_environment(clone.parent)
    with serving(["make", "serve", "PORT=0"], clone, environment) as (url, lines):
        assert any("Installing voice-server" in line for line in lines)
        say = [f"{clone}/.venv/bin/voice-server", "say", "Hello there, newcomer.", "--url", url, "-o", "hello.wav"]
        run(say, clone, environment)
        assert_speech_at_48_khz(clone / "hello.wav")
    with serving(["make", "serve", "PORT=0", "ENGINE=tone"], clone, environment) as (_, lines):
        assert not any("Installing" in line for line in lines)


def test_make_tells_which_python_it_needs(clone: Path) -> None:
    with pytest.raises(AssertionError, match=r"needs Python 3\.11 or newer"):
        run(["make", "serve", "VENV=.venv-none", "PYTHON=no-such-python"], clone, clean_environment(clone.parent))


def test_make_without_a_verb_lists_them(clone: Path) -> None:
    listed = run(["make"], clone, clean_environment(clone.parent))
    verbs = ("serve", "test", "lint", "test-wheel", "test-wscat", "test-browser", "clean")
    assert all(f"make {verb} " in listed for verb in verbs)
