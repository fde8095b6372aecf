import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.keys import Key, SingleKey, digest, id_of, mint


def test_a_new_key_shows_who_it_is_and_keeps_190_bits_to_itself() -> None:
    secret = mint()
    assert secret.startswith("vs_")
    assert secret.isascii()
    assert len(secret) == 3 + 8 + 32
    assert id_of(secret) == secret[:11]


def test_no_two_keys_are_alike_in_any_part() -> None:
    minted = [mint() for _ in range(1000)]
    assert len({secret[:11] for secret in minted}) == len({secret[11:] for secret in minted}) == 1000


@pytest.mark.parametrize("given", ["", "vs_", "vs_short", "sk_abcdefgh", "vs_abc-efgh", " vs_abcdefgh", "vs_äbcdefgh"])
def test_what_is_none_of_ours_has_no_id(given: str) -> None:
    assert id_of(given) is None


@given(st.text())
def test_a_key_opens_with_its_secret_and_with_nothing_else(other: str) -> None:
    secret = mint()
    key = Key("vs_abcdefgh", digest=digest(secret))
    assert key.opens_with(secret)
    assert not key.opens_with(other)
    assert not key.opens_with(secret + other[:1] + " ")
    assert not key.opens_with(secret[:-1])


def test_what_no_text_can_hold_is_only_a_wrong_key() -> None:
    assert not Key("vs_abcdefgh", digest=digest("right")).opens_with("\ud800")


def test_a_key_without_a_digest_opens_with_nothing() -> None:
    assert not Key("vs_abcdefgh").opens_with("")


def test_a_key_is_good_for_its_scopes_and_an_admin_for_all() -> None:
    assert Key("k").may("speak")
    assert not Key("k").may("metrics")
    assert Key("k", scopes=frozenset({"metrics"})).may("metrics")
    assert not Key("k", scopes=frozenset({"metrics"})).may("speak")
    admin = Key("k", scopes=frozenset({"admin"}))
    assert admin.may("speak")
    assert admin.may("metrics")


def test_a_key_expires_at_its_second_if_at_all() -> None:
    assert not Key("k").expired(1e12)
    assert not Key("k", expires_at=100.0).expired(99.9)
    assert Key("k", expires_at=100.0).expired(100.0)


def test_a_digest_is_not_shown_by_accident() -> None:
    assert "digest" not in repr(Key("k", digest=digest("sesame")))


def test_the_single_key_is_found_by_its_secret_and_may_do_everything() -> None:
    ring = SingleKey("sesame")
    key = ring.find("sesame")
    assert key is not None
    assert key.may("admin")
    assert ring.find("sesam") is None
    assert ring.get(key.id) is key
    assert ring.get("vs_abcdefgh") is None
