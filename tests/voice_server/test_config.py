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
