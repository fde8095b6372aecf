"""Someone speaks in between: the page falls silent, and says what was heard."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import Open
from tests.browser.visit import AUDIBLE, RATE, Visit

pytestmark = pytest.mark.browser

TEXT = "I could go on like this for a long time, one clause after the other, until somebody interrupts me at last."


def interrupt_after(seen: Visit, heard_ms: float) -> None:
    seen.say(TEXT)
    seen.until(f"s.heardMs > {heard_ms}")
    seen.page.keyboard.press("Escape")
    seen.until("s.interruption?.spoken !== null && s.interruption.silentAfterMs !== null")


def test_escape_silences_within_a_few_hundred_milliseconds_and_nothing_follows(visit: Open, speaking: str) -> None:
    seen = visit(speaking, overheard=True)
    interrupt_after(seen, 1200)
    seen.page.wait_for_timeout(500)
    pressed = round(seen.page.evaluate("overheard.pressedAt") * RATE)
    heard = seen.recording()
    last = np.flatnonzero(np.abs(heard) > AUDIBLE)[-1]
    assert len(heard) > pressed + 0.4 * RATE  # it was listened to long enough
    assert last < pressed + 0.3 * RATE
    tail = heard[last - RATE // 100 : last + 2]
    assert np.max(np.abs(np.diff(tail))) < 0.2  # faded, not torn
    told = seen.stats()["interruption"]
    assert 0 <= told["silentAfterMs"] < 300
    assert 0 <= told["toldAfterMs"] < 300


def test_it_shows_what_was_heard_and_what_was_not(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    interrupt_after(seen, 1500)
    stats = seen.stats()
    told = stats["interruption"]
    assert told["spoken"] + told["remaining"] == TEXT
    ended = [word for word in stats["words"] if word["end"] * 1000 <= told["heardMs"]]
    assert told["spoken"].split() == [word["text"] for word in ended]
    assert seen.shown("#heard-text") == told["spoken"].strip()
    assert seen.shown("#unheard-text") == told["remaining"].strip()
    assert "ms" in seen.shown("#silent-after")
    assert "ms" in seen.shown("#told-after")
    struck = "".join(seen.page.locator("#transcript .unheard").all_text_contents())
    assert struck.strip() == told["remaining"].strip()


def test_the_cancel_says_how_much_was_heard(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    interrupt_after(seen, 800)
    (cancel,) = [message for message in seen.sent if message.get("cancel")]
    assert cancel["played_ms"] == pytest.approx(seen.stats()["interruption"]["heardMs"])
    assert cancel["played_ms"] > 800


def test_a_barge_in_stops_the_writing_too(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.until_open()
    seen.page.get_by_text("As an LLM writes").click()
    seen.page.locator("#rate").fill("10")
    interrupt_after(seen, 300)
    told = seen.stats()["interruption"]
    assert TEXT.startswith(told["spoken"] + told["remaining"])
    assert len(told["spoken"] + told["remaining"]) < len(TEXT)
    num_sent = len([message for message in seen.sent if "text" in message])
    seen.page.wait_for_timeout(400)
    assert len([message for message in seen.sent if "text" in message]) == num_sent


def test_speaking_anew_interrupts_what_is_spoken_and_both_stay_apart(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.say(TEXT)
    seen.until("s.heardMs > 500")
    stats = seen.hear("Something else.")
    assert [word["text"] for word in stats["words"]] == ["Something", "else."]
    assert seen.shown("#transcript") == "Something else."
    assert not seen.page.is_visible("#interruption")
    assert seen.page.locator("#barge").is_disabled()
