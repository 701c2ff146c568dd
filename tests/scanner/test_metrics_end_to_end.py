"""The daemon's metrics, read by Prometheus' own parser; and the dashboard asks only for what is there."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.scanner.serve_lab import Watched, listener, until
from tests.scanner.vantage_lab import free_port

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "examples/grafana-dashboard.json"
SETTINGS = ("--check", "linux.sysctl.*", "--check", "linux.acct.*")  # not what apt takes seconds to work out
WORDS = frozenset({"rate", "sum", "by", "le", "histogram_quantile", "max", "min", "count", "topk", "increase"})


def scrape(port: int) -> dict[str, Metric]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        text = answer.read().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(families: dict[str, Metric], name: str, **labels: str) -> float:
    found = [one for family in families.values() for one in family.samples if one.name == name]
    (match,) = (one for one in found if labels.items() <= one.labels.items())
    return float(match.value)


@pytest.mark.lab
def test_a_parser_reads_it_and_the_dashboard_uses_only_what_is_there(tmp_path: Path) -> None:
    watched, port = Watched(tmp_path), free_port()
    watched.hosts["here"]["estatecheck"] = {"become": "none"}
    with listener() as server:
        watch = {"kind": "tcp", "host": "127.0.0.1", "every": "5s", "timeout": "2s"}
        watched.own = {"watch": {"gate": {**watch, "port": server.port}}}
        watched.write()
        assert watched.run("scan", *SETTINGS).returncode in (0, 3)
        with watched.serving("--metrics", f"127.0.0.1:{port}") as serving, watched.store() as store:
            serving.until("metrics are at")
            until(lambda: [row.state.value for row in store.series.rows()] == ["up"], 30, lambda: serving.said)
            families = scrape(port)
            again = scrape(port)
    assert value(families, "estatecheck_watch_state", watch="gate", estatecheck_watch_state="up") == 1
    assert value(families, "estatecheck_watch_state", watch="gate", estatecheck_watch_state="down") == 0
    assert value(families, "estatecheck_coverage_assets", step="reached") == 1
    assert value(families, "estatecheck_probes_total", kind="tcp", state="up") >= 1
    assert value(families, "estatecheck_probe_duration_seconds_count", kind="tcp") >= 1
    assert value(families, "estatecheck_probing") == 1
    assert sum(one.value for one in families["estatecheck_findings"].samples) >= 1
    first, second = (value(one, "estatecheck_record_age_seconds") for one in (families, again))
    assert second > first, "the record was asked once for both"
    names = {one.name for family in families.values() for one in family.samples} | set(families)
    assert names_of_dashboard() <= names, names_of_dashboard() - names
    assert {family.name for family in families.values()} <= set(re.findall(r"`(estatecheck_\w+)`", documented()))


def documented() -> str:
    return (ROOT / "docs/metrics.md").read_text()


def names_of_dashboard() -> set[str]:
    model = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in model["panels"] for target in panel.get("targets", [])]
    assert len(queries) >= 8
    words = {word for query in queries for word in re.findall(r"(?<![\"{,])\bestatecheck_[a-z_]+\b", query)}
    return {word for word in words if word not in WORDS}


def test_the_dashboard_is_a_model_that_grafana_takes() -> None:
    model = json.loads(DASHBOARD.read_text())
    assert isinstance(model["schemaVersion"], int)
    assert model["title"]
    ids = [panel["id"] for panel in model["panels"]]
    assert len(ids) == len(set(ids))
    for panel in model["panels"]:
        assert {"x", "y", "w", "h"} == set(panel["gridPos"])
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["type"] in {"stat", "timeseries", "table", "state-timeline", "bargauge"}


def test_an_address_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.write()
    assert "write HOST:PORT" in watched.run("serve", "--metrics", "nowhere").stderr
    with listener() as taken:
        told = watched.run("serve", "--metrics", f"127.0.0.1:{taken.port}")
    assert told.returncode == 2
    assert "name another address" in told.stderr
