"""Availability as text for a terminal: tables, and a sentence where a number alone would mislead."""

from collections.abc import Sequence

from checks.availability import Claim
from reports.availability import (
    NOTHING,
    AvailabilityReport,
    OutageTold,
    Reached,
    ServiceAvailability,
    age,
    hours,
    sets,
    stamp,
    table_rows,
    told,
    verdict,
)
from reports.availability_hours import COLUMNS as HOUR_COLUMNS
from reports.availability_hours import hour_rows
from reports.text import safe_text
from scanner.cli.console import table

MOST_OUTAGES = 50  # of a table
MOST_DEVICES = 30
MOST_REACH = 50
MOST_SERIES = 12
FEW = 3  # services that are told in full without being asked for


def lines(report: AvailabilityReport, wanted: str, *, full: bool) -> list[str]:
    if not report.services:
        return ["Nothing is watched yet: put watches into the inventory, and run `estatecheck serve`."]
    full = full or len(report.services) <= FEW
    said = [line for one in report.services for line in _service(one, wanted)] if full else _summary(report, wanted)
    return [*said, *_reach(report), *_blind(report), *_devices(report)]


def _summary(report: AvailabilityReport, wanted: str) -> list[str]:
    """One line for each service and set of hours; the outages of all below."""
    columns = ("measured", "lower bound", "upper bound", "down", "outages", "longest", "MTTR", "excluded")
    rows = []
    for one in report.services:
        for figures in sets(one, wanted):
            cells = told(figures)
            rows.append([one.service, figures.name, *(cells[name] for name in columns), _verdict(one)])
    said = [f"{stamp(report.start)} to {stamp(report.until)} UTC", ""]
    said.append(table(("service", "hours", *columns, "promised"), rows))
    return [*said, *_outages(report.services), *_months(report)]


def _verdict(one: ServiceAvailability) -> str:
    claim = one.measured.claim
    return f"{float(claim.claimed) * 100:.10g} % {claim.verdict.value}" if claim else "-"


def _service(one: ServiceAvailability, wanted: str) -> list[str]:
    """All figures of one service, as docs/availability.md has them."""
    names = [figures.name for figures in sets(one, wanted)]
    period = f"{stamp(one.measured.start / 1000)} to {stamp(one.measured.end / 1000)} UTC"
    name = one.name if one.name == one.service else f"{one.service} ({one.name})"
    said = [f"{safe_text(name)}: {period} ({safe_text(', '.join(one.series[:MOST_SERIES]))})"]
    if one.promise:
        said.append(f"promised: {safe_text(one.promise)}")
    said += ["", table(("figure", *names), [list(row) for row in table_rows(one, wanted)])]
    if one.measured.claim:
        which = one.measured.promised.name if one.measured.promised else "the time"
        said += ["", verdict(one.measured.claim, which)]
    return [*said, *_claims(one), *_outages([one]), *_work(one), ""]


def _claims(one: ServiceAvailability) -> list[str]:
    """The supplier's word against what was measured."""
    rows = [
        [m.month, f"{float(m.claimed.claimed) * 100:.10g} %", m.claimed.verdict.value, *_down(m.claimed)]
        for m in one.months
        if m.claimed
    ]
    return ["", table(("month", "claimed", "it", "down", "down at most"), rows)] if rows else []


def _down(claim: Claim) -> tuple[str, str]:
    return hours(claim.down), hours(claim.down_at_most)


def _months(report: AvailabilityReport) -> list[str]:
    return [line for one in report.services for line in (_claims(one) and ["", one.service, *_claims(one)[1:]])]


def _outages(services: Sequence[ServiceAvailability]) -> list[str]:
    rows = [
        [o.series, stamp(o.start), stamp(o.ended) if o.ended else "open", _lasted(o, one), o.reason]
        for one in services
        for o in one.outages
    ]
    if not rows:
        return ["", "No outage was seen."]
    left = len(rows) - MOST_OUTAGES
    more = [f"... and {left} earlier ones: --format json lists them all"] if left > 0 else []
    headings = ("outage of", "from (UTC)", "to (UTC)", "lasted", "because")
    return ["", table(headings, rows[-MOST_OUTAGES:]), *more]


def _lasted(outage: OutageTold, one: ServiceAvailability) -> str:
    until = one.measured.end / 1000 if outage.ended is None else outage.ended
    return hours(round((until - outage.start) * 1000))


def _work(one: ServiceAvailability) -> list[str]:
    if not one.work:
        return []
    rows = [
        [
            w.id,
            stamp(w.start),
            stamp(w.end),
            stamp(w.registered_at),
            "no: excludes nothing" if w.late else "yes",
            w.who,
        ]
        for w in one.work
    ]
    headings = ("maintenance", "from (UTC)", "to (UTC)", "registered (UTC)", "in time", "by")
    account = one.measured.maintenance
    excluded = sum(end - start for start, end in account.excluded)
    over = sum(end - start for start, end in account.over_allowance)
    allowed = "without limit" if account.allowed_ms is None else hours(account.allowed_ms)
    settled = f"allowed {allowed}, excluded {hours(excluded)}, beyond the allowance {hours(over)}"
    return ["", table(headings, rows), settled]


def _reach(report: AvailabilityReport) -> list[str]:
    if not report.reach:
        return []
    rows = [
        [one.watch, one.service, f"{len(one.reach.reached)} of {one.reach.of} places", *_places(one)]
        for one in report.reach[:MOST_REACH]
    ]
    headings = ("watch", "service", "reachable from", "not from", "could not look")
    more = (
        [f"... and {len(report.reach) - MOST_REACH} more: --format json lists them all"]
        if report.reach[MOST_REACH:]
        else []
    )
    return ["", f"at {stamp(report.reach[0].at)} UTC", table(headings, rows), *more]


def _places(one: Reached) -> tuple[str, str]:
    return ", ".join(one.reach.not_reached) or "-", ", ".join(one.reach.blind) or "-"


def by_hour(report: AvailabilityReport) -> list[str]:
    """A table for each service: what was measured of each hour."""
    said: list[str] = []
    for one in report.services:
        rows = [[stamp(row.hour), *map(minutes, row.times)] for row in hour_rows(one)]
        said += [safe_text(one.service), table(("hour from (UTC)", *HOUR_COLUMNS), rows), ""]
    return said or ["Nothing is watched yet: put watches into the inventory, and run `estatecheck serve`."]


def minutes(ms: int) -> str:
    return "-" if not ms else f"{ms / 60_000:.1f} min".replace(".0 ", " ")


def _blind(report: AvailabilityReport) -> list[str]:
    if not report.blind:
        return []
    total = hours(round(sum(end - start for start, end in report.blind) * 1000))
    first = ", ".join(f"{stamp(a)} to {stamp(b)}" for a, b in report.blind[:3])
    return ["", f"Nobody probed for {total} of this period: {first}{' ...' if len(report.blind) > 3 else ''} (UTC)"]


def _devices(report: AvailabilityReport) -> list[str]:
    told = report.devices
    if not told.devices:
        return ["", "No device is watched, and none was scanned."]
    out = f"{told.unusable} unusable, {told.unseen} unseen"
    said = ["", f"Devices: {told.in_service} of {told.devices} in service; {out}"]
    if told.p50 is None or told.p95 is None or told.longest is None:
        return said
    said[-1] += f"; out of service for p50 {age(told.p50)}, p95 {age(told.p95)}, longest {age(told.longest.age)}"
    rows = [
        [
            one.device,
            one.condition.value,
            age(one.age),
            stamp(one.since or 0.0),
            f"{stamp(one.last_seen)} ({one.way})" if one.last_seen is not None else "never",
        ]
        for one in report.out_of_service[:MOST_DEVICES]
    ]
    left = len(report.out_of_service) - MOST_DEVICES
    more = [f"... and {left} more: --format json lists them all"] if left > 0 else []
    headings = ("device", "is", "for", "since (UTC)", "last seen by any way in (UTC)")
    return [*said, *_groups(report), "", table(headings, rows), *more]


def _groups(report: AvailabilityReport) -> list[str]:
    """By area and by supplier, as far as something is out of service there."""
    rows = [
        [
            f"{group.kind} {group.name}" if group.name else f"no {group.kind}",
            f"{group.told.devices - group.told.in_service} of {group.told.devices}",
            *(NOTHING if days is None else age(days) for days in (group.told.p50, group.told.p95)),
            f"{age(group.told.longest.age)} ({group.told.longest.device})" if group.told.longest else NOTHING,
        ]
        for group in report.groups
        if group.told.in_service < group.told.devices
    ]
    return ["", table(("of", "out of service", "p50", "p95", "longest"), rows)] if rows else []
