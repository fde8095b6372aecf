import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.keys import Key, Scope, digest
from voice_server.tokens import RENEWABLE_S, Tokens

NOW = 1_764_000_000.0
ADMIN: frozenset[Scope] = frozenset({"admin"})
KEYS = {
    "vs_abcdefgh": Key("vs_abcdefgh", digest=digest("a"), scopes=ADMIN),
    "vs_short000": Key("vs_short000", digest=digest("b"), expires_at=NOW + 30.5),
}
KEY, SHORT = KEYS.values()


def test_a_token_leads_back_to_its_key_and_tells_when_it_ends() -> None:
    tokens = Tokens(KEYS.get)
    token = tokens.issue(KEY, 60, NOW)
    assert token.expires_at == NOW + 60
    found = tokens.find(token.text)
    assert found is not None
    key, expires_at = found
    assert (key.id, key.digest, expires_at) == (KEY.id, KEY.digest, NOW + 60)


def test_a_token_may_speak_and_nothing_more_whatever_its_key_may() -> None:
    tokens = Tokens(KEYS.get)
    key, _ = tokens.find(tokens.issue(KEY, 60, NOW).text) or (KEY, 0.0)
    assert key.scopes == {"speak"}


def test_a_token_can_be_exchanged_again_and_again_but_not_for_ever() -> None:
    tokens = Tokens(KEYS.get)
    now, held = NOW, KEY
    while (token := tokens.issue(held, 3600, now)).expires_at > now:
        found = tokens.find(token.text)
        assert found is not None
        held = found[0]
        now += 3000
    assert NOW + RENEWABLE_S <= now < NOW + RENEWABLE_S + 3600
    assert held.expires_at == NOW + RENEWABLE_S


def test_a_token_never_outlives_its_key() -> None:
    assert Tokens(KEYS.get).issue(SHORT, 3600, NOW).expires_at == NOW + 30


def test_a_token_dies_with_its_key_and_is_not_inherited() -> None:
    keys = dict(KEYS)
    tokens = Tokens(keys.get)
    token = tokens.issue(KEY, 60, NOW).text
    keys[KEY.id] = Key(KEY.id, digest=digest("another"))
    assert tokens.find(token) is None
    del keys[KEY.id]
    assert tokens.find(token) is None


def test_a_token_dies_with_the_process_that_issued_it() -> None:
    token = Tokens(KEYS.get).issue(KEY, 60, NOW).text
    assert Tokens(KEYS.get).find(token) is None


@given(st.data())
def test_a_token_that_was_changed_anywhere_is_none(data: st.DataObject) -> None:
    tokens = Tokens(KEYS.get)
    token = tokens.issue(KEY, 60, NOW).text
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.text(max_size=3).filter(lambda text: text != token[at]))
    changed = token[:at] + other + token[at + 1 :]
    last = at == len(token) - 1  # of the last character two bits are no part of the signature
    assert last or tokens.find(changed) is None


@pytest.mark.parametrize("text", ["", "vt....", "vt.vs_abcdefgh.1.1.", "vs_abcdefgh", "\ud800", "vt." * 1000])
def test_what_is_no_token_is_not_taken_for_one(text: str) -> None:
    assert Tokens(KEYS.get).find(text) is None
