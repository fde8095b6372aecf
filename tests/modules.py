"""The source of the two packages, as the tests of the house rules read it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "voice_server")


@dataclass(frozen=True)
class Module:
    name: str
    path: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @property
    def package(self) -> str:
        return self.name if self.path.endswith("__init__.py") else self.name.rpartition(".")[0]


def walk() -> list[Module]:
    modules = []
    for path in sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        relative = path.relative_to(ROOT)
        parts = relative.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules.append(Module(name, str(relative), path.read_text(encoding="utf-8")))
    return modules


MODULES = walk()
