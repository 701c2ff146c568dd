"""Updates and their CVEs for the sample report: all fictional, several releases, some exploited, some without a fix."""

import functools
from dataclasses import dataclass

from checks.finding import Member, Severity

PENDING = "linux.patch.security-updates-missing"
UNFIXED = "linux.patch.no-vendor-fix"
RELEASES = ("deb12u", "ubuntu0.24.04.", "deb9u")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:{}"


@dataclass(frozen=True, slots=True)
class Unit:
    """One source package. ``worst`` is of its first CVE; the others are milder."""

    package: str
    fixed: str  # "" the vendor has no fix
    worst: Severity
    cves: int
    every: int  # missing on each asset whose number this divides
    exploited: bool = False


UPDATES = (
    Unit("openssl", "3.0.17-1~", Severity.CRITICAL, 6, 5, exploited=True),
    Unit("linux", "6.1.140-1~", Severity.HIGH, 120, 4),
    Unit("curl", "7.88.1-10+", Severity.HIGH, 3, 7),
    Unit("bind9", "1:9.18.33-1~", Severity.MEDIUM, 2, 9, exploited=True),
    Unit("sudo", "1.9.13p3-1+", Severity.MEDIUM, 1, 6),
)
WITHOUT_FIX = (
    Unit("libxml2", "", Severity.HIGH, 2, 6),
    Unit("glibc", "", Severity.LOW, 4, 4),
)


def missing_on(number: int, check_id: str) -> tuple[Unit, ...]:
    """What an asset lacks."""
    units = {PENDING: UPDATES, UNFIXED: WITHOUT_FIX}.get(check_id, ())
    return tuple(unit for unit in units if number % unit.every == 1)


@functools.cache
def members(unit: Unit, release: int) -> tuple[Member, ...]:
    return tuple(_member(unit, RELEASES[release], n) for n in range(unit.cves))


def _member(unit: Unit, release: str, n: int) -> Member:
    severity = list(Severity)[min(unit.worst.rank + n % 4, 3)]
    attributes = {"advisory": f"FSA-2025-{unit.cves * 10 + n}", "epss": f"{0.9 / (n + 2):.3f}"}
    if unit.package == "sudo":
        attributes |= {"scope": "esm-infra"}
    if unit.fixed:
        attributes |= {"fixed": f"{unit.fixed}{release}1"}
    if n % 5 != 4:
        attributes |= {"vector": VECTOR.format("HLN"[n % 3]), "vector_source": "fenwick-tracker", "score": "8.1"}
    if unit.exploited and n == 0:
        attributes |= {"kev": "2025-02-11", "kev_due": "2025-03-04", "kev_ransomware": "yes"}
        attributes |= {"bod": "3 days", "bod_assumed": "not automatable"}
    attributes |= {"epss_percentile": "0.98"} if n == 0 else {}
    verdict = "fix available" if unit.fixed else "no fix from the vendor"
    return Member(f"CVE-2025-9{unit.cves:03d}{n}", verdict, severity if n % 5 != 4 else None, attributes)


def said(unit: Unit) -> str:
    if not unit.fixed:
        return f"{unit.package}: {unit.cves} vulnerabilities, and the publisher has no fix"
    return f"{unit.package}: {unit.fixed} is available and closes {unit.cves} vulnerabilities"
