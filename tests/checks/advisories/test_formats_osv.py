"""OSV records, rule by rule, in records made for it."""

import json
from typing import Any

import pytest

from checks.advisories.formats import DECODERS, Decoded
from checks.advisories.formats.osv_ranges import walk
from checks.advisories.formats.releases import LAYERED, ROLLING, UNKNOWN, Place, osv_place
from checks.advisories.model import Cve, FeedContentError, Statement, statements_of
from checks.advisories.table import Table

DAY = "2025-03-04"


def affected(ecosystem: str, name: str = "curl", *events: dict[str, str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    events = events or ({"introduced": "0"}, {"fixed": "8.0-1"})
    return {
        "package": {"ecosystem": ecosystem, "name": name, **more.pop("package", {})},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
        **more,
    }


def record(name: str, *packages: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "id": name,
        "modified": f"{DAY}T10:00:00Z",
        "published": "2025-01-02T03:04:05Z",
        "affected": packages,
        **more,
    }


def decode(*records: dict[str, Any], feed: str = "debian", form: str = "osv") -> Decoded:
    data = "\n".join(json.dumps(item) for item in records).encode()
    return DECODERS[form].decode([("all.jsonl", data)], feed)


def said(decoded: Decoded, release: str, package: str = "curl") -> tuple[Statement, ...]:
    row = Table(decoded.tables[release]).get(package) if release in decoded.tables else None
    return statements_of(row) if row else ()


def cve(decoded: Decoded, name: str) -> Cve | None:
    row = Table(decoded.tables.get("cve", b"")).get(name)
    return Cve(*json.loads(row)) if row else None


FILLER = record("CVE-1999-0001", affected("Debian:1", "filler"))  # so that a feed with nothing else is not empty


def test_a_record_becomes_one_row_of_its_package() -> None:
    decoded = decode(record("DSA-1-1", affected("Debian:12"), related=["CVE-2025-0001"]))
    assert said(decoded, "debian:12") == (Statement("DSA-1-1", ("CVE-2025-0001",), "8.0-1", issued="2025-01-02"),)
    assert (decoded.records, decoded.snapshot.isoformat(), decoded.releases) == (1, DAY, ("debian:12",))
    assert (decoded.publisher, dict(decoded.skipped), decoded.dated) == ("Debian", {}, True)


def test_one_json_a_file_is_read_and_other_files_are_passed_over() -> None:
    files = [
        ("README.md", b"# not a record"),
        ("12/DSA-1-1.json", json.dumps(record("DSA-1-1", affected("Debian:12")), indent=2).encode()),
    ]
    assert DECODERS["osv"].decode(files, "debian").records == 1


@pytest.mark.parametrize(
    ("ecosystem", "place"),
    [
        ("Debian:12", Place("debian:12")),
        ("Ubuntu:22.04:LTS", Place("ubuntu:22.04")),
        ("Ubuntu:25.10", Place("ubuntu:25.10")),
        ("Ubuntu:Pro:18.04:LTS", Place("ubuntu:18.04", "pro")),
        ("Ubuntu:Pro:FIPS:20.04:LTS", Place("ubuntu:20.04", "fips")),
        ("Ubuntu:Pro:FIPS-updates:20.04:LTS", Place("ubuntu:20.04", "fips-updates")),
        ("AlmaLinux:8", Place("almalinux:8")),
        ("Rocky Linux:9", Place("rocky:9")),
        ("Alpine:v3.19", Place("alpine:3.19")),
        ("openSUSE:Leap 15.6", Place("opensuse-leap:15.6")),
        ("Red Hat:enterprise_linux:8::appstream", Place("rhel:8")),
        ("Red Hat:enterprise_linux:7::server", Place("rhel:7")),
        ("Red Hat:enterprise_linux:10.0", Place("rhel:10")),
        ("Red Hat:rhel_eus:8.2::baseos", Place("rhel:8", "eus:8.2")),
        ("Red Hat:enterprise_linux_eus:10.0", Place("rhel:10", "eus:10.0")),
        ("Red Hat:rhel_aus:8.4::appstream", Place("rhel:8", "aus:8.4")),
        ("Red Hat:rhel_e4s:9.0::realtime", Place("rhel:9", "e4s:9.0")),
        ("Red Hat:rhel_tus:8.6::nfv", Place("rhel:8", "tus:8.6")),
        ("Red Hat:rhel_els:7", Place("rhel:7", "els:7")),
        ("SUSE:Linux Enterprise Module for Basesystem 15", Place("sles:15")),
        ("SUSE:Linux Enterprise Module for Python 3 15 SP4", Place("sles:15.4")),
        ("SUSE:Linux Enterprise Module for Package Hub 15 SP6", Place("sles:15.6")),
        ("SUSE:Package Hub 15 SP5", Place("sles:15.5")),
        ("SUSE:Linux Enterprise Server 15 SP6", Place("sles:15.6")),
        ("SUSE:Linux Enterprise Server 16.0", Place("sles:16.0")),
        ("SUSE:Linux Enterprise Server 15-LTSS", Place("sles:15", "ltss")),
        ("SUSE:Linux Enterprise Server 15 SP3-LTSS", Place("sles:15.3", "ltss")),
        ("SUSE:Linux Enterprise Server 12 SP5-LTSS Extended Security", Place("sles:12.5", "ltss-extended-security")),
        ("SUSE:Linux Enterprise Server 15 SP1-BCL", Place("sles:15.1", "bcl")),
        ("SUSE:Linux Enterprise Server 12 SP2-ESPOS", Place("sles:12.2", "espos")),
        ("SUSE:Linux Enterprise Server for SAP Applications 15 SP3", Place("sles:15.3", "sap")),
        ("SUSE:Linux Enterprise Live Patching 15 SP4", Place("sles:15.4", "live-patching")),
        ("SUSE:Linux Enterprise Micro 5.5", Place("sle-micro:5.5")),
        ("SUSE:Linux Micro 6.1", Place("sl-micro:6.1")),
    ],
)
def test_an_ecosystem_is_a_release_and_an_entitlement(ecosystem: str, place: Place) -> None:
    assert osv_place(ecosystem) == place


@pytest.mark.parametrize(
    ("ecosystem", "reason"),
    [
        ("Debian", ROLLING),
        ("Debian:sid", ROLLING),
        ("Alpine:edge", ROLLING),
        ("openSUSE:Tumbleweed", ROLLING),
        ("Ubuntu", ROLLING),
        ("PyPI", UNKNOWN),
        ("", UNKNOWN),
        ("Red Hat:openshift:4.12::el8", LAYERED),
        ("Red Hat:rhel_software_collections:3::el7", LAYERED),
        ("Red Hat:ansible_automation_platform:2.4::el9", LAYERED),
        ("SUSE:Manager Server 4.3", LAYERED),
        ("SUSE:Linux Enterprise Desktop 15 SP6", LAYERED),
        ("SUSE:", LAYERED),
    ],
)
def test_what_is_no_host_of_ours_is_counted(ecosystem: str, reason: str) -> None:
    assert osv_place(ecosystem) == reason
    decoded = decode(FILLER, record("CVE-2025-0001", affected(ecosystem)))
    assert decoded.skipped == {reason: 1, "affects no package of a known release": 1}
    assert decoded.records == 1


@pytest.mark.parametrize(
    ("events", "intervals"),
    [
        ([("introduced", "0"), ("fixed", "2")], [("", "2", "")]),
        ([("introduced", "0")], [("", "", "")]),
        ([("introduced", "1.2"), ("fixed", "2")], [("1.2", "2", "")]),
        ([("introduced", "0"), ("fixed", "0")], []),
        ([("introduced", "3"), ("fixed", "3")], []),
        ([("introduced", "0"), ("last_affected", "2")], [("", "", "2")]),
        ([("introduced", "2"), ("last_affected", "2")], [("2", "", "2")]),
        (
            [("introduced", "0"), ("fixed", "1"), ("introduced", "2"), ("fixed", "3")],
            [("", "1", ""), ("2", "3", "")],
        ),
        ([("introduced", "0"), ("fixed", "1"), ("introduced", "2")], [("", "1", ""), ("2", "", "")]),
        ([("fixed", "2"), ("introduced", "0")], [("", "2", "")]),
        (
            [("fixed", "10"), ("introduced", "9"), ("fixed", "2~rc1"), ("introduced", "0")],
            [("", "2~rc1", ""), ("9", "10", "")],
        ),
        ([("introduced", "0"), ("fixed", "1"), ("fixed", "2")], [("", "1", "")]),
        ([("introduced", "0"), ("limit", "*"), ("fixed", "1")], [("", "1", "")]),
    ],
)
def test_the_events_of_a_range_are_walked_in_the_order_of_versions(
    events: list[tuple[str, str]], intervals: list[tuple[str, str, str]]
) -> None:
    assert walk([{kind: version} for kind, version in events], "deb") == intervals


def test_several_ranges_are_several_rows_and_a_list_of_versions_stands_for_itself() -> None:
    ranges = [
        {"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "abc"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]},
    ]
    package = {"ecosystem": "Debian:12", "name": "curl"}
    decoded = decode(
        record("CVE-2025-0001", {"package": package, "ranges": ranges, "versions": ["0.9"]}),
        record("CVE-2025-0002", {"package": package | {"name": "wget"}, "versions": ["1.0-1", "1.1-1"]}),
    )
    assert [(s.introduced, s.fixed) for s in said(decoded, "debian:12")] == [("", "1"), ("2", "3")]
    assert [(s.introduced, s.fixed, s.last) for s in said(decoded, "debian:12", "wget")] == [
        ("1.0-1", "", "1.0-1"),
        ("1.1-1", "", "1.1-1"),
    ]


def test_fixed_in_zero_is_not_affected_and_no_fix_is_unfixed() -> None:
    decoded = decode(
        record(
            "CVE-2025-0001",
            affected("Debian:11", "curl", {"introduced": "0"}, {"fixed": "0"}),
            affected("Debian:12", "curl", {"introduced": "0"}),
        )
    )
    assert said(decoded, "debian:11") == ()
    assert said(decoded, "debian:12") == (Statement("CVE-2025-0001", ("CVE-2025-0001",), ""),)
    assert decoded.skipped == {"package: no affected version": 1}


def test_withdrawn_records_are_no_vulnerabilities() -> None:
    decoded = decode(FILLER, record("CVE-2025-0001", affected("Debian:12"), withdrawn="2025-02-01T00:00:00Z"))
    assert decoded.skipped == {"withdrawn": 1}
    assert decoded.releases == ("debian:1",)


@pytest.mark.parametrize(
    ("urgency", "severity", "unimportant", "status"),
    [
        ("unimportant", "", True, ""),
        ("high", "high", False, ""),
        ("low", "low", False, ""),
        ("not yet assigned", "", False, ""),
        ("end-of-life", "", False, "end-of-life"),
        (None, "", False, ""),
        (["high"], "", False, ""),
    ],
)
def test_debians_urgency(urgency: object, severity: str, unimportant: bool, status: str) -> None:
    package = affected("Debian:12", ecosystem_specific={"urgency": urgency})
    (found,) = said(decode(record("CVE-2025-0001", package)), "debian:12")
    assert (found.severity, found.unimportant, found.status) == (severity, unimportant, status)


@pytest.mark.parametrize(
    ("name", "fields", "advisory", "cves"),
    [
        ("CVE-2025-0001", {"related": ["CVE-2024-9999", "DSA-1-1"]}, "CVE-2025-0001", ["CVE-2025-0001"]),
        ("DEBIAN-CVE-2025-0001", {"upstream": ["CVE-2025-0001"]}, "CVE-2025-0001", ["CVE-2025-0001"]),
        ("UBUNTU-CVE-2025-0001", {"related": ["USN-1-1"]}, "CVE-2025-0001", ["CVE-2025-0001"]),
        ("CVE-2025-0001", {"aliases": ["CVE-2025-0002"]}, "CVE-2025-0001", ["CVE-2025-0001", "CVE-2025-0002"]),
        (
            "DSA-1-1",
            {"related": ["CVE-2025-0003"], "aliases": ["CVE-2025-0002"], "upstream": ["CVE-2025-0002", "GHSA-x"]},
            "DSA-1-1",
            ["CVE-2025-0002", "CVE-2025-0003"],
        ),
        ("USN-1-1", {"upstream": ["UBUNTU-CVE-2025-0001", "CVE-2025-0001"]}, "USN-1-1", ["CVE-2025-0001"]),
        ("DLA-1-1", {"related": ["DSA-9-1", 7, None]}, "DLA-1-1", []),
    ],
)
def test_a_record_of_one_cve_is_about_that_one_and_an_advisory_about_all(
    name: str, fields: dict[str, Any], advisory: str, cves: list[str]
) -> None:
    (found,) = said(decode(record(name, affected("Debian:12"), **fields)), "debian:12")
    assert (found.advisory, list(found.cves)) == (advisory, cves)


@pytest.mark.parametrize(
    "name",
    ["ALBA-2025:1", "ALEA-2025:1", "RHBA-2025:1", "RHEA-2025:1", "RLBA-2025:1", "ELBA-2025-1", "SUSE-RU-2025:1-1",
     "SUSE-FU-2025:1-1", "openSUSE-RU-2025:1-1"],
)  # fmt: skip
def test_bug_fixes_are_no_vulnerabilities(name: str) -> None:
    decoded = decode(FILLER, record(name, affected("AlmaLinux:8"), related=["CVE-2025-0001"]))
    assert decoded.skipped == {"not a security advisory": 1}
    assert decoded.releases == ("debian:1",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("LSN-0100-1", "live patch"),
        ("RXSA-2025:1", "advisory of a special interest group's repository"),
        ("MAL-2025-1", "not a known kind of advisory"),
        ("GHSA-aaaa-bbbb-cccc", "not a known kind of advisory"),
    ],
)
def test_other_kinds_of_records_are_counted(name: str, reason: str) -> None:
    assert decode(FILLER, record(name, affected("Debian:12"))).skipped == {reason: 1}


@pytest.mark.parametrize(
    ("summary", "fixed", "modules"),
    [
        ("Important: nodejs:18 security update", "1:18.9-1.module_el8.7.0+3343+ea2b7901", ["nodejs:18"]),
        ("Red Hat Security Advisory: nodejs:18 security update", "1:18.9-1.module+el8.7.0+1+a", ["nodejs:18"]),
        ("Low: virt:rhel and virt-devel:rhel update", "1-1.module_el8.7.0+1+a", ["virt-devel:rhel", "virt:rhel"]),
        ("Moderate: httpd:2.4/mod_http2 security update", "1-1.module_el8.7.0+1+a", ["httpd:2.4"]),
        ("ALSA-2022:5468: php:8.0 security update", "1-1.module_el8.7.0+1+a", ["php:8.0"]),
        ("Important: varnish security update", "1-1.module_el8.7.0+1+a", ["?"]),
        ("Moderate: python3:3.6.8 security update", "3.6.8-69.el8_10", [""]),
        ("Moderate: curl security update", "8.0-1.el8", [""]),
        ("Moderate: a module for curl", "8.0-1.modules.el8", [""]),
    ],
)
def test_a_fix_is_modular_by_its_version_and_its_stream_stands_in_the_title(
    summary: str, fixed: str, modules: list[str]
) -> None:
    package = affected("AlmaLinux:8", "curl", {"introduced": "0"}, {"fixed": fixed})
    found = said(decode(record("ALSA-2025:1", package, summary=summary)), "almalinux:8")
    assert sorted(s.module for s in found) == modules
    assert {s.fixed for s in found} == {fixed}


def test_of_several_rebuilds_of_one_fix_the_lowest_counts() -> None:
    builds = ["1-10.el8_10", "1-9.el8_9", "1-9.el8_9.1"]
    packages = [affected("AlmaLinux:8", "curl", {"introduced": "0"}, {"fixed": build}) for build in builds]
    assert [s.fixed for s in said(decode(record("ALSA-2025:1", *packages)), "almalinux:8")] == ["1-9.el8_9"]


@pytest.mark.parametrize(
    ("name", "summary", "cves", "counts"),
    [
        ("DSA-1-1", "bird - security update", [], True),
        ("DSA-1-1", "bird - regression update", ["CVE-2025-0001"], True),
        ("DSA-1-2", "bird - regression update", [], False),
        ("DLA-1-1", "tzdata - new timezone database", [], False),
        ("DLA-1-1", "clamav - new upstream version", [], False),
        ("DLA-1-1", "debian-security-support - update", [], False),
        ("DLA-1-1", "debian-security-support - security update", [], True),
        ("DSA-1-1", None, [], True),
        ("CVE-2025-0001", "a race in bird", [], True),
    ],
)
def test_data_and_repairs_without_a_cve_are_no_vulnerabilities(
    name: str, summary: str | None, cves: list[str], counts: bool
) -> None:
    decoded = decode(record(name, affected("Debian:12"), summary=summary, related=cves), FILLER)
    assert [s.advisory for s in said(decoded, "debian:12")] == ([name] if counts else [])
    assert dict(decoded.skipped) == ({} if counts else {"no CVE, and no security update by its summary": 1})
    assert decoded.records == 1 + counts


@pytest.mark.parametrize(
    ("name", "place", "summary", "counts"),
    [
        ("SUSE-SU-2021:1-1", "SUSE:Linux Enterprise Server 15 SP3", "Recommended update for grub2", False),
        ("SUSE-SU-2021:1-1", "SUSE:Linux Enterprise Server 15 SP3", "Security update for grub2", True),
        ("ALSA-2026:1", "AlmaLinux:9", "Important: tomcat9 update", True),
        ("USN-1-2", "Ubuntu:22.04:LTS", "pam regressions", False),
        ("USN-1-1", "Ubuntu:22.04:LTS", "pam vulnerability", True),
    ],
)
def test_that_holds_for_every_publishers_words(name: str, place: str, summary: str, counts: bool) -> None:
    decoded = decode(record(name, affected(place), summary=summary), FILLER)
    assert decoded.records == 1 + counts


@pytest.mark.parametrize(
    ("summary", "severity"),
    [("Critical: x", "critical"), ("important: x", "important"), ("Lowlands: x", ""), ("x", ""), (None, "")],
)
def test_a_rating_stands_before_the_title(summary: str | None, severity: str) -> None:
    told = record("ALSA-2025:1", affected("AlmaLinux:9"), summary=summary, related=["CVE-2025-0001"])
    (found,) = said(decode(told), "almalinux:9")
    assert found.severity == severity


def test_the_same_fix_in_two_repositories_is_one_row_and_eus_is_its_own() -> None:
    decoded = decode(
        record(
            "RHSA-2025:1",
            affected("Red Hat:enterprise_linux:8::baseos"),
            affected("Red Hat:enterprise_linux:8::crb"),
            affected("Red Hat:rhel_eus:8.6::baseos", "curl", {"introduced": "0"}, {"fixed": "7.9-1"}),
        )
    )
    assert [(s.scope, s.fixed) for s in said(decoded, "rhel:8")] == [("eus:8.6", "7.9-1"), ("", "8.0-1")]


def test_ubuntu_pro_is_told_by_the_package_url() -> None:
    pro = {"package": {"purl": "pkg:deb/ubuntu/curl@1?arch=source&distro=esm-apps%2Fjammy"}}
    decoded = decode(
        record(
            "UBUNTU-CVE-2025-0001",
            affected("Ubuntu:22.04:LTS", "curl", {"introduced": "0"}),
            affected("Ubuntu:Pro:22.04:LTS", "curl", {"introduced": "0"}, {"fixed": "1+esm1"}, **pro),
            severity=[{"type": "Ubuntu", "score": "medium"}],
        ),
        record("UBUNTU-CVE-2025-0002", affected("Ubuntu:Pro:22.04:LTS", "wget")),
    )
    assert [(s.scope, s.fixed, s.severity) for s in said(decoded, "ubuntu:22.04")] == [
        ("", "", "medium"),
        ("esm-apps", "1+esm1", "medium"),
    ]
    assert [s.scope for s in said(decoded, "ubuntu:22.04", "wget")] == ["pro"]


def test_without_a_fix_in_esm_either_the_release_itself_is_unfixed() -> None:
    esm = {"package": {"purl": "pkg:deb/ubuntu/x?distro=esm-infra/bionic"}}
    unfixed = {"introduced": "0"}
    decoded = decode(
        record(
            "UBUNTU-CVE-2025-0001",
            affected("Ubuntu:Pro:18.04:LTS", "old", unfixed, **esm),
            affected("Ubuntu:Pro:18.04:LTS", "both", unfixed, package=dict(esm["package"])),
            affected("Ubuntu:18.04:LTS", "both"),
            affected("Ubuntu:Pro:FIPS:18.04:LTS", "other", unfixed),
        )
    )
    assert [(s.scope, s.fixed) for s in said(decoded, "ubuntu:18.04", "old")] == [("", "")]
    assert [(s.scope, s.fixed) for s in said(decoded, "ubuntu:18.04", "both")] == [("", "8.0-1")]
    assert [(s.scope, s.fixed) for s in said(decoded, "ubuntu:18.04", "other")] == [("fips", "")]


def test_rocky_and_suse_name_source_packages_unless_the_binaries_are_listed() -> None:
    decoded = decode(
        record("RLSA-2025:1", affected("Rocky Linux:8")),
        record(
            "SUSE-SU-2025:1-1",
            affected(
                "SUSE:Linux Enterprise Module for Basesystem 15 SP6",
                ecosystem_specific={"binaries": [{"curl": "8.0-1.1", "libcurl4": "8.0-1.2"}]},
            ),
            affected("openSUSE:Leap 15.6"),
        ),
    )
    assert said(decoded, "rocky:8") == ()
    assert [s.fixed for s in said(decoded, "rocky:8", "src:curl")] == ["8.0-1"]
    assert [s.fixed for s in said(decoded, "sles:15.6", "libcurl4")] == ["8.0-1.2"]
    assert said(decoded, "sles:15.6", "src:curl") == ()
    assert [s.fixed for s in said(decoded, "opensuse-leap:15.6", "src:curl")] == ["8.0-1"]


def test_packages_of_a_special_interest_groups_repository_are_not_the_releases() -> None:
    sig = {"package": {"purl": "pkg:rpm/rocky-linux/kernel?distro=rocky-linux-9-sig-cloud&epoch=0"}}
    decoded = decode(record("RLSA-2025:1", affected("Rocky Linux:9"), affected("Rocky Linux:9", "kernel", **sig)))
    assert said(decoded, "rocky:9", "src:kernel") == ()
    assert decoded.skipped == {"package: special interest group's repository": 1}


V3, V4 = (
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
)


def test_a_cve_keeps_its_vectors_and_a_short_summary() -> None:
    severity = [{"type": "CVSS_V3", "score": V3}, {"type": "CVSS_V4", "score": V4}]
    details = "A\tflaw \x1b[31m in\ncurl\u202e " + "x" * 1000
    decoded = decode(record("DEBIAN-CVE-2025-0001", affected("Debian:12"), details=details, severity=severity))
    found = cve(decoded, "CVE-2025-0001")
    assert found is not None
    assert (found.vector, found.vector_source, found.vector_v4) == (V3, "debian", V4)
    assert (found.published, len(found.summary)) == ("2025-01-02", 300)
    assert found.summary.isprintable()
    assert found.summary.startswith("A flaw [31m in curl")


def test_the_vector_of_an_advisory_about_several_cves_is_nobodys() -> None:
    severity = [{"type": "CVSS_V3", "score": V3}]
    two = record("RHSA-2025:1", affected("Red Hat:enterprise_linux:8::baseos"), severity=severity)
    decoded = decode(
        two | {"related": ["CVE-2025-0001", "CVE-2025-0002"]},
        two | {"id": "RHSA-2025:2", "related": ["CVE-2025-0003"]},
        feed="redhat",
    )
    assert cve(decoded, "CVE-2025-0001") is None
    found = cve(decoded, "CVE-2025-0003")
    assert found is not None
    assert (found.vector, found.vector_source) == (V3, "redhat")


def test_an_advisorys_list_of_fixes_tells_of_its_cves() -> None:
    details = (
        "Security Fix(es):\n\n* curl: one (CVE-2025-0001)\n* curl: two (CVE-2025-0002, CVE-2025-0003)\n* x (CVE-1999-1)"
    )
    related = ["CVE-2025-0001", "CVE-2025-0002", "CVE-2025-0003"]
    decoded = decode(record("ALSA-2025:1", affected("AlmaLinux:8"), details=details, related=related))
    assert [getattr(cve(decoded, name), "summary", None) for name in related] == ["curl: one", "curl: two", "curl: two"]
    assert len(Table(decoded.tables["cve"])) == 3


def test_two_records_about_a_cve_complete_each_other() -> None:
    first = record("CVE-2025-0001", affected("Debian:12"), details="told first")
    second = record("DEBIAN-CVE-2025-0001", affected("Debian:13"), details="told second")
    second["severity"] = [{"type": "CVSS_V3", "score": V3}]
    found = cve(decode(first, second), "CVE-2025-0001")
    assert found is not None
    assert (found.summary, found.vector) == ("told first", V3)


def test_the_same_records_in_another_order_make_the_same_tables() -> None:
    records = [record(f"CVE-2025-{n:04}", affected("Debian:12", f"p{n % 3}")) for n in range(50)]
    assert dict(decode(*records).tables) == dict(decode(*reversed(records)).tables)


def test_a_feed_of_other_ecosystems_is_refused() -> None:
    with pytest.raises(FeedContentError, match=r"holds no advisory of a known release; skipped: .*unknown ecosystem"):
        decode(record("CVE-2025-0001", affected("PyPI")))


def test_a_feed_without_any_day_is_refused() -> None:
    with pytest.raises(FeedContentError, match="of which day"):
        decode({"id": "CVE-2025-0001", "affected": [affected("Debian:12")]})


COMPACT = {
    "id": "RHSA-2025:1",
    "published": "2025-01-02T03:04:05Z",
    "cves": ["CVE-2025-0001"],
    "summary": "Red Hat Security Advisory: curl security update",
    "severity": V3,
    "fixed": {
        "enterprise_linux:8::baseos": {"curl": "0:7.61-2.el8"},
        "rhel_eus:8.2::baseos": {"curl": "0:7.61-1.el8_2"},
        "openshift:4.12::el8": {"curl": "0:7.61-9.el8"},
    },
}


def test_the_short_form_says_the_same() -> None:
    suse: dict[str, Any] = {
        "id": "SUSE-SU-2025:1-1",
        "published": "2025-01-03",
        "cves": ["CVE-2025-0001"],
        "summary": "x",
    }
    suse["fixed"] = {
        "SUSE:Linux Enterprise Server 15 SP3-LTSS": {"curl": "7.66-1"},
        "openSUSE:Leap 15.6": {"curl": "8-1"},
    }
    decoded = decode(COMPACT, suse, feed="redhat", form="osv-compact")
    assert {(s.advisory, s.scope, s.fixed, s.issued) for s in said(decoded, "rhel:8")} == {
        ("RHSA-2025:1", "", "0:7.61-2.el8", "2025-01-02"),
        ("RHSA-2025:1", "eus:8.2", "0:7.61-1.el8_2", "2025-01-02"),
    }
    assert [s.scope for s in said(decoded, "sles:15.3", "src:curl")] == ["ltss"]
    assert [s.fixed for s in said(decoded, "opensuse-leap:15.6", "src:curl")] == ["8-1"]
    assert decoded.skipped == {LAYERED: 1}
    assert decoded.publisher == "openSUSE, Red Hat, SUSE"
    found = cve(decoded, "CVE-2025-0001")
    assert found is not None
    assert found.vector == V3
