"""Log lines: what they look like, and that nothing that happens to them hurts anybody."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_server.logs import JsonLines, PrettyLines, Spool

PATIENCE_S = 10.0


def build_record(event: str = "utterance", **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("voice_server", logging.INFO, "", 0, event, (), None)
    record.created, record.msecs = 1_700_000_000.25, 250.0
    record.fields = fields
    return record


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.Logger("test", logging.DEBUG)
    yield logger
    for handler in logger.handlers:
        assert isinstance(handler, Spool)
        handler.finish(PATIENCE_S)


def test_a_json_line_holds_the_time_the_event_and_its_fields() -> None:
    assert json.loads(JsonLines().format(build_record(chars=36, voice="hi"))) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "info",
        "logger": "voice_server",
        "event": "utterance",
        "chars": 36,
        "voice": "hi",
    }


def test_a_pretty_line_is_read_from_left_to_right() -> None:
    line = PrettyLines().format(build_record(voice="en-us", context="my context", ttfb_ms=11.4))
    assert line == '22:13:20.250 info    utterance voice=en-us context="my context" ttfb_ms=11.4'


@given(st.text())
def test_nobody_can_write_a_second_line_with_a_name_of_their_own(name: str) -> None:
    for formatter in (JsonLines(), PrettyLines()):
        line = formatter.format(build_record(context=name))
        assert len(line.splitlines()) == 1
        assert line.isascii()
    assert json.loads(JsonLines().format(build_record(context=name)))["context"] == name


@given(st.text(min_size=1))
def test_a_pretty_value_is_one_word_or_quoted(name: str) -> None:
    value = PrettyLines().format(build_record(context=name)).partition("context=")[2]
    assert value == name if " " not in value and not value.startswith('"') else json.loads(value) == name


def test_an_exception_is_told_with_where_it_came_from(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        logger.addHandler(spool := Spool(file.fileno(), JsonLines()))
        try:
            raise ValueError("no such luck")
        except ValueError:
            logger.exception("a connection failed")
        spool.finish(PATIENCE_S)
    (line,) = lines_of(path)
    assert line["level"] == "error"
    assert str(line["exception"]).startswith("Traceback")
    assert "ValueError: no such luck" in str(line["exception"])


def test_lines_come_in_order_and_whole(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        logger.addHandler(spool := Spool(file.fileno(), JsonLines()))
        for number in range(2000):
            logger.info("counted", extra={"fields": {"number": number}})
        spool.finish(PATIENCE_S)
    assert [line["number"] for line in lines_of(path)] == list(range(2000))
    assert spool.num_lost == 0


def test_a_reader_who_stops_reading_holds_nobody_up_and_the_loss_is_told(logger: logging.Logger) -> None:
    reading, writing = os.pipe()
    logger.addHandler(spool := Spool(writing, JsonLines(), capacity=100))
    for number in range(5000):  # more than pipe and spool hold
        logger.info("counted", extra={"fields": {"number": number}})
    spool.finish(0.0)
    assert spool.num_lost > 1000
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.extend(iter(lambda: os.read(reading, 1 << 16), b"")))
    reader.start()
    spool.finish(PATIENCE_S)
    os.close(writing)
    reader.join(PATIENCE_S)
    os.close(reading)
    lines = [json.loads(line) for line in b"".join(heard).splitlines()]
    numbers = [line["number"] for line in lines if line["event"] == "counted"]
    told = [line["lines"] for line in lines if line["event"] == "log lines lost"]
    assert numbers == sorted(numbers)
    assert len(numbers) + sum(told) == 5000
    assert sum(told) == spool.num_lost


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_costs_the_lines_and_nothing_else(logger: logging.Logger) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        logger.addHandler(spool := Spool(full.fileno(), JsonLines()))
        for _ in range(100):
            logger.info("counted")
        spool.finish(PATIENCE_S)
    assert spool.num_lost == 100


def test_what_is_lost_on_a_full_disk_is_told_when_there_is_room_again(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file, Path("/dev/full").open("wb") as full:
        kept = os.dup(file.fileno())
        os.dup2(full.fileno(), file.fileno())
        logger.addHandler(spool := Spool(file.fileno(), JsonLines()))
        for number in range(3):
            logger.info("counted", extra={"fields": {"number": number}})
        while spool.num_lost < 3:
            os.sched_yield()
        os.dup2(kept, file.fileno())
        os.close(kept)
        logger.info("counted", extra={"fields": {"number": 3}})
        spool.finish(PATIENCE_S)
    first, second = lines_of(path)
    assert first["number"] == 3
    assert (second["event"], second["level"], second["lines"]) == ("log lines lost", "warning", 3)


def test_a_closed_stderr_costs_the_lines_and_nothing_else(logger: logging.Logger) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    for descriptor in (None, writing):  # not there from the start; closed by who read it
        logger.addHandler(spool := Spool(descriptor, JsonLines()))
        logger.info("counted")
        spool.finish(PATIENCE_S)
        assert spool.num_lost == 1
        logger.removeHandler(spool)
    os.close(writing)


def test_a_line_that_cannot_be_put_into_words_does_not_end_the_log(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        logger.addHandler(spool := Spool(file.fileno(), JsonLines()))
        logger.info("one argument for none", "superfluous")
        logger.info("counted")
        spool.finish(PATIENCE_S)
    assert [line["event"] for line in lines_of(path)] == ["counted", "log lines lost"]
