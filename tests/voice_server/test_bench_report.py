from __future__ import annotations

import json
from array import array
from pathlib import Path

import pytest

from voice_server.bench.log import CallLog, Run, RunLog, Usage, merged
from voice_server.bench.prometheus import buckets_of, lag_ms
from voice_server.bench.report import BEGIN, END, NoPlace, as_json, headlines, machine, markdown, put_into, table
from voice_server.bench.result import Result, Row, doubts, summary, unfinished

METRICS = """\
# TYPE tts_loop_lag_seconds histogram
tts_loop_lag_seconds_bucket{le="0.001"} 90.0
tts_loop_lag_seconds_bucket{le="0.01"} 100.0
tts_loop_lag_seconds_bucket{le="+Inf"} 100.0
tts_loop_lag_seconds_sum 0.2
"""


def build_log(lag_ms: float = 0.2, cores: float = 0.1, calls: list[CallLog] | None = None) -> RunLog:
    return RunLog(100.0, 10.0, calls or [], array("d", [lag_ms / 1000] * 100), cores, cores, 1)


def build_run(lag_ms: float = 0.2, cores: float = 0.1, strangers: float = 0.0) -> Run:
    busy_s = 10 * (0.5 + cores + strangers)
    return Run(build_log(lag_ms, cores), [Usage(100.0, 0.0, 0.0, 0.0), Usage(110.0, 3.0, 2.0, busy_s)])


def test_a_run_of_a_quiet_generator_on_a_quiet_machine_is_believed() -> None:
    assert doubts(build_run()) == []


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (build_run(lag_ms=12.0), "woke 12.0 ms late"),
        (build_run(cores=0.93), "93% of a core"),
        (build_run(strangers=0.6), "other programs used 0.60 cores"),
    ],
)
def test_a_machine_that_was_too_slow_is_told_and_its_numbers_pass_nothing(run: Run, reason: str) -> None:
    found = Result("poisson", "Poisson arrivals", [Row("audible TTFB p95", 4.0, "ms", 20.0)], doubts=doubts(run))
    assert reason in found.doubts[0]
    assert found.verdict(found.rows[0]) == "not believable"
    assert reason in table([found])
    assert reason in markdown([found], machine())


def test_a_generator_that_never_woke_is_not_believed() -> None:
    run = Run(RunLog(0.0, 10.0, [], array("d"), 0.1, 0.1, 1), [])
    assert "never woke" in doubts(run)[0]


def test_of_several_generators_the_slowest_counts() -> None:
    log = merged([build_log(cores=0.3), build_log(lag_ms=30.0, cores=0.9)])
    assert (log.cores, log.all_cores, log.num_sockets) == pytest.approx((0.9, 1.2, 2))
    assert len(doubts(Run(log, []))) == 2


@pytest.mark.parametrize(
    ("value", "target", "verdict"),
    [(4.0, 5.0, "pass"), (6.0, 5.0, "FAIL"), (6.0, None, ""), (None, 5.0, "not measured")],
)
def test_a_row_says_whether_its_target_is_met(value: float | None, target: float | None, verdict: str) -> None:
    row = Row("last byte", value, "ms", target)
    assert Result("cancel", "cancel", [row]).verdict(row) == verdict


def test_what_failed_and_what_never_ended_is_counted_not_left_out() -> None:
    calls = [CallLog(0.0, done_at=1.0), CallLog(0.0, error="refused", refused=True), CallLog(0.0), CallLog(8.0)]
    log = build_log(calls=calls)
    assert unfinished(log, (0.0, 5.0)) == 2
    told = summary(Run(log, []), (0.0, 5.0))
    assert (told["calls"], told["num_errors"], told["refused"], told["errors"]) == (3, 1, 1, ["refused"])


def test_json_holds_everything_and_can_be_read_again() -> None:
    found = Result("burst", "a burst", [Row("p95", 4.5, "ms", 5.0)], summary(build_run(), (0.0, 5.0)))
    read = json.loads(as_json([found], machine()))
    assert read["results"][0]["rows"][0] == {
        "what": "p95",
        "value": 4.5,
        "unit": "ms",
        "target": 5.0,
        "headline": False,
        "unsure": None,
        "verdict": "pass",
    }
    assert read["results"][0]["details"]["generator"]["lag_ms"]["p99"] == pytest.approx(0.2)
    assert read["machine"]["cores"] >= 1


def test_a_scenario_that_was_skipped_says_why_in_every_table() -> None:
    found = Result("opus", "opus", skipped="this server does not send Opus")
    assert "skipped: this server does not send Opus" in table([found])
    assert "skipped: this server does not send Opus" in markdown([found], machine())


def test_headlines_are_chosen_before_and_fail_in_sight() -> None:
    rows = [Row("audible TTFB p95", 30.0, "ms", 20.0, headline=True), Row("listeners at a time", 32.0, "")]
    found = [Result("poisson", "Poisson arrivals", rows, doubts=["busy"]), Result("idle", "idle", [Row("kB", 1.0, "")])]
    (kept,) = headlines(found)
    assert [row.what for row in kept.rows] == ["audible TTFB p95"]
    assert kept.verdict(kept.rows[0]) == "not believable"


def test_the_table_of_a_readme_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    put_into(readme, "| new |")
    put_into(readme, "| newer |")
    assert readme.read_text("utf-8") == f"# Title\n{BEGIN}\n| newer |\n{END}\nafter\n"


def test_a_file_without_marks_is_left_as_it_is(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{BEGIN}\n", "utf-8")
    with pytest.raises(NoPlace, match="no place"):
        put_into(readme, "new")
    assert readme.read_text("utf-8") == f"# Title\n{BEGIN}\n"


def test_loop_lag_is_read_from_what_was_added_between_two_looks() -> None:
    before = buckets_of(METRICS)
    after = buckets_of(METRICS.replace("90.0", "190.0").replace("100.0", "200.0"))
    assert before == {0.001: 90.0, 0.01: 100.0, float("inf"): 100.0}
    assert lag_ms({}, before, 0.95) == pytest.approx(1.0 + 0.5 * 9.0)
    assert lag_ms(before, after, 0.99) == pytest.approx(0.99)
    assert lag_ms(before, before) is None
    assert lag_ms({}, {}) is None


def test_lag_beyond_the_last_bound_is_not_made_smaller() -> None:
    assert lag_ms({}, {0.001: 50.0, float("inf"): 100.0}) == float("inf")
