"""What goes wrong is said in words a person can use, and mends itself where it can."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.voice_server.key_rings import KeyRingFile
from voice_server.private import private_server

pytestmark = pytest.mark.browser

KEY = "open-sesame"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_server_that_goes_away_is_told_and_is_found_again_when_it_is_back(visit: Open) -> None:
    port = str(free_port())
    with private_server(["--port", port, "--drain", "0"]) as url:
        seen = visit(url)
        seen.expected = "ERR_"  # browsers log every connection that is refused
        seen.until_open()
        seen.page.get_by_text("As an LLM writes").click()
        seen.page.locator("#rate").fill("10")
        seen.say("This sentence is going to be cut short, because its server goes away while it is being written.")
        seen.until("s.heardMs > 500")
    seen.page.get_by_text("The server does not answer.").wait_for()
    assert "connects again by itself" in seen.shown("#trouble-advice")
    assert seen.shown("#connection-text").startswith("Offline")
    assert seen.page.is_visible("#retry")
    seen.until("s.state === 'failed'")
    with private_server(["--port", port]) as url:
        seen.until_open()
        assert "Connected" in seen.shown("#connection-text")
        assert seen.shown("#trouble-title") == "The connection was lost while speaking."
        assert seen.hear("Here I am again.")["audioMs"] > 500
        assert not seen.page.is_visible("#trouble")


def test_what_has_arrived_is_spoken_to_its_end_though_the_server_is_gone(visit: Open) -> None:
    with private_server() as url:
        seen = visit(url)
        seen.expected = "ERR_"
        seen.say("All of this had been sent before the server went away, so there is no reason to stop.")
        seen.until("s.heardMs > 300")
    seen.until("s.connection === 'waiting' && s.state === 'speaking'")
    seen.until("s.state === 'done'")
    assert seen.stats()["playedMs"] == pytest.approx(seen.stats()["audioMs"], abs=1)


def test_a_key_is_asked_for_where_one_is_needed_and_a_token_is_kept_in_its_place(visit: Open) -> None:
    with private_server(["--api-key", KEY]) as url:
        seen = visit(url)
        seen.expected = "401|ERR_"
        seen.page.get_by_label("This server asks for an API key").fill("guessed")
        seen.page.keyboard.press("Enter")
        seen.page.get_by_text("The server does not know this key.").wait_for()
        seen.page.get_by_label("This server asks for an API key").fill(KEY)
        seen.page.get_by_role("button", name="Connect").click()
        assert seen.hear("I know the word.")["audioMs"] > 500
        assert not seen.page.is_visible("#key-form")
        assert not seen.page.is_visible("#trouble")
        seen.page.reload()
        seen.until_open()
        assert not seen.page.is_visible("#key-form")
        assert seen.hear("I still do.")["audioMs"] > 500
        kept = seen.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage}) + document.cookie")
        assert '"vt.' in kept.replace("\\", "")
        for place in (kept, seen.page.url, *seen.asked):
            assert KEY not in place


def test_a_token_is_renewed_while_the_page_is_open(visit: Open) -> None:
    with private_server(["--api-key", KEY]) as url:
        seen = visit(url)
        seen.expected = "ERR_"
        seen.page.clock.install()
        seen.page.reload()
        seen.page.get_by_label("This server asks for an API key").fill(KEY)
        seen.page.keyboard.press("Enter")
        seen.page.locator('[data-state="open"]').wait_for()
        first = seen.page.evaluate("sessionStorage['voice-server-token']")
        with seen.page.expect_response("**/v1/tokens") as renewed:
            seen.page.clock.fast_forward("31:00")
        assert renewed.value.status == 200
        seen.page.reload()
        seen.page.locator('[data-state="open"]').wait_for()
        assert seen.page.evaluate("sessionStorage['voice-server-token']") != first


def test_a_key_that_is_revoked_is_asked_for_again(visit: Open, tmp_path: Path) -> None:
    keys = KeyRingFile(tmp_path / "keys.jsonl")
    key, other = keys.make("a guest's"), keys.make("another guest's")
    with private_server(["--keys", str(keys.path)]) as url:
        seen = visit(url)
        seen.expected = "401|ERR_"
        seen.page.get_by_label("This server asks for an API key").fill(key)
        seen.page.keyboard.press("Enter")
        seen.until_open()
        keys.revoke(key)
        seen.page.get_by_label("This server asks for an API key").wait_for()
        assert "no longer good" in seen.shown("#trouble-title")
        seen.page.get_by_label("This server asks for an API key").fill(other)
        seen.page.keyboard.press("Enter")
        assert seen.hear("I am another guest.")["audioMs"] > 500
        assert not seen.page.is_visible("#trouble")


def test_no_key_is_asked_for_where_none_is_needed(visit: Open, sounding: str) -> None:
    seen = visit(sounding)
    seen.until_open()
    assert not seen.page.is_visible("#key-form")


def test_a_server_that_is_full_is_told_as_that(visit: Open) -> None:
    with private_server(["--engine", "tone", "--max-sessions", "1"]) as url:
        first = visit(url)
        first.until_open()
        second = visit(url)
        second.expected = "503|ERR_"
        second.page.get_by_text("The server is busy.").wait_for()
        assert "All of its sessions are taken." in second.shown("#trouble-advice")
        first.page.goto("about:blank")
        second.until_open()
        assert not second.page.is_visible("#trouble")


def test_what_the_server_does_not_accept_is_told_and_costs_one_utterance(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.until_open()
    seen.page.evaluate("document.getElementById('voice').append(new Option('gone', 'gone', true, true))")
    seen.say("With a voice that is not there.")
    seen.page.get_by_text("The server has no such voice.").wait_for()
    seen.until_open()
    assert seen.hear("With one that is.")["audioMs"] > 300
    assert not seen.page.is_visible("#trouble")


def test_an_empty_text_is_asked_for(visit: Open, sounding: str) -> None:
    seen = visit(sounding)
    seen.say("   ")
    assert seen.shown("#trouble-title") == "There is nothing to say yet."
    assert seen.page.evaluate("document.activeElement.id") == "text"


def test_text_in_which_there_is_nothing_to_say_ends_in_silence(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    assert seen.hear("…")["audioMs"] == 0
