from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spark.voice_files import (
    GENDERS,
    LEVELS,
    SparkVoice,
    Style,
    VoiceError,
    VoiceFolder,
    check_name,
    describe,
    read_voice,
)
from engine.types import Voice

TOKENS = tuple(range(7, 39))
ASHA = SparkVoice("asha", "Asha", "hi", "female", TOKENS)

STYLES = st.builds(
    Style,
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS),
    st.none() | st.tuples(st.integers(0, 1000), st.integers(0, 10)),
)
VOICES = st.builds(
    SparkVoice,
    id=st.from_regex(r"[abd-z0-9][a-z0-9_-]{3,10}[a-z0-9]", fullmatch=True),
    name=st.text(st.characters(categories=["L", "N", "P"]), max_size=40),
    language=st.sampled_from(["en", "hi", "en-in", "zh-Hans-CN"]),
    gender=st.sampled_from(GENDERS),
    tokens=st.lists(st.integers(0, 4095), min_size=32, max_size=32).map(tuple),
    style=st.none() | STYLES,
    speaker=st.sampled_from(["", "248", "Asha"]),
    template=st.sampled_from(["", "{speaker}: {text}"]),
    tags=st.dictionaries(st.sampled_from(["laugh", "happy"]), st.sampled_from(["<laughs>", "[happy]"])),
)


def refuse(values: object, name: str = "asha") -> str:
    with pytest.raises(VoiceError) as caught:
        read_voice(name, values, "asha.json")
    return str(caught.value)


@given(VOICES)
def test_a_voice_that_is_described_is_read_as_it_was(voice: SparkVoice) -> None:
    written = json.loads(json.dumps(describe(voice)))
    assert read_voice(voice.id, written, "a file") == voice


def test_clients_are_told_its_name_language_and_gender() -> None:
    assert ASHA.listed == Voice("asha", "Asha", "hi", "female")
    assert SparkVoice("b", tokens=TOKENS).listed == Voice("b", "b", "en", None)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], "asha.json: it must be a table, not []"),
        ({"tokens": list(TOKENS), "langage": "hi"}, "asha.json: there is no field 'langage': is it misspelt?"),
        ({"tokens": [0] * 31}, "asha.json: tokens: Tuple should have at least 32 items"),
        ({"tokens": [0] * 33}, "tokens: Tuple should have at most 32 items"),
        ({"tokens": []}, "tokens: Tuple should have at least 32 items"),
        ({"tokens": [*TOKENS[:31], 4096]}, "tokens.31: Input should be less than 4096, not 4096"),
        ({"tokens": [True] * 32}, "tokens.0: Input should be a valid integer, not True"),
        ({"tokens": "7" * 32}, "tokens: Input should be a valid"),
        ({"tokens": list(TOKENS), "language": "english please"}, "asha.json: language: String should match pattern"),
        ({"tokens": list(TOKENS), "gender": "f"}, "gender: Input should be 'female' or 'male', not 'f'"),
        ({"tokens": list(TOKENS), "name": "a\nb"}, "name: String should match pattern"),
        ({"tokens": list(TOKENS), "name": "a" * 500}, "name: String should have at most 200 characters"),
        ({"style": {"pitch": "deep"}, "gender": "male"}, "style.pitch: Input should be 'very_low', 'low'"),
        ({"style": {"values": [7]}, "gender": "male"}, "style.values"),
        (
            {"style": {"values": [1001, 1]}, "gender": "male"},
            "style.values.0: Input should be less than or equal to 1000",
        ),
        ({"style": {"speech": 3}, "gender": "male"}, "there is no field 'style.speech'"),
        ({"style": {}}, "asha.json: gender is missing"),
        ({"style": "deep", "gender": "male"}, "style: Input should be an object, not 'deep'"),
        ({}, "give it tokens, or a style or a speaker"),
        ({"tokens": list(TOKENS), "tags": {"chortle": "<laughs>"}}, "tags: there is no tag 'chortle'"),
    ],
)
def test_what_is_wrong_is_named(values: object, told: str) -> None:
    assert told in refuse(values)


NAMES_OF_NOBODY = ["", "..", ".", "../asha", "a/b", "a\\b", "/etc/passwd", "a.b", "asha.json", "-a", "a-", "A", "é",
                   "a\0b", "a\n", "a" * 65, "con", "com1", "~root", "a b", "%2e%2e"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES_OF_NOBODY)
def test_a_name_that_could_lead_out_of_the_folder_is_refused_everywhere(tmp_path: Path, name: str) -> None:
    folder = VoiceFolder(tmp_path / "voices")
    with pytest.raises(VoiceError, match="name is 1 to 64 of"):
        folder.keep(replace(ASHA, id=name))
    with pytest.raises(VoiceError, match="name is 1 to 64 of"):
        folder.forget(name)
    assert "name is 1 to 64 of" in refuse({"tokens": list(TOKENS)}, name)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=70))
def test_a_name_that_is_good_is_a_plain_files(name: str) -> None:
    try:
        check_name(name)
    except VoiceError:
        return
    assert Path(name).name == name == name.strip(" .") == name.lower()


def test_what_is_kept_is_there_when_the_folder_is_read_again(tmp_path: Path) -> None:
    other = SparkVoice("deep", gender="male", tokens=TOKENS, style=Style("low", "high", (180, 5)))
    folder = VoiceFolder(tmp_path / "new" / "voices")
    assert folder.read() == {}
    folder.keep(ASHA)
    folder.keep(other)
    assert VoiceFolder(tmp_path / "new" / "voices").read() == {"asha": ASHA, "deep": other}


def test_a_voice_of_the_same_name_takes_the_place_of_the_other(tmp_path: Path) -> None:
    folder = VoiceFolder(tmp_path)
    folder.keep(ASHA)
    folder.keep(replace(ASHA, language="mr"))
    assert folder.read() == {"asha": replace(ASHA, language="mr")}


def test_a_voice_is_forgotten_once(tmp_path: Path) -> None:
    folder = VoiceFolder(tmp_path)
    folder.keep(ASHA)
    assert [folder.forget("asha"), folder.forget("asha")] == [True, False]
    assert folder.read() == {}


def test_a_file_that_cannot_be_put_in_its_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*paths: Any) -> None:  # noqa: ANN401
        raise OSError(28, "No space left on device")

    folder = VoiceFolder(tmp_path)
    folder.keep(ASHA)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(VoiceError, match=r"asha\.json cannot be written: No space left on device"):
        folder.keep(replace(ASHA, language="mr"))
    assert [path.name for path in tmp_path.iterdir()] == ["asha.json"]
    assert folder.read() == {"asha": ASHA}


def test_others_may_read_what_is_kept_and_only_its_owner_may_change_it(tmp_path: Path) -> None:
    VoiceFolder(tmp_path).keep(ASHA)
    assert stat.S_IMODE((tmp_path / "asha.json").stat().st_mode) == 0o644


def test_files_that_are_no_voices_are_named(tmp_path: Path) -> None:
    path = tmp_path / "asha.json"
    for data, told in [
        (b"{", "is not JSON"),
        (b"[" * 60_000, "is not JSON"),
        (b'"' + b"a" * 70_000 + b'"', "is too large for a voice"),
        (b"{}", "give it tokens"),
        (b"\xff", "is not JSON"),
    ]:
        path.write_bytes(data)
        with pytest.raises(VoiceError, match=told) as caught:
            VoiceFolder(tmp_path).read()
        assert str(caught.value).startswith(str(path))


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a voice", "utf-8")
    (tmp_path / ".asha.json.x7").write_text("half of a voi", "utf-8")
    assert VoiceFolder(tmp_path).read() == {}
