"""What is written about the metrics, and what asks for them: neither knows a name that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.modules import ROOT
from voice_server.metrics import Metrics

DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/voice-server.json").read_text("utf-8"))
ALERTS = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text("utf-8"))
DOCUMENT = (ROOT / "docs/metrics.md").read_text("utf-8")

NAME = re.compile(r"\b(?:tts|process)_[a-z_]+")


def exported() -> dict[str, set[str]]:
    """The names as they stand in the exposition, histograms by their base, each with its labels."""
    metrics = Metrics()
    for labelled in (metrics.outcomes, metrics.refusals, metrics.errors, metrics.load):
        labelled.labels("x")
    metrics.engine_counts.look = lambda: {"steps": 1}
    names = {}
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        names[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    return names


def samples() -> set[str]:
    """Everything that a query may ask for."""
    families = Metrics().registry.collect()
    parts = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
    return {f"{family.name}{part}" for family in families for part in parts.get(family.type, ("",))}


def documented() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `([a-z_]+)(?:\{([a-z_, ]+)\})?` \| (?:histogram|gauge|counter) \|", DOCUMENT, re.MULTILINE)
    return {name: set(filter(None, labels.split(", "))) for name, labels in rows}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def dashboard_queries() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


def alert_queries() -> Iterator[str]:
    for group in ALERTS["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def documented_queries() -> list[str]:
    return re.findall(r"\| `(.*?)` \|$", DOCUMENT, re.MULTILINE)


def test_every_metric_is_in_the_table_with_its_labels_and_no_other_is() -> None:
    assert documented() == exported()


@pytest.mark.parametrize("query", [*dashboard_queries(), *alert_queries(), *documented_queries()])
def test_a_query_asks_only_for_what_there_is(query: str) -> None:
    names = set(NAME.findall(query))
    assert names or query.startswith("up{")
    assert not {name for name in names if name not in samples() and name not in exported()}
    labels = set(re.findall(r"by \(([a-z_, ]+)\)", query)) | set(re.findall(r"[{,]([a-z_]+)=", query))
    known = {"instance", "job", "le"}.union(*exported().values())
    assert {label for listed in labels for label in listed.split(", ")} <= known


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    asked = set(NAME.findall(" ".join(dashboard_queries())))
    base = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert {name for name in exported() if name.startswith("tts_")} <= base


def test_no_two_panels_of_the_dashboard_share_an_id_or_a_place() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(ids)) == len(ids)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_every_alert_says_what_is_the_matter_and_how_grave_it_is() -> None:
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert "$labels.instance" in rule["annotations"]["summary"]


def test_prometheus_is_told_where_the_alerts_are_and_sends_a_key() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    (job,) = config["scrape_configs"]
    assert [(DEPLOY / "prometheus" / name).is_file() for name in config["rule_files"]] == [True]
    assert job["authorization"]["credentials_file"].startswith("/run/secrets/")
