"""The house rules that a reader would otherwise have to keep in mind: a few habits."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.modules import MODULES, ROOT, Module

MAY_READ_ENVIRONMENT = {
    "voice_server.cli_keys",
    "voice_server.cli_serve",
    "voice_server.cli_server",
    "voice_server.config",
    "engine.link",  # hands it on to its child, and looks at nothing in it
    "engine.spark.lm_vllm",  # vLLM is configured by it, before it is imported
}
MAX_BROAD_EXCEPTS = 3  # a connection, the engine loop, start-up
MAX_LINES = 400
EMPTY_NAMES = {"Helper", "Helpers", "Manager", "Processor", "Service", "Util", "Utils"}


def environment_reads(module: Module) -> list[str]:
    names = {"environ", "environb", "getenv", "getenvb"}
    found = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=attr) if attr in names:
                found.append(f"{module.path}:{node.lineno}: os.{attr}")
            case ast.ImportFrom(module="os", names=aliases) if names & {alias.name for alias in aliases}:
                found.append(f"{module.path}:{node.lineno}: imports it from os")
    return found


def broad_excepts(module: Module) -> list[str]:
    found = []
    for node in ast.walk(module.tree):
        match node:
            case ast.ExceptHandler(type=None):
                found.append(f"{module.path}:{node.lineno}: except:")
            case ast.ExceptHandler(type=ast.expr() as caught) if is_broad(caught):
                found.append(f"{module.path}:{node.lineno}: except {ast.unparse(caught)}")
            case ast.Call(func=ast.Attribute(attr="suppress") | ast.Name(id="suppress")) if any(
                is_broad(argument) for argument in node.args
            ):
                found.append(f"{module.path}:{node.lineno}: {ast.unparse(node)}")
    return found


def is_broad(caught: ast.expr) -> bool:
    names = {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)}
    return bool(names & {"Exception", "BaseException"})


def empty_names(module: Module) -> list[str]:
    classes = (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))
    found = [f"{module.path}:{node.lineno}: class {node.name}" for node in classes if is_empty_name(node.name)]
    stem = Path(module.path).stem
    return [*found, f"{module.path}: a module called {stem}"] if is_empty_name(stem.title()) else found


def is_empty_name(name: str) -> bool:
    return bool(EMPTY_NAMES & set(re.findall(r"[A-Z][a-z]*", name)))


def test_only_cli_and_config_read_the_environment() -> None:
    strangers = [module for module in MODULES if module.name not in MAY_READ_ENVIRONMENT]
    assert [found for module in strangers for found in environment_reads(module)] == []


def test_broad_excepts_stay_few() -> None:
    found = [line for module in MODULES for line in broad_excepts(module)]
    assert len(found) <= MAX_BROAD_EXCEPTS, "\n".join(found)


def test_no_file_is_longer_than_a_reader_is_patient() -> None:
    sources = [*MODULES, *(Module("", str(path), path.read_text("utf-8")) for path in (ROOT / "tests").rglob("*.py"))]
    lengths = {module.path: module.source.count("\n") for module in sources}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_name_says_nothing() -> None:
    assert [found for module in MODULES for found in empty_names(module)] == []


@pytest.mark.parametrize(
    "source", ["import os\nos.environ['X']", "import os\nos.getenv('X')", "from os import environ"]
)
def test_a_planted_read_of_the_environment_is_found(source: str) -> None:
    assert len(environment_reads(Module("engine.tone", "engine/tone.py", source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    pass\nexcept Exception:\n    pass",
        "try:\n    pass\nexcept:\n    pass",
        "try:\n    pass\nexcept (OSError, BaseException) as error:\n    pass",
        "from contextlib import suppress\nwith suppress(Exception):\n    pass",
    ],
)
def test_a_planted_broad_except_is_found(source: str) -> None:
    assert len(broad_excepts(Module("engine.tone", "engine/tone.py", source))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [("engine/a.py", "class VoiceManager: ..."), ("engine/utils.py", ""), ("a.py", "class Utils: ...")],
)
def test_a_planted_empty_name_is_found(path: str, source: str) -> None:
    assert len(empty_names(Module("engine.a", path, source))) == 1


@pytest.mark.parametrize(
    ("environment", "outcomes"), [({"CI": "true"}, "1 failed, 1 passed, 1 error"), ({}, "1 passed, 2 skipped")]
)
def test_a_skipped_test_fails_where_nothing_may_be_skipped(
    tmp_path: Path, environment: dict[str, str], outcomes: str
) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "test_a.py").write_text("import pytest\ndef test_b(): pytest.skip('no')\ndef test_c(): pass\n", "utf-8")
    (tmp_path / "test_d.py").write_text("import pytest\npytest.importorskip('no_such_module')\n", "utf-8")
    kept = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), "--continue-on-collection-errors"]
    done = subprocess.run(command, cwd=tmp_path, env=kept | environment, capture_output=True, text=True, check=False)
    assert outcomes in done.stdout
