"""One finding with its asset, to rate: the worked example of docs/risk.md, and cases made from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from checks.check import Theme
from checks.finding import Member, Severity, Subject
from checks.risk import Override
from checks.risk_rules import shipped
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Service, Site
from inventory.policy import Isolation
from reports.firmware import DeviceFirmware
from reports.report import AssetCoverage, Issue, Occurrence
from reports.risk import Basis
from tests.reports.sample import check

TODAY = date(2026, 11, 23)
UPDATE = check(
    "linux.patch.security-updates-pending",
    "Security updates are pending",
    "high",
    Theme.MISSING_OS_PATCH,
    "The fixes are public, and so is what they fix.",
    "Install the update.",
)
OPENSSL = Subject("package", "openssl")
WEB = Asset("web-1", Connection("ssh", "192.0.2.10"), exposure="third-party", criticality=3)


def member(cve: str, severity: Severity | None, **said: str) -> Member:
    return Member(cve, "fix available", severity, said)


MEMBERS = (
    member("CVE-2026-1001", Severity.HIGH, score="7.5", epss="0.31000"),
    member("CVE-2026-1002", Severity.MEDIUM, score="5.3", epss="0.00400", kev="2026-02-03"),
)


def occurrence(*members: Member, subject: Subject = OPENSSL, severity: Severity | None = Severity.HIGH) -> Occurrence:
    return Occurrence(
        ref="EC-0001",
        fingerprint="f" * 64,
        asset_uid="uid-1",
        asset="web-1",
        subject=subject,
        observed="openssl: 3.0.15-1 clears 2 known weaknesses",
        state="OPEN",
        first_seen=datetime(2026, 11, 1, tzinfo=UTC),
        episode=1,
        evidence=(),
        severity=severity,
        members=members,
    )


def coverage(asset: Asset = WEB, *, reached: bool = True) -> AssetCoverage:
    return AssetCoverage("uid-1", asset, True, reached, reached, Privilege.USER, None, 1.0, "Debian 12", {})


def basis(
    asset: Asset = WEB,
    *,
    reached: bool = True,
    device: str = "",
    isolations: tuple[Isolation, ...] = (),
    overrides: Mapping[str, Override] | None = None,
    services: Mapping[str, Service] | None = None,
    sites: Mapping[str, Site] | None = None,
) -> Basis:
    told = DeviceFirmware("uid-1", asset.name, "", device, "", "", {})
    return Basis(
        rules=shipped(),
        today=TODAY,
        kev_known=True,
        assets={"uid-1": coverage(asset, reached=reached)},
        services=services or {},
        sites=sites or {},
        devices={"uid-1": told} if device else {},
        isolations=isolations,
        overrides=overrides or {},
    )


def issue(one: Occurrence, *, theme: Theme = UPDATE.theme, check_id: str = UPDATE.id) -> Issue:
    subject = one.subject if one.subject.key else None
    return Issue(replace(UPDATE, theme=theme, id=check_id), (one,), subject)
