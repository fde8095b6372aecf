"""The container's files, without an engine to run them: what they copy, pin, promise and leave out."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.modules import ROOT
from tests.voice_server.serving import running
from voice_server.adapters.native import STREAM_PATH

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
HEALTHCHECK = ROOT / "deploy/healthcheck.py"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile, with its lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined if line.strip())]


def stage(name: str) -> list[tuple[str, str]]:
    """The instructions of a stage, after those of the stage it is made from."""
    found: list[tuple[str, str]] = []
    source, inside = "", False
    for instruction, rest in instructions():
        if instruction == "FROM":
            inside = rest.endswith(f" AS {name}")
            source = rest.split()[0] if inside else source
        elif inside:
            found.append((instruction, rest))
    return found if source.startswith("$") else [*stage(source), *found]


def pins() -> Mapping[str, Version]:
    lines = (ROOT / "deploy/requirements.txt").read_text("utf-8").splitlines()
    pinned = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonical(name): Version(version) for name, version in pinned}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def last(name: str, instruction: str) -> str:
    return [rest for given, rest in stage(name) if given == instruction][-1]


def test_the_default_image_is_the_one_for_any_processor() -> None:
    froms = [rest for name, rest in instructions() if name == "FROM"]
    assert froms[-1] == "base AS cpu"
    assert "base AS cuda" in froms


@pytest.mark.parametrize("image", ["cpu", "cuda"])
def test_an_image_ends_as_a_user_who_is_not_root_and_starts_with_an_init(image: str) -> None:
    assert last(image, "USER") == "10001:10001"
    assert last(image, "ENTRYPOINT") == '["tini", "--", "voice-server"]'
    assert last(image, "STOPSIGNAL") == "SIGTERM"
    assert last(image, "VOLUME") == "/models"
    assert "healthcheck.py" in last(image, "HEALTHCHECK")


@pytest.mark.parametrize("image", ["cpu", "cuda"])
def test_an_image_carries_licences_and_where_the_sources_are(image: str) -> None:
    lines = "\n".join(rest for _, rest in stage(image))
    for wanted in ("THIRD_PARTY.md", "SOURCES.md", "GPL-3", "GPL-2", "LGPL-2.1", "LGPL-3", "packages.txt"):
        assert wanted in lines


def test_what_is_copied_is_there_and_is_let_through_to_the_builder() -> None:
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"]
    copied = [path for name, rest in instructions() if name == "COPY" for path in rest.split()[:-1]]
    from_here = {path for path in copied if not path.startswith(("--", "/"))}
    assert from_here == set(let_through)
    assert [path for path in from_here if not (ROOT / path).exists()] == []


def test_what_the_wheel_needs_is_copied() -> None:
    copied = " ".join(rest for name, rest in instructions() if name == "COPY")
    for path in ("pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "engine", "voice_server", "web_demo"):
        assert path in copied


def test_every_dependency_is_pinned_to_a_version_that_is_wanted() -> None:
    wanted = [Requirement(line) for line in PROJECT["dependencies"]]
    for requirement in wanted:
        assert pins()[canonical(requirement.name)] in requirement.specifier


def test_whoever_needs_a_package_of_the_sources_list_finds_it_pinned() -> None:
    listed = (ROOT / "deploy/SOURCES.md").read_text("utf-8")
    for package in ("av", "espeakng-loader", "num2words", "numpy"):
        assert re.search(rf"\| (?:{package}|itself) \|", listed)
        assert package in pins()


@pytest.mark.parametrize("service", ["voice-server", "cuda"])
def test_a_composed_server_cannot_write_has_no_capabilities_and_time_to_drain(service: str) -> None:
    settings = COMPOSE["services"][service]
    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert settings["tmpfs"] == ["/tmp"]
    assert int(settings["stop_grace_period"].rstrip("s")) > 30
    assert settings["build"]["target"] == {"voice-server": "cpu"}.get(service, service)


def test_everything_that_compose_puts_into_a_container_is_there() -> None:
    paths = [volume.split(":")[0] for each in COMPOSE["services"].values() for volume in each["volumes"]]
    here = [path for path in paths if path.startswith(".")]
    assert len(here) == 3
    assert [path for path in here if not (ROOT / "deploy" / path).is_dir()] == []
    named = {path for path in paths if not path.startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_nothing_of_it_listens_to_other_machines() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def healthy(port: int) -> bool:
    return subprocess.run([sys.executable, str(HEALTHCHECK), str(port)], check=False).returncode == 0


@pytest.mark.parametrize("secured", [False, True])
def test_the_healthcheck_asks_the_server_by_whichever_scheme_it_speaks(tmp_path: Path, secured: bool) -> None:
    made = trustme.CA().issue_cert("speech.example.org")
    made.private_key_and_cert_chain_pem.write_to_path(str(both := tmp_path / "both.pem"))
    arguments = ["--tls-cert", str(both), "--tls-key", str(both)] if secured else []
    with running(tmp_path, *arguments) as server:
        port = int(server.url.rsplit(":", 1)[1])
        assert healthy(port)
    assert not healthy(port)


def test_the_unit_gives_the_server_time_to_drain_and_leaves_the_engine_alone() -> None:
    unit = (ROOT / "deploy/voice-server.service").read_text("utf-8")
    settings = dict(line.split("=", 1) for line in unit.splitlines() if re.match(r"[A-Z]\w+=", line))
    assert settings["KillMode"] == "mixed"
    assert int(settings["TimeoutStopSec"]) > 30
    assert settings["ExecStart"].endswith("voice-server serve --log-format json")


@pytest.mark.parametrize("proxy", ["nginx/voice-server.conf", "Caddyfile"])
def test_a_proxy_asks_the_port_that_is_the_default_and_hides_the_metrics(proxy: str) -> None:
    config = Path(ROOT / "deploy" / proxy).read_text("utf-8")
    assert "127.0.0.1:8000" in config
    assert "/metrics" in config
    assert STREAM_PATH not in config  # all paths are passed on
