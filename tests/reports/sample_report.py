"""The sample of :mod:`tests.reports.sample` with every chapter filled: clocks, decisions, a year of scans."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from checks.clock_types import Start
from checks.clocks import Clock, Status
from checks.finding import Outcome, Severity
from reports.clocks import ClockReport, FindingClocks, PolicyTold
from reports.firmware import DeviceFirmware, Said
from reports.life import Backlog, Decided, Life, SupportEnd, Tally
from reports.on_record import ACCEPTED, REQUESTED, Acceptance, OnRecord
from reports.report import AssetCoverage, Issue, Occurrence, ReportData
from tests.reports.sample import END, HOSTILE, SCAN, START, digest, hostile, sample
from tests.reports.sample_availability import month
from tests.reports.sample_whole import ports_of

DAY = 86_400_000
NOW = round(END.timestamp() * 1000)
POLICY = PolicyTold(
    "moj", "3", "Vulnerability scanning and patch management", "a public page", "2024-11-01", digest("moj"),
    "Europe/London", "days", everywhere=True,
)  # fmt: skip
LIMITS = {"critical": 7, "high": 14, "medium": 30, "low": 90, "info": 180}
SUPPORT = (
    ("Debian GNU/Linux 9", date(2022, 6, 30)),
    ("Ubuntu 20.04 LTS", date(2025, 5, 31)),
    ("PostgreSQL 13", date(2025, 11, 13)),
    ("Debian GNU/Linux 12", date(2028, 6, 30)),
)


def rich(base: ReportData | None = None, text: str = "") -> ReportData:
    """``text`` goes into every field that a person or a target can fill."""
    data = base or sample()
    flat = [(i, o) for i in data.issues for o in i.occurrences]
    known = {a.uid: a for a in data.assets}
    clocks = tuple(sorted((_clock(data, i, o, n) for n, (i, o) in enumerate(flat)), key=_order))
    return replace(
        data,
        clocks=ClockReport(NOW, (replace(POLICY, title=text or POLICY.title),), clocks, 3),
        availability=month(text),
        on_record=tuple(_said(o, n, text) for n, (_, o) in enumerate(flat) if n % 9 == 0),
        life=Life(
            tuple(_decided(i, o, n, text) for n, (i, o) in enumerate(flat) if n % 9 == 0),
            tuple(_backlog(k, s) for k in range(14) for s in ("larkspur", "quill")),
            tuple(sorted(_support(known, text), key=lambda one: (one.ends, one.what, one.asset))),
            {o.fingerprint: text or "PermitRootLogin is yes" for o in data.fixed},
        ),
        firmware=tuple(
            DeviceFirmware(
                a.uid, a.asset.name, text or "Fenwick", "FenOS", text or "FW-2200", f"7.{n % 2}",
                {"net.fw.version-eol": Said(Outcome.PASS, text or "supported")},
            )
            for n, a in enumerate(data.assets[:4])
        ),
        ports=tuple(ports_of(a, text) for a in data.assets),
        by_supplier={s: Tally(data.passed, data.not_applicable) for s in data.suppliers},
    )  # fmt: skip


def harmful() -> ReportData:
    """Hostile texts in everything, chapters included."""
    return rich(hostile(), " ".join(HOSTILE))


def _order(one: FindingClocks) -> tuple[int, int, str]:
    return one.lead.status.rank, one.lead.due or 0, one.ref


def _clock(data: ReportData, issue: Issue, one: Occurrence, n: int) -> FindingClocks:
    level = issue.level_of(one).value
    limit = LIMITS.get(level, 30)
    started = NOW - (5 + 7 * (n % 9)) * DAY
    due = started + limit * DAY
    late = due < NOW
    clock = Clock(
        "moj", level, Start.DETECTED, started, limit, False, Status.BREACHED if late else Status.RUNNING, due=due,
        net=Fraction(NOW - started, DAY), gross=Fraction(NOW - started, DAY),
    )  # fmt: skip
    asset = next((a.asset for a in data.assets if a.uid == one.asset_uid), None)
    supplier = (asset.supplier if asset else "") or ""
    return FindingClocks(
        one.ref, one.fingerprint, one.asset_uid, one.asset, issue.title, issue.check.id, one.state, level, supplier,
        (asset.service if asset else "") or "", (f"{supplier}-2024",), True, (clock,), one.evidence,
    )  # fmt: skip


def _said(one: Occurrence, n: int, text: str) -> OnRecord:
    given = Acceptance(
        57 + n, n % 2 == 0, date(2025, 2 + n % 5, 20).isoformat(), "Head of Courts", text or "M. Adeyemi", "accreditor",
        START - timedelta(days=40), text or "the replacement arrives in June", text or f"CR-{n}", "Quill",
    )  # fmt: skip
    state = ACCEPTED if given.granted else REQUESTED
    return OnRecord(one.ref, one.fingerprint, state, acceptance=given, comment=text or "agreed in the weekly call")


def _decided(issue: Issue, one: Occurrence, n: int, text: str) -> Decided:
    action = ("accept", "claim", "override-risk")[n % 3]
    return Decided(
        one.ref, one.asset_uid, one.asset, issue.title, START - timedelta(days=n), action, text or "M. Adeyemi",
        "accreditor", text or "the replacement arrives in June", text or f"CR-{n}", "2025-06-20",
        "low" if action == "override-risk" else "",
    )  # fmt: skip


def _backlog(k: int, supplier: str) -> Backlog:
    at: datetime = END - timedelta(days=28 * (13 - k))
    slope = 3 if supplier == "quill" else 1
    count = 70 - slope * k + (9 if k == 6 else 0)
    rated = dict(zip(Severity, (k % 4, 6, 20, count - 27 - k % 4, 1), strict=True))
    return Backlog(SCAN - 13 + k, at, supplier, count, 4 + k % 3, k % 2, slope + 4 + k % 3, rated)


def _support(known: dict[str, AssetCoverage], text: str) -> list[SupportEnd]:
    made = []
    for n, uid in enumerate(sorted(known)):
        what, ends = SUPPORT[n % len(SUPPORT)]
        told = f"support of {what} ends on {ends}"
        made.append(SupportEnd(uid, known[uid].asset.name, text or what, ends, text or told))
    return made
