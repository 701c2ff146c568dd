"""Policies of one's own and attested isolation in the inventory: what is read, kept, and refused with its place."""

from datetime import date
from pathlib import Path

import pytest

from inventory.policy import Isolation, PolicyFile
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
    ],
)
def test_what_is_wrong_is_told(own: str, says: str) -> None:
    assert any(says in fault for fault in faults(of(own))), faults(of(own))
