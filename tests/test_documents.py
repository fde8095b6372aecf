"""What the documents say of tests is so."""

from __future__ import annotations

import ast
import re

from tests.modules import ROOT

FAULTS = (ROOT / "docs/faults.md").read_text("utf-8")

USUAL = "tests/voice_server/"


def defined_in(path: str) -> set[str]:
    body = ast.parse((ROOT / path).read_text("utf-8")).body
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assigned = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return functions | {target.id for target in assigned if isinstance(target, ast.Name)}


def test_every_fault_names_a_test_and_every_test_named_is_there() -> None:
    rows = [line for line in FAULTS.splitlines() if line.startswith("| ") and not line.startswith("| fault")]
    named = [re.findall(r"`((?:tests/\S+/|tests/)?test_\w+\.py)::(\w+)`", row) for row in rows]
    assert len(rows) > 30
    assert [row for row, tests in zip(rows, named, strict=True) if not tests] == []
    paths = {(path if path.startswith("tests/") else USUAL + path, test) for tests in named for path, test in tests}
    assert {(path, test) for path, test in paths if test not in defined_in(path)} == set()


def test_every_verb_of_make_that_is_named_is_there() -> None:
    rules = re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    verbs = {verb for rule in rules for verb in rule.split()}
    assert set(re.findall(r"`make ([\w-]+)", FAULTS)) <= verbs
