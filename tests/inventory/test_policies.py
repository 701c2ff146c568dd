"""Policies of one's own and attested isolation in the inventory: what is read, kept, and refused with its place."""

from datetime import date
from pathlib import Path

import pytest

from inventory.policy import DecisionLimits, Isolation, PolicyFile
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, YamlFile, load
from scanner.store.codec import dump
from scanner.store.codec import load as read_back

HOSTS = "all: {hosts: {web-1: , plc-1: , plc-2: }}\nplc: {hosts: {plc-1: }}\n"


def of(own: str) -> str:
    return f"estatecheck:\n{own}{HOSTS}"


def faults(text: str) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        load([Text("i.yaml", text.encode())])
    return [str(fault) for fault in caught.value.faults]


def test_a_policy_file_is_read_kept_and_part_of_the_digest(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text(of("  policy: {risk: risk.yaml, clocks: moj}\n"))
    (tmp_path / "risk.yaml").write_text("version: a\n")
    estate = YamlFile(tmp_path / "i.yaml").estate()
    assert estate.policy.file("risk") == PolicyFile("risk", "risk.yaml", "version: a\n")
    assert estate.policy.file("clocks") == PolicyFile("clocks", "moj", ""), "a plain word is a preset"
    assert estate.policy.file("accreditation") is None
    assert read_back(type(estate.policy), dump(estate.policy)) == estate.policy
    (tmp_path / "risk.yaml").write_text("version: b\n")
    assert YamlFile(tmp_path / "i.yaml").estate().digest != estate.digest


def test_a_policy_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text(of("  policy: {risk: gone.yaml, clocks: dir.d}\n"))
    (tmp_path / "dir.d").mkdir()
    with pytest.raises(InventoryError) as caught:
        YamlFile(tmp_path / "i.yaml").estate()
    told = [str(fault) for fault in caught.value.faults]
    assert "i.yaml:2:12: estatecheck.policy.risk: " in told[0]
    assert "gone.yaml cannot be read: there is no such file" in told[0]
    assert "dir.d" in told[1]


def test_limits_of_decisions_stand_in_the_inventory() -> None:
    own = "  policy:\n    clocks: moj\n    limits:\n      acceptance_days: 90\n      stale_scans: 5\n"
    policy = load([Text("i.yaml", of(own).encode())]).policy
    assert policy.limits == DecisionLimits(acceptance_days=90, stale_scans=5)
    assert [file.name for file in policy.files] == ["clocks"], "limits are no file"
    assert read_back(type(policy), dump(policy)) == policy
    assert load([Text("i.yaml", of("  policy: {limits: }\n").encode())]).policy.limits is None


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("acceptance_days: 0", "acceptance_days"),
        ("acceptance_days: 3651", "acceptance_days"),
        ("request_days: a month", "request_days"),
        ("request_days: true", "request_days"),
        ("pause_days: 1.5", "pause_days"),
        ("stale_scans: 101", "stale_scans"),
        ("stale_scan: 3", "stale_scan"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_told_with_its_line(said: str, key: str) -> None:
    (told,) = faults(of(f"  policy:\n    limits: {{{said}}}\n"))
    assert told.startswith("i.yaml:3:"), told
    assert f" estatecheck.policy.limits.{key}: " in told


def test_an_isolation_covers_its_hosts_and_groups() -> None:
    own = (
        "  isolation: {floor: {assessor: R. Osei, evidence: PT-7, review: 2027-01-01, groups: [plc], hosts: [web-1]}}\n"
    )
    (isolation,) = load([Text("i.yaml", of(own).encode())]).policy.isolations
    assert isolation == Isolation("floor", "R. Osei", "PT-7", date(2027, 1, 1), ("web-1",), ("plc",))
    assert isolation.covers("web-1", ())
    assert isolation.covers("plc-1", ("all", "plc"))
    assert not isolation.covers("plc-2", ("all",))
    assert Isolation("x", "A", "B", date(2027, 1, 1), groups=("all",)).covers("plc-2", ())


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("  isolation: {floor: {assessor: A, evidence: E, review: 2027-01-01}}\n", "nothing is isolated by this"),
        ("  isolation: {floor: {evidence: E, review: 2027-01-01, hosts: [web-1]}}\n", "assessor"),
        ("  isolation: {floor: {assessor: A, review: 2027-01-01, hosts: [web-1]}}\n", "evidence"),
        ("  isolation: {floor: {assessor: A, evidence: E, hosts: [web-1]}}\n", "review"),
        ("  isolation: {floor: {assessor: A, evidence: E, review: soon, hosts: [web-1]}}\n", "review"),
        ("  isolation: {floor: {assessor: A, evidence: E, review: 2027-01-01, hosts: [web-9]}}\n", "web-9' is no host"),
        ("  isolation: {floor: {assessor: A, evidence: E, review: 2027-01-01, groups: [pcl]}}\n", "did you mean 'plc'"),
        ("  policy: {risks: a.yaml}\n", "risks"),
        ("  policy: risk.yaml\n", "policy"),
        ("  policy: {risk: 3}\n", "risk"),
        ("  policy: {limits: limits.yaml}\n", "such as {acceptance_days: 180}"),
    ],
)
def test_what_is_wrong_is_told(own: str, says: str) -> None:
    assert any(says in fault for fault in faults(of(own))), faults(of(own))
