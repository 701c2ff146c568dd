"""An estate that is built to have exactly 25 critical and 55 high issues, scanned for real on loopback, has them.

Three machines on loopback, each a real sshd that sees its own package list, os-release and machine-id
(tests/lab/dressed.py), and a feed of made-up weaknesses that is imported as a user imports one. The counts are those of
the plan below, which knows nothing of the scanner.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.dressed import dressed, need_namespaces
from tests.lab.sshd import SshdFactory
from tests.scanner.end_to_end import Estate
from tests.scanner.feeds.made import zipped

PENDING, EMPTY, ROOT_LOGIN = (
    "linux.patch.security-updates-pending",
    "linux.ssh.permit-empty-passwords",  # critical by its own rating
    "linux.ssh.permit-root-login",  # high by its own rating
)
VECTORS = {
    "critical": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",  # 9.8
    "high": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",  # 7.5
    "medium": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",  # 5.3
}
CRITICAL = [f"lab-critical-{n:02}" for n in range(1, 25)]
HIGH = [f"lab-high-{n:02}" for n in range(1, 55)]
MEDIUM = [f"lab-medium-{n:02}" for n in range(1, 6)]
FIXED = [f"lab-fixed-{n:02}" for n in range(1, 4)]  # a critical weakness that every host has the fix of
EXPLOITED = (HIGH[0], MEDIUM[0])  # in KEV
PASSWORDS = ("PermitEmptyPasswords yes", "PasswordAuthentication yes")


@dataclass(frozen=True)
class Host:
    """What one machine lacks. ``exposure`` decides what the rules of risk make of it."""

    packages: Sequence[str]
    settings: Sequence[str]
    exposure: str = "internal"


HOSTS = {
    "north": Host((*CRITICAL, *HIGH, *MEDIUM), PASSWORDS),
    "south": Host((*CRITICAL[:12], *HIGH[:30], *MEDIUM), PASSWORDS, exposure="internet"),
    "west": Host((*CRITICAL[19:], *HIGH[:9]), ("PermitRootLogin prohibit-password",)),
}
# Of the settings: north and south accept empty passwords and root with a password, west neither.
ISSUES = {"critical": 24 + 1, "high": 54 + 1, "medium": 5, "low": 0, "info": 0}
OCCURRENCES = {
    "critical": 24 + 12 + 5 + 2,
    "high": 54 + 30 + 9 + 2,
    "medium": 5 + 5,
    "low": 0,
    "info": 0,
}
# KEV: the high one is CRITICAL where the internet reaches it (south), and an issue counts under its worst occurrence;
# the medium one is CRITICAL on south.
RISK_ISSUES = {"critical": 25 + 1 + 1, "high": 55 - 1, "unrated": 0, "medium": 5 - 1, "low": 0, "info": 0}
RISK_OCCURRENCES = {"critical": 43 + 3 + 2, "high": 95 - 3, "unrated": 0, "medium": 10 - 2, "low": 0, "info": 0}
RISK_MOVED = {f"{EXPLOITED[0]} south", f"{EXPLOITED[1]} north", f"{EXPLOITED[1]} south"}


@pytest.mark.root
@pytest.mark.lab
def test_twenty_five_critical_and_fifty_five_high_are_counted_as_such(
    tmp_path: Path, sshd_factory: SshdFactory
) -> None:
    need_namespaces()
    estate = built(tmp_path, sshd_factory)
    checks = [word for check in (PENDING, EMPTY, ROOT_LOGIN) for word in ("--check", check)]
    done = estate.run("scan", "--trust-new", "--quiet", *checks)
    assert done.returncode == 0, done.stdout + done.stderr
    report = estate.report()
    assert [asset["logged_in"] for asset in report["assets"]] == [True] * len(HOSTS)
    counts = report["counts"]
    assert {level: row["issues"] for level, row in counts["by_severity"].items()} == ISSUES
    assert {level: row["occurrences"] for level, row in counts["by_severity"].items()} == OCCURRENCES
    assert {level: row["issues"] for level, row in counts["by_risk"].items()} == RISK_ISSUES
    assert {level: row["occurrences"] for level, row in counts["by_risk"].items()} == RISK_OCCURRENCES
    critical = counts["by_severity"]["critical"]
    assert (critical["assets"], critical["root_causes"]) == (3, 25)
    assert "25 critical issues (43 occurrences on 3 assets, 25 root causes)" in " ".join(done.stdout.split())
    assert "55 high issues (95 occurrences on 3 assets, 55 root causes)" in " ".join(done.stdout.split())
    assert_every_number_unfolds(report)
    assert_a_move_is_explained(estate, report)


def assert_every_number_unfolds(report: Mapping[str, object]) -> None:
    """The lists behind the counts, down to the evidence; nothing that is fixed is among them."""
    issues = report["issues"]
    assert isinstance(issues, list)
    found = {
        (one["subject"]["key"] if one["subject"] else one["check_id"], seen["asset"])
        for one in issues
        for seen in one["occurrences"]
    }
    lacking = {(package, name) for name, host in HOSTS.items() for package in host.packages}
    assert found == lacking | {(check, name) for check in (EMPTY, ROOT_LOGIN) for name in ("north", "south")}
    assert all(seen["evidence"] for one in issues for seen in one["occurrences"])


def assert_a_move_is_explained(estate: Estate, report: Mapping[str, object]) -> None:
    issues, risks = report["issues"], report["risks"]
    assert isinstance(issues, list)
    assert isinstance(risks, list)
    moved = {
        f"{one['subject']['key']} {seen['asset']}": (seen["ref"], risks[seen["risk"]])
        for one in issues
        for seen in one["occurrences"]
        if risks[seen["risk"]]["level"] != risks[seen["risk"]]["severity"]
    }
    assert moved.keys() == RISK_MOVED
    ref, risk = moved[f"{EXPLOITED[0]} south"]
    told = estate.run("risk", "explain", ref)
    assert told.returncode == 0, told.stderr
    assert risk["lines"]
    assert all(line in told.stdout for line in risk["lines"])
    assert "internet-facing: HIGH -> CRITICAL" in told.stdout


def built(folder: Path, sshd_factory: SshdFactory) -> Estate:
    """Three servers, the feeds, and an inventory that says all that the rules of risk ask for."""
    estate = Estate(folder)
    for number, (name, host) in enumerate(HOSTS.items(), 1):
        installed = dict.fromkeys(host.packages, "1.0-1") | dict.fromkeys(FIXED, "1.1-1")
        within = dressed(folder / name, f"{number:x}{'0123456789abcdef' * 2}"[:32], installed)
        server = sshd_factory(*host.settings, within=within)
        estate.ssh(name, server, exposure=host.exposure, criticality=2)
        key = folder / f"key-{name}"
        key.write_text(server.login.key or "")
        key.chmod(0o600)
        estate.credentials[name] = {"user": server.login.user, "key": f"file:{key}"}
        estate.hosts[name]["estatecheck"]["credential"] = name
    (folder / "debian.zip").write_bytes(zipped(dict(records())))
    (folder / "kev.json").write_bytes(kev())
    done = estate.run("feeds", "import", str(folder / "debian.zip"), str(folder / "kev.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    return estate


def records() -> Iterable[tuple[str, bytes]]:
    """One weakness for each package, fixed in 1.1-1, in OSV's form."""
    groups = {"critical": [*CRITICAL, *FIXED], "high": HIGH, "medium": MEDIUM}
    day = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for severity, packages in groups.items():
        for package in packages:
            record = {
                "schema_version": "1.7.0",
                "id": f"DEBIAN-{cve_of(package)}",
                "modified": day,
                "upstream": [cve_of(package)],
                "severity": [{"type": "CVSS_V3", "score": VECTORS[severity]}],
                "affected": [
                    {
                        "package": {"ecosystem": "Debian:12", "name": package},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1-1"}]}],
                    }
                ],
            }
            yield f"{record['id']}.json", json.dumps(record).encode()


def cve_of(package: str) -> str:
    everything = (*CRITICAL, *HIGH, *MEDIUM, *FIXED)
    return f"CVE-2026-{everything.index(package) + 1000}"


def kev() -> bytes:
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    rows = [
        {
            "cveID": cve_of(package),
            "vendorProject": "Lab",
            "product": package,
            "vulnerabilityName": "made up",
            "dateAdded": day,
            "shortDescription": "made up",
            "requiredAction": "update",
            "dueDate": day,
            "knownRansomwareCampaignUse": "Unknown",
            "notes": "",
            "cwes": [],
        }
        for package in EXPLOITED
    ]
    head = {"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.22"}
    return json.dumps(
        {**head, "dateReleased": f"{day}T10:00:00Z", "count": len(rows), "vulnerabilities": rows}
    ).encode()
