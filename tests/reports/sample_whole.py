"""The sample with every chapter that a report can have: clocks, claims, acceptances, firmware, availability, life."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from checks.clock_life import Pause
from checks.clock_types import Cause, Start
from checks.clocks import Clock, Status, Stood
from checks.finding import Outcome, Severity
from reports.clocks import ClockReport, FindingClocks, PolicyTold
from reports.firmware import APPROVED, SUPPORTED, VULNERABLE, DeviceFirmware, Said
from reports.life import Backlog, Decided, Life, SupportEnd
from reports.on_record import Acceptance, OnRecord
from reports.open_ports import AssetPorts, How, Identified, OpenPort, Reach, gathered
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from tests.reports.sample import END, HOSTILE, START, hostile, sample
from tests.reports.sample_availability import month

DAY = 86_400_000
NOW = int(END.timestamp() * 1000)
EVERYWHERE = PolicyTold(
    "cyber-essentials", "3.2", "Cyber Essentials: 14 days", "NCSC", "2025-04-28", "a" * 64, "UTC", "days",
    everywhere=True,
)  # fmt: skip
AGREED = PolicyTold(
    "contract", "1", "Contract schedule 7", "the contract", "2024-04-01", "b" * 64, "Europe/London", "working days",
    holidays="GB-ENG", contracts=("C-17",),
)  # fmt: skip
_PAUSE = Pause(Cause.BUYER_DELAY, START.date(), END.date(), "Larkspur", "A. Owner", reason="no window was given")


def whole(assets: int = 36) -> ReportData:
    """All of it, with numbers that agree with each other."""
    return _with_all(sample(assets))


def whole_hostile(assets: int = 12) -> ReportData:
    """The same with a hostile string in every text that a target, a feed, a person or an inventory can fill."""
    text = " ".join(HOSTILE)
    data = _with_all(hostile(assets), text)
    assert data.clocks
    found = tuple(replace(one, asset=text, title=text, contracts=(text,)) for one in data.clocks.findings)
    policies = tuple(replace(p, title=text, source=text, note=text, contracts=(text,)) for p in data.clocks.policies)
    return replace(
        data, availability=month(text), clocks=replace(data.clocks, findings=found, policies=policies)
    )  # fmt: skip


def _with_all(data: ReportData, text: str = "") -> ReportData:
    found = [(issue, one) for issue in data.issues for one in issue.occurrences]
    clocked = tuple(sorted(_clocked(data, found), key=lambda one: (one.lead.status.rank, one.lead.due, one.ref)))
    return replace(
        data,
        clocks=ClockReport(NOW, (AGREED, EVERYWHERE), clocked, 2),
        on_record=tuple(sorted(_on_record(found, text), key=lambda one: one.ref)),
        firmware=_firmware(text),
        availability=month(text),
        life=_life(data, text),
        ports=tuple(ports_of(one, text) for one in data.assets),
    )


def _clocked(data: ReportData, found: list[tuple[Issue, Occurrence]]) -> Iterator[FindingClocks]:
    uids = {one.uid: one.asset for one in data.assets}
    for n, (issue, one) in enumerate(found):
        asset = uids[one.asset_uid]
        days = 14 if n % 3 else 60
        started = NOW - (20 + n % 30) * DAY
        late = started + days * DAY < NOW
        stood = (Stood(_PAUSE, NOW - 5 * DAY, NOW - 2 * DAY),) if n % 7 == 0 else ()
        clock = Clock(
            "cyber-essentials", "high", Start.ALERT, started, days, False,
            Status.BREACHED if late else Status.PAUSED if stood else Status.RUNNING,
            due=started + days * DAY, due_gross=started + days * DAY, gross=Fraction(20 + n % 30),
            net=Fraction(20 + n % 30), stood=stood,
        )  # fmt: skip
        agreed = replace(clock, policy="contract", rule="p2", due=(clock.due or 0) + 7 * DAY, status=Status.RUNNING)
        clocks = (clock, agreed) if asset.supplier == "larkspur" else (clock,)
        yield FindingClocks(
            one.ref, one.fingerprint, one.asset_uid, one.asset, issue.title, issue.check.id, one.state,
            issue.level_of(one).value, asset.supplier or "", asset.service or "",
            ("C-17",) if asset.supplier == "larkspur" else (), True, clocks, one.evidence,
        )  # fmt: skip


def _on_record(found: list[tuple[Issue, Occurrence]], text: str) -> Iterator[OnRecord]:
    for n, (_, one) in enumerate(found):
        if one.state == "CLAIMED_FIXED":
            yield OnRecord(
                one.ref, one.fingerprint, one.state, START - timedelta(days=3), "2025-02-27", "Larkspur",
                text or "set and reloaded", text or f"CHG-{n}", None, None, text or "set and reloaded",
            )  # fmt: skip
        elif n % 13 == 5:
            given = Acceptance(
                57 + n, n % 2 == 1, "2025-06-30", text or "Head of Listing", text or "A. Creditor", "accreditor",
                START - timedelta(days=40), text or "behind the gateway until the move", text or f"CR-{n}", "Larkspur",
            )  # fmt: skip
            yield OnRecord(one.ref, one.fingerprint, one.state, verified=None, acceptance=given, comment=given.reason)
        elif one.episode > 1:
            yield OnRecord(one.ref, one.fingerprint, one.state, verified=START - timedelta(days=20))


def ports_of(one: AssetCoverage, text: str) -> AssetPorts:
    """Of a host that was logged in to three, one of them seen from both sides; of others the reason why none."""
    name = one.asset.name
    if not one.logged_in:
        return AssetPorts(one.uid, name, (), text or "unreachable")
    inside = Identified(How.LISTED, text or "sshd", "", "a" * 64)
    way = Identified(How.WAY_IN, "ssh", text or "SSH-2.0-Fenwick_1.0")
    listed = (
        OpenPort("tcp", 22, Reach.NETWORK, ("0.0.0.0",), (inside,)),  # noqa: S104 (what a host may say)
        OpenPort("tcp", 5432, Reach.LOCAL, ("127.0.0.1",), (replace(inside, service=text or "postgres"),)),
        OpenPort("udp", 5353, Reach.NETWORK, ("::",), (replace(inside, service=""),)),
    )
    return gathered(one.uid, name, (*listed, OpenPort("tcp", 22, Reach.ANSWERED, (), (way,))), "")


def _firmware(text: str) -> tuple[DeviceFirmware, ...]:
    fail, passed = Said(Outcome.FAIL, text or "x"), Said(Outcome.PASS, text or "x")
    old = DeviceFirmware("uid-sw1", text or "sw1", "Cisco", "IOS", text or "C2960X", "15.2(7)E3", {APPROVED: fail})
    new = replace(old, asset_uid="uid-sw2", asset=text or "sw2", version="15.2(7)E10")
    return old, replace(new, judged={APPROVED: passed, SUPPORTED: passed, VULNERABLE: fail})


def _life(data: ReportData, text: str) -> Life:
    first = data.issues[0].occurrences[0]
    decision = Decided(
        first.ref, first.asset_uid, first.asset, text or data.issues[0].title, START - timedelta(days=9), "accept",
        text or "A. Creditor", "accreditor", text or "agreed", text or "CR-1", END.date().isoformat(),
    )  # fmt: skip
    days = (START - timedelta(days=30 * (42 - n)) for n in (39, 40, 41, 42))
    backlog = tuple(
        Backlog(
            n,
            at,
            "larkspur",
            160 - n,
            n % 3,
            0,
            n % 4,
            dict(zip(Severity, (n - 30, 9, 60, 121 - 2 * n, 0), strict=True)),
        )
        for n, at in enumerate(days, 39)
    )
    ends = SupportEnd(
        first.asset_uid, first.asset, text or "Debian 11", datetime(2025, 8, 31, tzinfo=UTC).date(), text or "ends soon"
    )
    return Life((decision,), backlog, (ends,))


def huge_name() -> ReportData:
    """One asset, one service, one supplier and one finding with names of a megabyte."""
    name = "A" * 1_000_000
    data = whole(4)
    first = data.issues[0]
    shown = tuple(
        replace(o, asset=name, observed=name, subject=replace(o.subject, key=name)) for o in first.occurrences
    )
    assets = tuple(replace(a, asset=replace(a.asset, name=name), os_name=name) for a in data.assets)
    services = {key: replace(one, name=name, owner=name) for key, one in data.services.items()}
    suppliers = {key: replace(one, name=name) for key, one in data.suppliers.items()}
    areas = {key: replace(one, name=name) for key, one in data.areas.items()}
    return replace(
        data, estate=name, assets=assets, services=services, suppliers=suppliers, areas=areas,
        issues=(replace(first, occurrences=shown), *data.issues[1:]),
    )  # fmt: skip
