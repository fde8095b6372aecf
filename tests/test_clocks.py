"""The wall clock may jump: who measures or schedules does not read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.modules import MODULES, Module

MAY_READ_THE_WALL_CLOCK = {
    "voice_server.access Access.__init__",  # keys and tokens expire by the calendar
    "voice_server.pages Pages.tokens",  # tells when a token expires
    "voice_server.bench.entering keys",  # a key's file says when it was made
    "voice_server.bench.report machine",  # a report says when it was written
    "voice_server.cli_keys _create",  # the same, and a key's expiry is counted from here
    "voice_server.cli_keys _list",
}
"""Where a date is meant. What is logged has the time that `logging` itself gives a record."""

WALL = {
    "time": {"time", "time_ns", "ctime", "gmtime", "localtime", "asctime", "strftime", "clock_gettime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
NEED_A_MOMENT = {"ctime": 1, "gmtime": 1, "localtime": 1, "asctime": 1, "strftime": 2}
"""Functions that read the clock only if they are not given a moment: with so many arguments they are."""


def wall_clock_reads(module: Module) -> Iterator[tuple[str, int]]:
    """Yield where a module reads the wall clock: the module's name and the function's, and the line."""
    yield from _reads(module.tree, module.name, "")


def _reads(node: ast.AST, module: str, function: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if _given_a_moment(child):
            assert isinstance(child, ast.Call)
            for argument in child.args:
                yield from _reads(ast.Expr(argument), module, function)
            continue
        if _is_read(child):
            yield f"{module} {function}".rstrip(), getattr(child, "lineno", 0)
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{function}.{child.name}".lstrip(".")
        yield from _reads(child, module, inner)


def _is_read(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
            return name in WALL.get(owner, ())
        case ast.ImportFrom(module="time", names=names):
            return any(alias.name in WALL["time"] for alias in names)
    return False


def _given_a_moment(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr=name), args=given):
            return len(given) >= NEED_A_MOMENT.get(name, len(given) + 1)
    return False


def test_only_dates_come_from_the_wall_clock() -> None:
    found = {place: line for module in MODULES for place, line in wall_clock_reads(module)}
    strangers = {place: line for place, line in found.items() if place not in MAY_READ_THE_WALL_CLOCK}
    assert strangers == {}, "measure and schedule with time.monotonic: this one may jump"
    assert found.keys() == MAY_READ_THE_WALL_CLOCK, "some of those that may no longer do"


@pytest.mark.parametrize(
    "source",
    [
        "import time\ndef f():\n    return time.time()",
        "import time\ndef f(clock=time.time): ...",
        "from time import time_ns",
        "import datetime\nasync def f():\n    return datetime.datetime.now()",
        "from datetime import datetime\nclass A:\n    def f(self):\n        return datetime.utcnow()",
        "from datetime import date\nBORN = date.today()",
        "import time\nBORN = time.strftime('%H')",
        "import time\nBORN = time.gmtime(time.time())",
    ],
)
def test_a_planted_look_at_the_wall_clock_is_found(source: str) -> None:
    assert len(list(wall_clock_reads(Module("engine.tone", "engine/tone.py", source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import time\nBEGAN = time.monotonic()",
        "import time\nSAID = time.strftime('%H', time.gmtime(5.0))",
        "from datetime import UTC, datetime\nTHEN = datetime.fromtimestamp(5.0, UTC)",
    ],
)
def test_another_clock_and_a_given_moment_are_none_of_it(source: str) -> None:
    assert list(wall_clock_reads(Module("engine.tone", "engine/tone.py", source))) == []
