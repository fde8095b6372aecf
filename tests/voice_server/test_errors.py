import re
from collections.abc import Iterator

import pytest

from voice_server import errors
from voice_server.errors import (
    BadInput,
    Busy,
    EngineError,
    EngineFailed,
    InvalidField,
    RateLimited,
    VoiceServerError,
    kind_of,
)


def below(kind: type[VoiceServerError]) -> Iterator[type[VoiceServerError]]:
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from below(child)


KINDS = list(below(VoiceServerError))
LEAVES = [kind for kind in KINDS if not kind.__subclasses__()]


def meaning(word: str) -> tuple[str, str]:
    if word.isdigit():
        return "close" if int(word) >= 1000 else "http", word
    if word in ("yes", "no"):
        return "retryable", word
    return "code", word


def drawn() -> dict[str, tuple[str, dict[str, str]]]:
    """Name, parent, and what else the drawing says, of every class in the tree of the module's docstring."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    parents = ["VoiceServerError"]
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r" {4}((?:[│ ] {3})*)[├└]── (\w+)(.*)", line):
            depth = len(match[1]) // 4 + 1
            parents[depth:] = [match[2]]
            said = dict(map(meaning, match[3].split()))
            found[match[2]] = (parents[depth - 1], said)
    return found


def test_the_drawn_tree_is_the_tree() -> None:
    assert {name: parent for name, (parent, _) in drawn().items()} == {
        kind.__name__: kind.__bases__[0].__name__ for kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_drawing_tells_the_truth_about(kind: type[VoiceServerError]) -> None:
    actual = {
        "code": kind.code,
        "close": str(kind.close_code),
        "http": str(kind.http_status),
        "retryable": "yes" if kind.retryable else "no",
    }
    inherited: dict[str, str] = {}
    for ancestor in reversed([ancestor for ancestor in kind.__mro__ if ancestor.__name__ in drawn()]):
        inherited |= drawn()[ancestor.__name__][1]
    assert {name: actual[name] for name in inherited} == inherited
    assert {"close", "http", "retryable"} <= inherited.keys()


def test_every_code_belongs_to_one_error() -> None:
    codes = [kind.code for kind in LEAVES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_error_that_is_raised_has_a_code_of_its_own(kind: type[VoiceServerError]) -> None:
    assert "code" in vars(kind)


def test_an_error_carries_its_message_and_the_field_at_fault() -> None:
    error = InvalidField("speed: too fast", field="speed")
    assert (error.message, error.field, str(error)) == ("speed: too fast", "speed", "speed: too fast")
    assert Busy("full").field is None


def test_only_what_the_client_cannot_help_is_worth_trying_again() -> None:
    assert not any(kind.retryable for kind in below(BadInput))
    assert {kind for kind in KINDS if kind.retryable} == {Busy, RateLimited, EngineError, EngineFailed}


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_an_error_is_found_again_by_its_code(kind: type[VoiceServerError]) -> None:
    assert kind_of(kind.code) is kind


def test_a_code_that_no_error_has_is_a_mistake_of_the_servers() -> None:
    assert kind_of("internal") is kind_of("no such code") is VoiceServerError
