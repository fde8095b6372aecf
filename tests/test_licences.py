"""THIRD_PARTY.md against what is installed."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
SHARED_LIBRARY = re.compile(r"^(lib.+?)(?:64_)?(?:-[0-9a-f]{8})*\.(?:so|dylib|dll)(?:\.[0-9.]+)?$")


def needed_by(root: str) -> set[str]:
    """Names of all packages that installing one brings with it, here, without its extras."""
    seen: set[tuple[str, str]] = set()
    waiting = [(root, "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        wanted = [Requirement(line) for line in distribution(name).requires or ()]
        for need in wanted:
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(need.name), chosen) for chosen in ("", *need.extras)]
    return {name for name, _ in seen} - {root}


def rows(heading: str) -> list[list[str]]:
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def shared_libraries(package: str) -> set[str]:
    """Stems of the shared libraries a package's wheel carries, its own extension modules excepted."""
    files = distribution(package).files or []
    matches = (SHARED_LIBRARY.match(file.name) for file in files)
    return {match[1] for match in matches if match}


PACKAGES = needed_by("voice-server")
LISTED = {row[0] for row in rows("Python packages")}


def test_every_package_that_comes_with_an_installation_is_listed_and_no_other() -> None:
    assert not PACKAGES - LISTED, "needed, but missing from THIRD_PARTY.md"
    assert not LISTED - PACKAGES, "in THIRD_PARTY.md, but not needed any more"


def test_every_shared_library_in_a_wheel_is_listed_with_that_wheel() -> None:
    listed = {(name, row[1]) for row in rows("Inside the wheels") for name in re.findall(r"lib[\w-]+", row[0])}
    carried = {(library, package) for package in PACKAGES for library in shared_libraries(package)}
    assert carried - listed == set()
    assert {("libespeak-ng", "espeakng-loader"), ("libx264", "av"), ("libxcb-shape", "av")} <= carried


def test_every_row_names_a_licence_and_a_source() -> None:
    for row in [*rows("Python packages"), *rows("Inside the wheels")]:
        assert all(row), row
        assert row[-1].startswith("https://"), row
    assert all(row[1] in PACKAGES for row in rows("Inside the wheels"))


@pytest.mark.parametrize("heading", ["## libespeak-ng is GPL-3.0", "## PyAV's wheel carries GPL parts"])
def test_what_is_gpl_is_said_in_a_heading(heading: str) -> None:
    assert heading in TEXT


def test_the_packages_of_an_extra_do_not_count_unless_a_requirement_asks_for_it() -> None:
    assert "pytest" not in PACKAGES
    assert "packaging" in needed_by("pytest")
    assert "uvloop" not in needed_by("uvicorn")


def test_a_package_that_is_not_installed_is_an_error_not_an_empty_answer() -> None:
    with pytest.raises(PackageNotFoundError):
        needed_by("no-such-package")


@pytest.mark.parametrize(
    ("file", "stem"),
    [
        ("libscipy_openblas64_-32a4b2a6.so", "libscipy_openblas"),
        ("libquadmath-96973f99-934c22de.so.0.0.0", "libquadmath"),
        ("libespeak-ng.so.1.52.0", "libespeak-ng"),
        ("libespeak-ng.dylib", "libespeak-ng"),
        ("libasound-c7818c60.so.2.0.0", "libasound"),
        ("libxcb-shape-7716c890.so.0.0.0", "libxcb-shape"),
        ("libx264-d6533a8d.so.165", "libx264"),
    ],
)
def test_a_shared_library_is_known_by_its_name_without_hash_and_version(file: str, stem: str) -> None:
    match = SHARED_LIBRARY.match(file)
    assert match
    assert match[1] == stem


def test_the_licence_of_this_project_is_the_unmodified_apache_licence() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.split()[:6] == ["Apache", "License", "Version", "2.0,", "January", "2004"]
    assert len(licence.encode()) == 11358
    assert "END OF TERMS AND CONDITIONS" in licence
