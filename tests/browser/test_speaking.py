"""The page speaks: what was made arrives at the loudspeaker, and the page tells truly what is heard when."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.conftest import Open
from tests.browser.visit import AUDIBLE, RATE
from voice_server.client import connect

pytestmark = pytest.mark.browser

TEXTS = {
    "English": "Good morning, this is what I sound like.",
    "हिन्दी": "नमस्ते, मेरी आवाज़ ऐसी है।",
    "తెలుగు": "నమస్కారం, నా గొంతు ఇలా ఉంటుంది.",
}
RAMP = 96
"""Samples over which the player fades in."""


def assert_speech(sound: NDArray[np.float32]) -> None:
    """Check what tells speech from silence, noise and tones: level, pauses, and where in the spectrum it lies."""
    frames = sound[: len(sound) // 960 * 960].reshape(-1, 960)
    level = np.sqrt(np.mean(frames**2, axis=1))
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    crossings = np.mean(np.abs(np.diff(np.signbit(sound)))) * RATE
    assert np.abs(sound).max() > 0.1
    assert np.percentile(level, 90) > 3 * np.percentile(level, 10)
    assert power[(hertz > 80) & (hertz < 4000)].sum() > 0.8 * power.sum()
    assert power.max() < 0.1 * power.sum()
    assert 300 < crossings < 8000


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("kind", ["PCM", "Opus"])
def test_a_sentence_is_heard_as_speech_of_the_right_length(
    visit: Open, speaking: str, language: str, kind: str
) -> None:
    seen = visit(speaking, overheard=True)
    seen.until_open()
    seen.page.get_by_role("button", name=language).click()
    seen.page.locator(".choice").get_by_text(kind).click()
    stats = seen.hear(TEXTS[language])
    sound = seen.sound()
    assert stats["audioMs"] > 1000
    assert stats["playedMs"] == pytest.approx(stats["audioMs"], abs=1)
    # zeros at the ends are not counted, and a busy machine may let the player run dry for a moment
    assert len(sound) / RATE * 1000 == pytest.approx(stats["audioMs"], abs=60 + 300 * stats["underruns"])
    assert stats["energy"] == pytest.approx(np.sum(sound.astype("f8") ** 2), rel=0.01)
    assert_speech(sound)
    assert seen.shown("#transcript") == TEXTS[language]
    assert [word["text"] for word in stats["words"]] == TEXTS[language].split()


def test_every_sample_reaches_the_loudspeaker_once_and_in_order(visit: Open, sounding: str) -> None:
    text = "Each of these words is a tone of its own, and none of them may be lost."

    async def reference() -> NDArray[np.float32]:
        async with connect(sounding) as client:
            utterance = await client.speak(text, voice="tone")
            return np.frombuffer(await utterance.collect(), "<i2").astype(np.float32) / np.float32(32768)

    with ThreadPoolExecutor() as elsewhere:  # in this thread the browser's own loop runs
        expected = elsewhere.submit(asyncio.run, reference()).result()
    for _ in range(3):  # a busy machine may let the player run dry, and what follows is then faded in
        seen = visit(sounding, overheard=True)
        if not seen.hear(text)["underruns"]:
            break
    heard = seen.recording()
    begin = np.flatnonzero(np.abs(heard) > 0)[0] - np.flatnonzero(np.abs(expected) > 0)[0]
    begin += np.argmax([match(heard, expected, begin + shift) for shift in range(-8, 9)]) - 8
    assert np.array_equal(heard[begin + RAMP : begin + len(expected)], expected[RAMP:])
    assert not heard[:begin].any()
    assert not heard[begin + len(expected) :].any()


def match(heard: NDArray[np.float32], expected: NDArray[np.float32], begin: int) -> float:
    return float(np.mean(heard[begin + RAMP : begin + RAMP + 4800] == expected[RAMP : RAMP + 4800]))


def test_words_light_up_while_they_are_heard_and_in_order(visit: Open, speaking: str) -> None:
    text = "One word after another lights up while it leaves the loudspeaker, and not before."
    seen = visit(speaking)
    seen.page.evaluate(
        """() => { window.lit = []; const note = () => {
          const { lit, heardMs } = voiceDemo.stats();
          const shown = document.querySelector("#transcript .now")?.textContent ?? null;
          if (shown !== null && shown !== window.lit.at(-1)?.word) window.lit.push({ word: shown, heardMs });
          requestAnimationFrame(note);
        }; note(); }"""
    )
    stats = seen.hear(text)
    noted = seen.page.evaluate("window.lit")
    spoken = [word["text"] for word in stats["words"]]
    order = [spoken.index(entry["word"]) for entry in noted]
    assert all(earlier < later for earlier, later in pairwise(order))
    assert len(noted) > 0.7 * len(spoken)  # a busy machine may draw too seldom for the shortest
    for entry, index in zip(noted, order, strict=True):
        assert stats["words"][index]["start"] * 1000 - 5 <= entry["heardMs"]
        assert entry["heardMs"] <= stats["words"][index]["end"] * 1000 + 250
    assert seen.page.locator("#transcript .heard").count() == len(spoken)


def test_text_that_arrives_by_tokens_is_spoken_before_it_has_all_arrived(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    seen.until_open()
    seen.page.get_by_text("As an LLM writes").click()
    seen.page.locator("#rate").fill("20")
    text = "The first clause is short, and the second one is quite a bit longer so that it takes a while."
    seen.say(text)
    seen.until("s.state === 'speaking'")
    assert seen.shown("#transcript") in text
    assert len(seen.shown("#transcript")) < len(text)
    seen.until("s.state === 'done'", 40)
    pieces = [message["text"] for message in seen.sent if "text" in message and "format" not in message]
    assert len(pieces) > 20
    assert seen.shown("#transcript") == text
    assert seen.stats()["latency"]["server"]["text_wait_ms"] > 100


def test_the_server_is_told_four_times_a_second_what_was_heard(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    stats = seen.hear("The server would like to know where its listener is, about four times in every second.")
    reports = [message["playback"]["played_ms"] for message in seen.sent if "playback" in message]
    assert reports == sorted(reports)
    assert reports[-1] == pytest.approx(stats["audioMs"], abs=1)
    assert 2.5 < len(reports) / (stats["audioMs"] / 1000) < 5.5


def test_the_panel_tells_where_the_time_went(visit: Open, speaking: str) -> None:
    seen = visit(speaking)
    for _ in range(3):
        stats = seen.hear("Hello.")
    latency = stats["latency"]
    parts = {part["name"]: part["ms"] for part in latency["parts"]}
    began = latency["startedAt"]
    assert list(parts) == ["text", "queue", "engine", "sending", "network", "player"]
    assert all(ms >= 0 for ms in parts.values())
    assert sum(parts.values()) == pytest.approx(latency["playedAt"] - began, abs=0.5)
    assert began < latency["firstByteAt"] <= latency["firstAudibleAt"] <= latency["playedAt"] < began + 1000
    assert re.fullmatch(r"[\d.]+ ms", seen.shown("#headline"))
    assert all(re.fullmatch(r"[\d.]+ ms", value) for value in seen.page.locator("#waterfall .value").all_inner_texts())
    assert seen.page.locator("#history g").count() == 3
    assert seen.page.get_attribute("#history", "aria-label") != "No utterance yet"


def test_a_stretch_without_sound_is_counted_and_loses_no_sample(visit: Open, sounding: str) -> None:
    seen = visit(sounding, overheard=True)
    played = seen.page.evaluate(
        """async () => {
          const { Player } = await import("/demo/player.js");
          const player = await Player.prepared(48000);
          await player.resume();
          const states = [];
          const line = player.open(1, (state) => states.push(state));
          const half = () => Float32Array.from({ length: 9600 }, (_, i) => 0.5 * Math.sin(i / 20));
          const until = async (state) => {
            const end = performance.now() + 5000;
            while (states.at(-1) !== state) {
              if (performance.now() > end) throw new Error(`${state} does not come: ${states}`);
              await new Promise((done) => setTimeout(done, 5));
            }
          };
          line.push(half());
          await until("filling");
          line.push(half());
          line.finish(19200);
          await until("over");
          return { states, underruns: line.underruns, played: line.played };
        }"""
    )
    assert played == {"states": ["playing", "filling", "playing", "over"], "underruns": 1, "played": pytest.approx(0.4)}
    sound = seen.sound()
    gap = np.max(np.diff(np.flatnonzero(np.abs(sound) > AUDIBLE)))
    assert gap > 128
    assert np.max(np.abs(np.diff(sound))) < 0.1  # it faded out and in: no click


@pytest.mark.parametrize("text", [*TEXTS.values(), "a  b\n\nc 1234567 $5.00 👩‍👩‍👧 न‌मस्ते", "", " "])
def test_tokens_put_together_are_the_text(visit: Open, sounding: str, text: str) -> None:
    seen = visit(sounding)
    script = "async (text) => (await import('/demo/feeder.js')).tokens(text)"
    tokens = seen.page.evaluate(script, text)
    assert "".join(tokens) == text
    assert all(len(token.strip()) <= 20 for token in tokens)
