"""The page as an object of use: on a phone, by keyboard, in light and dark, in peace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.browser.conftest import Open
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}

CONTRASTS = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest(":disabled, option, svg")) continue;
    const [front, back] = [light(rgba(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    found.push({ text: walker.currentNode.data.trim().slice(0, 40), ratio });
  }
  return found;
}"""


def everything_open(seen: Visit) -> None:
    """Bring the page into the state in which it shows most."""
    seen.until_open()
    seen.page.get_by_text("As an LLM writes").click()
    seen.page.locator("#rate").fill("200")
    seen.page.click("#reading summary")
    seen.say("A **sentence** for 3 [sneeze] that is going to be interrupted while it is being spoken, so all shows.")
    seen.until("s.heardMs > 700")
    seen.page.keyboard.press("Escape")
    seen.until("s.interruption?.spoken !== null && s.interruption.silentAfterMs !== null")


def test_on_a_phone_nothing_is_wider_than_the_screen_and_everything_can_be_hit(visit: Open, speaking: str) -> None:
    seen = visit(speaking, **PHONE)
    everything_open(seen)
    assert seen.page.evaluate("document.scrollingElement.scrollWidth") == 360
    boxes = [
        (control.get_attribute("id") or control.inner_text(), control.bounding_box())
        for control in seen.page.locator("button, select, textarea, input[type=range], .choice span").all()
        if control.is_visible()
    ]
    assert len(boxes) > 10
    for name, box in boxes:
        assert box, name
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= 360, name
        assert box["height"] >= 30, name


def test_the_whole_way_goes_by_keyboard_alone(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.until_open()
    stops = tab_through(seen)
    named = [stop["name"] for stop in stops]
    assert all(named)
    assert all(stop["ring"] for stop in stops), [stop for stop in stops if not stop["ring"]]
    assert {"Skip to the text", "Say something", "Language", "Voice", "Timbre", "Speak Ctrl ↵"} <= set(named)
    seen.page.focus("#language")
    seen.page.keyboard.type("Hin")
    seen.page.focus("#text")
    seen.page.keyboard.press("Control+A")
    seen.page.keyboard.type("नमस्ते, यह केवल कीबोर्ड से लिखा गया है और बोला जा रहा है।")
    seen.page.keyboard.press("Control+Enter")
    seen.until("s.heardMs > 600")
    seen.page.keyboard.press("Escape")
    seen.until("s.state === 'interrupted' && s.interruption.spoken !== null")
    assert seen.shown("#heard-text").startswith("नमस्ते")
    assert seen.page.evaluate("document.activeElement.id") == "text"


def tab_through(seen: Visit) -> list[dict[str, Any]]:
    """Return every stop of the Tab key: the name it is announced by, and whether it can be seen to have the focus."""
    script = """() => {
      const at = document.activeElement;
      if (at === document.body) return null;
      const said = [...(at.labels ?? [])].map((label) => label.innerText);
      const ringed = at.matches(".choice input") ? at.nextElementSibling : at;
      const name = at.ariaLabel ?? (said.join(" ") || at.innerText || at.placeholder);
      const ring = parseFloat(getComputedStyle(ringed).outlineWidth) >= 2;
      return { id: at.id, name: name.replace(/\\s+/g, " ").trim(), ring };
    }"""
    stops: list[dict[str, Any]] = []
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        stop = seen.page.evaluate(script)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"Tab does not come to an end: {stops}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(visit: Open, speaking: str, scheme: str) -> None:
    seen = visit(speaking, color_scheme=scheme)
    everything_open(seen)
    seen.page.evaluate("document.querySelectorAll('[hidden]').forEach((node) => (node.hidden = false))")
    found = seen.page.evaluate(CONTRASTS)
    assert len(found) > 30
    assert [entry for entry in found if entry["ratio"] < 4.5] == []


def test_dark_is_dark_and_light_is_light(visit: Open, sounding: str) -> None:
    def brightness(scheme: str) -> float:
        seen = visit(sounding, color_scheme=scheme)
        colour = seen.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        return float(np.mean(colour))

    assert brightness("dark") < 40
    assert brightness("light") > 220


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_the_waveform_stands_still_for_those_who_want_that(
    visit: Open, speaking: str, motion: str, moves: bool
) -> None:
    seen = visit(speaking, reduced_motion=motion)
    seen.expected = "willReadFrequently"
    seen.say("This sentence is long enough to be looked at twice while it is being spoken by the page.")
    corner = """() => { const scope = document.getElementById("scope");
      return [...scope.getContext("2d").getImageData(0, 0, scope.width / 12, scope.height).data].join(); }"""
    seen.until("s.heardMs > 2200")
    before = seen.page.evaluate(corner)
    seen.until("s.heardMs > 2900")
    assert (seen.page.evaluate(corner) != before) is moves


def test_it_asks_no_one_else_for_anything(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.hear("Just between you and me.")
    assert seen.asked
    host = speaking.removeprefix("http://").rstrip("/")
    assert {address.split("/")[2] for address in seen.asked} == {host}


def test_the_pickers_offer_what_the_server_has_and_what_they_say_is_spoken(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.until_open()
    languages = seen.page.locator("#language option").all_inner_texts()
    assert {"English", "Hindi", "Telugu"} <= set(languages)
    assert sorted(languages[:30]) == languages[:30]
    seen.page.select_option("#language", label="English")
    seen.page.select_option("#voice", label="Great Britain")
    seen.page.select_option("#variant", "f3")
    seen.page.locator("#speed").fill("1.5")
    seen.hear("Quite so.")
    first = next(message for message in seen.sent if message.get("text") == "Quite so.")
    assert (first["voice"], first["speed"]) == ("en-gb+f3", 1.5)
