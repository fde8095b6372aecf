"""`voice-server keys`, as its users meet it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from voice_server.allowance import Quota
from voice_server.cli import main
from voice_server.key_file import KeyFile, read


def no_complaint(complaint: str) -> None:
    raise AssertionError(complaint)


def create(path: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["keys", "create", "--file", str(path), *more]) == 0
    said = capsys.readouterr()
    secret = said.out.strip()
    assert secret[11:] not in said.err
    assert secret[:11] in said.err
    return secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.jsonl"


def test_a_key_that_was_made_opens_and_is_as_it_was_ordered(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wishes = "--name kitchen --scope metrics --scope speak --sessions 4 --utterances 8 --chars-per-minute 6000"
    secret = create(path, capsys, *wishes.split())
    key = KeyFile(path, no_complaint).find(secret)
    assert key is not None
    assert (key.name, sorted(key.scopes), key.quota) == ("kitchen", ["metrics", "speak"], Quota(4, 8, 6000))
    assert key.expires_at is None


@pytest.mark.parametrize(("time", "seconds"), [("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)])
def test_a_key_expires_when_it_is_to(path: Path, capsys: pytest.CaptureFixture[str], time: str, seconds: int) -> None:
    create(path, capsys, "--name", "now", "--expires", "1m")
    create(path, capsys, "--name", "later", "--expires", time)
    now, later = (key.expires_at or 0.0 for key in read(path))
    assert later - now == pytest.approx(seconds - 60, abs=5)


def test_a_key_may_speak_unless_told_otherwise(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create(path, capsys, "--name", "somebody")
    assert [key.scopes for key in read(path)] == [{"speak"}]


def test_the_list_shows_all_but_secrets(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secrets = [
        create(path, capsys, "--name", "the kitchen", "--expires", "1m", "--sessions", "2", "--chars-per-minute", "60"),
        create(path, capsys, "--name", "Grafana", "--scope", "metrics"),
    ]
    assert main(["keys", "list", "--file", str(path)]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["KEY", "SCOPES", "EXPIRES", "LIMITS", "NAME"]
    fields = [re.split(r"  +", row) for row in rows]
    assert [row[0] for row in fields] == [secret[:11] for secret in secrets]
    assert fields[0][1] == "speak"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", fields[0][2])
    assert fields[0][3:] == ["2 sessions, 60 chars/min", "the kitchen"]
    assert fields[1][1:] == ["metrics", "never", "the server's", "Grafana"]


def test_a_key_is_revoked_by_its_id_or_by_itself(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (create(path, capsys, "--name", name) for name in ("a", "b", "c"))
    assert main(["keys", "revoke", first[:11], second, "--file", str(path)]) == 0
    assert [key.id for key in read(path)] == [third[:11]]
    said = capsys.readouterr()
    assert f"revoked {first[:11]} (a)" in said.err
    assert second not in said.err


def test_a_key_that_is_not_there_cannot_be_revoked_and_nothing_is(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = create(path, capsys, "--name", "a")
    assert main(["keys", "revoke", secret[:11], "vs_notthere", "--file", str(path)]) == 2
    assert "has no key vs_notthere: voice-server keys list" in capsys.readouterr().err
    assert len(read(path)) == 1


def test_the_file_may_be_named_by_the_environment(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_SERVER_KEYS", str(path))
    assert main(["keys", "create", "--name", "a"]) == 0
    assert main(["keys", "list"]) == 0
    assert len(read(path)) == 1
    monkeypatch.delenv("VOICE_SERVER_KEYS")
    assert main(["keys", "list"]) == 2
    assert "--file FILE, or $VOICE_SERVER_KEYS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ("--expires soon", "'soon' is no time: write it as 90m"),
        ("--expires 0d", "'0d' is no time"),
        ("--expires 30", "'30' is no time"),
        ("--sessions 0", "at least 1"),
        ("--sessions many", "at least 1"),
        ("--scope all", "invalid choice: 'all'"),
    ],
)
def test_a_wish_that_cannot_be_is_told_in_words(
    path: Path, capsys: pytest.CaptureFixture[str], wish: str, problem: str
) -> None:
    with pytest.raises(SystemExit) as left:
        create(path, capsys, "--name", "a", *wish.split())
    assert left.value.code == 2
    assert problem in capsys.readouterr().err
    assert not path.exists()


def test_a_file_that_cannot_be_used_is_told_in_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("{\n", "utf-8")
    for action in (["list"], ["create", "--name", "a"], ["revoke", "vs_abcdefgh"]):
        assert main(["keys", *action, "--file", str(path)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"voice-server: {path}, line 1: it is not JSON")
    assert main(["keys", "create", "--name", "n" * 129, "--file", str(path.with_name("new"))]) == 2
    assert "at most 128 characters" in capsys.readouterr().err
    assert main(["keys", "create", "--name", "a", "--file", "/no/such/folder/keys"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_many_who_make_keys_at_a_time_lose_none(path: Path) -> None:
    command = [sys.executable, "-m", "voice_server", "keys", "create", "--name", "a", "--file", str(path)]
    makers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    made = [maker.communicate()[0].decode().strip() for maker in makers]
    succeeded = {secret[:11] for secret, maker in zip(made, makers, strict=True) if maker.returncode == 0}
    assert succeeded
    assert {key.id for key in read(path)} == succeeded
