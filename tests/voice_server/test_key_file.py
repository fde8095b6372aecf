"""The file of keys: what is written is read, what cannot be used is told, and a change is seen."""

from __future__ import annotations

import json
import os
import stat
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voice_server.allowance import Quota
from voice_server.key_file import BadKeyFile, KeyFile, add, read, remove
from voice_server.keys import Key, Scope, digest, id_of, mint

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)

IDS = st.text(string.ascii_letters + string.digits, min_size=8, max_size=8).map("vs_{}".format)
COUNTS = st.none() | st.integers(1, 10**9)
SCOPES: st.SearchStrategy[Scope] = st.sampled_from(["speak", "metrics", "admin"])
KEYS = st.builds(
    Key,
    IDS,
    st.text(max_size=128).filter(lambda name: name.isprintable()),
    st.binary(min_size=32, max_size=32),
    st.frozensets(SCOPES, min_size=1),
    st.none() | st.integers(0, 2**32).map(float),
    st.builds(Quota, COUNTS, COUNTS, COUNTS),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.jsonl"


def build(path: Path, name: str = "somebody") -> str:
    """Add a key to a file, and return its secret."""
    secret = mint()
    add(path, Key(id_of(secret) or "", name, digest(secret)), NOW)
    return secret


class Complaints(list[str]):
    def __call__(self, complaint: str) -> None:
        self.append(complaint)


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@given(st.lists(KEYS, max_size=5, unique_by=lambda key: key.id))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_keys_that_are_written_are_read_as_they_were(path: Path, keys: list[Key]) -> None:
    path.write_text("", "utf-8")
    for key in keys:
        add(path, key, NOW)
    assert read(path) == keys
    gone = {key.id for key in keys[::2]}
    assert {key.id for key in remove(path, gone)} == gone
    assert read(path) == keys[1::2]


def test_a_file_is_for_its_owner_only_and_holds_no_secret(path: Path) -> None:
    secret = build(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret[11:] not in path.read_text("utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_comments_and_empty_lines_stay_where_they_are(path: Path) -> None:
    first = build(path)
    path.write_text(f"# ours\n\n{path.read_text('utf-8')}  # theirs\n", "utf-8")
    second = build(path)
    remove(path, [first[:11]])
    lines = path.read_text("utf-8").splitlines()
    assert lines[:3] == ["# ours", "", "  # theirs"]
    assert json.loads(lines[3])["key"] == second[:11]


def test_to_remove_what_is_not_there_removes_nothing(path: Path) -> None:
    secret = build(path)
    assert remove(path, ["vs_notthere"]) == []
    assert [key.id for key in read(path)] == [secret[:11]]


def test_a_link_stays_one(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    build(link)
    assert link.is_symlink()
    assert len(read(path)) == 1


def test_two_cannot_write_at_a_time(path: Path) -> None:
    build(path)
    busy = path.with_name(".keys.jsonl.new")
    busy.touch()
    with pytest.raises(BadKeyFile, match="somebody else is writing"):
        build(path)
    assert busy.exists()
    assert len(read(path)) == 1


def test_what_fails_halfway_leaves_the_file_and_nothing_else(path: Path) -> None:
    secret = build(path)
    with pytest.raises(BadKeyFile, match="name: String should have at most 128 characters"):
        build(path, "n" * 129)
    assert [key.id for key in read(path)] == [secret[:11]]
    assert list(path.parent.iterdir()) == [path]


GOOD = f'{{"key": "vs_abcdefgh", "sha256": "{"0" * 64}"}}'


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "it is not JSON: Expecting property name enclosed in double quotes, column 2"),
        ("[" * 100_000, "it is not a JSON object"),
        ("[]", "it is not a JSON object"),
        ("{}", "key: Field required"),
        (GOOD.replace("vs_abcdefgh", "vs_abc"), "key: String should match"),
        (GOOD.replace("0" * 64, "0" * 63), "sha256: String should match"),
        (GOOD[:-1] + ', "scopes": ["speek"]}', "scopes.0: Input should be 'speak', 'metrics', 'voices' or 'admin'"),
        (GOOD[:-1] + ', "scopes": []}', "scopes: Tuple should have at least 1 item"),
        (GOOD[:-1] + ', "expires_at": "2026-12-25 10:00"}', "expires_at: Input should have timezone info"),
        (GOOD[:-1] + ', "expire_at": "2026-12-25T10:00:00Z"}', "expire_at: Extra inputs are not permitted"),
        (GOOD[:-1] + ', "sessions": 0}', "sessions: Input should be greater than or equal to 1"),
        (GOOD, "key vs_abcdefgh is on line 2 already"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_without_what_stands_there(path: Path, line: str, problem: str) -> None:
    path.write_text(f"# keys\n{GOOD}\n{line}\n", "utf-8")
    with pytest.raises(BadKeyFile) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}, line 3: {problem}")
    assert "0" * 60 not in str(caught.value)


def test_a_file_that_is_not_there_is_told_how_to_be_made(path: Path, complaints: Complaints) -> None:
    with pytest.raises(BadKeyFile, match="voice-server keys create"):
        KeyFile(path, complaints)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x80"])
def test_a_file_that_is_no_text_is_told_as_that(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BadKeyFile, match="not UTF-8"):
        read(path)


def test_a_key_is_found_by_its_secret_and_by_its_id(path: Path, complaints: Complaints) -> None:
    secret, _ = build(path), build(path)
    ring = KeyFile(path, complaints)
    found = ring.find(secret)
    assert found is not None
    assert found.id == secret[:11]
    assert ring.get(found.id) == found
    for wrong in ("", secret[:-1], secret[:11] + mint()[11:], mint()):
        assert ring.find(wrong) is None


def test_keys_that_come_and_go_are_seen(path: Path, complaints: Complaints) -> None:
    first = build(path)
    ring = KeyFile(path, complaints)
    second = build(path)
    assert ring.find(second) is None
    ring.refresh()
    assert ring.find(second)
    remove(path, [first[:11]])
    ring.refresh()
    assert ring.find(first) is None
    assert ring.get(first[:11]) is None
    assert ring.find(second)


def test_a_change_that_leaves_the_size_as_it_was_is_seen(path: Path, complaints: Complaints) -> None:
    secret = build(path)
    ring = KeyFile(path, complaints)
    text = path.read_text("utf-8").replace(digest(secret).hex(), digest("other").hex())
    path.write_text(text, "utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))
    ring.refresh()
    assert ring.find(secret) is None


def test_a_file_that_has_not_changed_is_not_read(path: Path, complaints: Complaints) -> None:
    build(path)
    ring = KeyFile(path, complaints)
    before = path.stat().st_atime_ns
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    ring.refresh()
    assert path.stat().st_atime_ns == 0 != before


def test_a_file_that_breaks_or_goes_leaves_the_keys_and_is_told_once(path: Path, complaints: Complaints) -> None:
    secret = build(path)
    ring = KeyFile(path, complaints)
    good = path.read_text("utf-8")
    path.write_text(good + "{\n", "utf-8")
    for _ in range(3):
        ring.refresh()
    assert ring.find(secret)
    (complaint,) = complaints
    assert f"{path}, line 2: it is not JSON" in complaint
    path.unlink()
    for _ in range(3):
        ring.refresh()
    assert ring.find(secret)
    assert len(complaints) == 2
    path.write_text("", "utf-8")
    ring.refresh()
    assert ring.find(secret) is None
    assert len(complaints) == 2
