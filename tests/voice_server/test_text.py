"""What `voice-server text` shows."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from voice_server.cli import main
from voice_server.text import show

ANSWER = "**Hi**, that is $5.[pause 1s]\n- [laugh] ok"


def test_every_stage_is_shown_with_its_source() -> None:
    lines = [" ".join(line.split()) for line in show(ANSWER, "en", "on").splitlines()]
    assert lines[:4] == [
        "input **Hi**, that is $5.[pause 1s]⏎- [laugh] ok",
        "markup ··Hi··, that is $5.✂·········⏎¶ ······· ok",
        "(· nothing ¶ a block ends ✂ the piece ends ⏎ a line ends)",
        "language en: numbers, dates, units and signs are said in words",
    ]
    assert "mark 19-29 pause 1000 ms [pause 1s]" in lines
    assert "mark 32-39 event laugh [laugh]" in lines
    assert "say 16-19 five dollars. ← $5." in lines
    assert lines[lines.index("say 40-42 ok") - 1] == "silence 1000 ms"
    assert "piece 0-20 ··Hi··, that is $5.✂ (cut, sentence)" in lines


def test_the_emotion_of_a_piece_and_the_silence_before_it_are_shown() -> None:
    text = "[sad] Oh no, it is over.\n\nWell then. [neutral]\nSo [pause 2s] be it."
    pieces = json.loads(show(text, "en", "on", as_json=True))["pieces"]
    said = [(piece["spans"][0]["text"], piece["gap_ms"], piece["emotion"]) for piece in pieces if piece["spans"]]
    assert said == [("Oh", 0, "sad"), ("Well", 500, "sad"), ("So", 300, ""), ("be", 2000, "")]
    lines = [" ".join(line.split()) for line in show(text, "en", "on").splitlines()]
    assert lines[lines.index("say 26-30 Well") - 2 :][:2] == ["silence 500 ms", "emotion sad"]


def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["text", "५ किलो", "--language", "hi", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["input"], found["language"], found["support"], found["marks"]) == ("५ किलो", "hi", "full", [])
    (piece,) = found["pieces"]
    assert (piece["start"], piece["end"], piece["after"]) == (0, 6, "none")
    assert piece["spans"][0]["start"] == 0
    assert "".join(span["text"] for span in piece["spans"]).startswith("पाँच")


def test_what_is_piped_in_is_shown_even_if_it_is_torn() -> None:
    command = [sys.executable, "-m", "voice_server", "text", "-", "--markup", "off"]
    done = subprocess.run(command, input=b"**a** \xe0\xa4", capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "say     0-5          **a**" in done.stdout.decode()


def test_an_unknown_language_is_told() -> None:
    assert "language  xx: unknown" in show("a", "xx", "on")


def test_a_long_skipped_body_is_not_shown_twice_in_full() -> None:
    (mark,) = [line for line in show("```\n" + "x = 1\n" * 50 + "```", "en", "on").splitlines() if line[:5] == "mark "]
    assert "skipped code" in mark
    assert len(mark) < 100
