"""Ubuntu's CVE tracker and Alpine's security database, rule by rule."""

import json
from typing import Any

import pytest

from checks.advisories.formats import DECODERS, Decoded
from checks.advisories.model import Cve, FeedContentError, Statement, statements_of
from checks.advisories.table import Table


def tracker(*records: dict[str, Any]) -> Decoded:
    data = "\n".join(json.dumps(item) for item in records).encode()
    return DECODERS["ubuntu-cve-tracker"].decode([("ubuntu.jsonl", data)], "ubuntu")


def tracked(packages: dict[str, Any], cve: str = "CVE-2025-0001", **more: str) -> dict[str, Any]:
    return {
        "cve": cve,
        "priority": "medium",
        "public": "2025-01-02 03:04:05 UTC",
        "cvss": "",
        "packages": packages,
    } | more


def said(decoded: Decoded, release: str, package: str = "curl") -> list[Statement]:
    row = Table(decoded.tables.get(release, b"")).get(package)
    return list(statements_of(row)) if row else []


FILLER = tracked({"noble": {"filler": ["needed", ""]}}, "CVE-1999-0001")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (["released", "8.0-1ubuntu1"], ("8.0-1ubuntu1", "")),
        (["needed", ""], ("", "needed")),
        (["needs-triage", ""], ("", "needs-triage")),
        (["deferred", "2024-07-18"], ("", "deferred")),
        (["pending", "8.0-1ubuntu2"], ("", "pending")),
        (["ignored", "end of standard support, was needed"], ("", "ignored")),
        (["released", ""], None),
        (["released", "0"], None),
        (["not-affected", "8.1-1"], None),
        (["DNE", ""], None),
    ],
)
def test_status_words(status: list[str], expected: tuple[str, str] | None) -> None:
    found = said(tracker(FILLER, tracked({"jammy": {"curl": status}})), "ubuntu:22.04")
    assert [(s.fixed, s.status) for s in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("release", "table", "scope"),
    [
        ("jammy", "ubuntu:22.04", ""),
        ("esm-infra/bionic", "ubuntu:18.04", "esm-infra"),
        ("esm-apps/noble", "ubuntu:24.04", "esm-apps"),
        ("esm-infra-legacy/trusty", "ubuntu:14.04", "esm-infra-legacy"),
        ("trusty/esm", "ubuntu:14.04", "esm-infra"),
        ("fips-updates/focal", "ubuntu:20.04", "fips-updates"),
    ],
)
def test_pockets_are_entitlements(release: str, table: str, scope: str) -> None:
    (found,) = said(tracker(tracked({release: {"curl": ["released", "1"]}})), table)
    assert found == Statement("CVE-2025-0001", ("CVE-2025-0001",), "1", scope=scope, severity="medium")


@pytest.mark.parametrize("release", ["upstream", "devel", "zesty", "snap", ""])
def test_releases_we_do_not_know_are_counted(release: str) -> None:
    decoded = tracker(FILLER, tracked({release: {"curl": ["released", "1"]}}))
    assert decoded.skipped["package: unknown ecosystem"] == 1
    assert decoded.releases == ("ubuntu:24.04",)


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        (
            {"bionic": ["ignored", "end of support"], "esm-infra/bionic": ["released", "1+esm1"]},
            [("", ""), ("esm-infra", "1+esm1")],
        ),
        ({"esm-infra/bionic": ["needed", ""]}, [("", "")]),
        ({"bionic": ["needed", ""], "esm-infra/bionic": ["needed", ""]}, [("", "")]),
        ({"bionic": ["not-affected", ""], "esm-infra/bionic": ["needed", ""]}, []),
        ({"bionic": ["DNE", ""], "esm-infra/bionic": ["needed", ""]}, [("", "")]),
    ],
    ids=["fixed in ESM only", "only ESM speaks", "unfixed in both", "not affected outside of ESM", "only in ESM"],
)  # fmt: skip
def test_what_esm_adds_to_the_release(packages: dict[str, list[str]], expected: list[tuple[str, str]]) -> None:
    decoded = tracker(FILLER, tracked({release: {"curl": status} for release, status in packages.items()}))
    assert sorted((s.scope, s.fixed) for s in said(decoded, "ubuntu:18.04")) == expected


def test_priority_vector_and_day() -> None:
    cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H [9.8 CRITICAL]"
    decoded = tracker(tracked({"noble": {"curl": ["needed", ""]}}, cvss=cvss, priority="untriaged"))
    assert said(decoded, "ubuntu:24.04")[0].severity == ""
    row = Table(decoded.tables["cve"]).get("CVE-2025-0001")
    assert row is not None
    vector = cvss.partition(" ")[0]
    assert Cve(*json.loads(row)) == Cve("CVE-2025-0001", "", vector, "ubuntu", "", "2025-01-02")
    assert decoded.snapshot.isoformat() == "2025-01-02"


def test_one_mistyped_version_among_many_costs_only_its_package() -> None:
    many = {f"p{n}": ["released", "1"] for n in range(200)}
    decoded = tracker(tracked({"noble": {**many, "curl": ["released", " (1.58"]}}))
    assert decoded.skipped == {"package: unreadable": 1}
    assert (decoded.records, said(decoded, "ubuntu:24.04")) == (1, [])
    assert len(Table(decoded.tables["ubuntu:24.04"])) == 200


@pytest.mark.parametrize(
    "broken",
    [
        tracked({"noble": {"curl": ["burning", ""]}}),
        tracked({"noble": {"curl": "needed"}}),
        tracked({"noble": ["curl"]}),
        tracked({"noble": {"curl": ["needed", 7]}}),
        tracked({"noble": {"curl": ["needed", ""]}}, priority=7),  # type: ignore[arg-type]  # broken on purpose
    ],
)
def test_a_broken_record_is_one_bad_record(broken: dict[str, Any]) -> None:
    good = [tracked({"noble": {"curl": ["needed", ""]}}, f"CVE-2024-{n:04}") for n in range(200)]
    decoded = tracker(*good, broken)
    assert (decoded.records, decoded.skipped) == (200, {"unreadable": 1})
    with pytest.raises(FeedContentError, match=r"3 of 203 records are unreadable, the first is CVE-2025-0001: "):
        tracker(*good, broken, broken, broken)


def secdb(fixes: dict[str, Any], version: str = "v3.19", name: str = "curl") -> tuple[str, bytes]:
    package = {"pkg": {"name": name, "secfixes": fixes}}
    return f"{version}/main.json", json.dumps({"distroversion": version, "packages": [package]}).encode()


def alpine(*files: tuple[str, bytes]) -> Decoded:
    return DECODERS["alpine-secdb"].decode(files, "alpine")


OTHER = secdb({"1-r0": ["CVE-2024-0001"]}, name="filler")


@pytest.mark.parametrize(
    ("words", "advisory", "cves"),
    [
        ("CVE-2024-0001", "CVE-2024-0001", ["CVE-2024-0001"]),
        ("CVE-2024-0001 XSA-400", "CVE-2024-0001", ["CVE-2024-0001"]),
        ("CVE-2024-0002 CVE-2024-0001   XSA-400", "CVE-2024-0001", ["CVE-2024-0001", "CVE-2024-0002"]),
        ("GNUTLS-SA-2020-09-04 CVE-2020-24659", "CVE-2020-24659", ["CVE-2020-24659"]),
        ("CVE_2019-2426", "CVE-2019-2426", ["CVE-2019-2426"]),
        ("CVE-2019-12345.patch", "CVE-2019-12345", ["CVE-2019-12345"]),
        ("CVE-2018-10105 (SMB - too unreliably reproduced)", "CVE-2018-10105", ["CVE-2018-10105"]),
        ("XSA-248", "XSA-248", []),
        ("CVE-????-????? XSA-166", "XSA-166", []),
    ],
)
def test_one_text_may_hold_several_ids(words: str, advisory: str, cves: list[str]) -> None:
    (found,) = said(alpine(OTHER, secdb({"8.0-r1": [words]})), "alpine:3.19")
    assert (found.advisory, list(found.cves), found.fixed) == (advisory, cves, "8.0-r1")


@pytest.mark.parametrize(
    "fixes",
    [
        {"0": ["CVE-2024-0001"]},
        {"1-r0": ["CVE-2024-0001 (not actually applicable)"]},
        {"1-r0": ["CVE-2024"]},
        {"1-r0": None},
    ],
)
def test_what_is_no_fix(fixes: dict[str, Any]) -> None:
    assert said(alpine(OTHER, secdb(fixes)), "alpine:3.19") == []


def test_main_and_community_are_one_release_and_edge_is_none() -> None:
    decoded = alpine(
        OTHER, secdb({"1-r0": ["CVE-2024-0001"]}, "v3.20"), secdb({"2-r0": ["CVE-2024-0002"]}, "v3.20"),
        secdb({"3-r0": ["CVE-2025-0001"]}, "edge"),
    )  # fmt: skip
    assert [s.fixed for s in said(decoded, "alpine:3.20")] == ["1-r0", "2-r0"]
    assert decoded.releases == ("alpine:3.19", "alpine:3.20")
    assert (decoded.snapshot.isoformat(), decoded.dated) == ("2024-01-01", False)


def test_a_version_that_apk_refuses_is_counted() -> None:
    good = {f"{n}-r0": [f"CVE-2024-{n:04}"] for n in range(1000, 1200)}
    decoded = alpine(secdb(good | {"1.0.4.-r0": ["CVE-2024-9999"]}))
    assert decoded.skipped == {"package: unreadable": 1}
    assert len(said(decoded, "alpine:3.19")) == 200
