from pathlib import Path

import pytest
from pydantic import ValidationError

from voice_server.config import Settings


def test_the_defaults_serve_this_machine_only() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.engine, settings.api_key) == ("127.0.0.1", 8000, "espeak", None)
    assert (settings.max_contexts, settings.max_text_chars, settings.max_frame_bytes) == (64, 1 << 20, 1 << 20)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.0.7", "example.org"])
@pytest.mark.parametrize("key", [None, ""])
def test_others_are_let_in_only_with_a_key(host: str, key: str | None) -> None:
    with pytest.raises(ValidationError, match="VOICE_SERVER_API_KEY"):
        Settings(host=host, api_key=key)
    assert Settings(host=host, api_key="sesame").host == host
    assert Settings(host=host, api_key=key, keys_file=Path("keys.jsonl")).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_no_key(host: str) -> None:
    assert Settings(host=host).api_key is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", -1),
        ("port", 65536),
        ("port", "http"),
        ("max_sessions", 0),
        ("max_contexts", 0),
        ("max_text_chars", 0),
        ("max_frame_bytes", 12),
        ("engine_options", ["chunk_ms"]),
        ("colour", "green"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: value})
    assert refused.value.errors()[0]["loc"][0] == name


def test_settings_do_not_change_once_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 9000


def test_a_lexicon_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("SQL = sequel\n", "utf-8")
    assert len(Settings.model_validate({"lexicon": path}).lexicon) == 1
    assert len(Settings().lexicon) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"one\ntwo = 2\nthree = \n", "(?s)words.txt has 2 problems:.*line 1.*line 3"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_lexicon_that_cannot_be_used_is_told_with_what_to_mend(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({"lexicon": path})


def test_a_voice_map_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "voices.json"
    path.write_text('{"alloy": "en-us+f3"}', "utf-8")
    assert Settings.model_validate({"voice_map": path}).voice_map == {"alloy": "en-us+f3"}
    assert Settings().voice_map == {}


@pytest.mark.parametrize("written", ["", "[]", "alloy = en-us", '{"alloy": 1}', b"\xff"])
def test_a_voice_map_that_is_none_is_refused(tmp_path: Path, written: str | bytes) -> None:
    path = tmp_path / "voices.json"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(ValidationError, match="voice_map"):
        Settings.model_validate({"voice_map": path})


def test_a_voice_map_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="give the path of a voice map"):
        Settings.model_validate({"voice_map": tmp_path / "none.json"})
