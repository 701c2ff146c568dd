"""Availability as JSON values and as rows of a CSV file; docs/availability.md says what each field means. Pure."""

from collections.abc import Iterator
from fractions import Fraction

from checks.availability import Claim, Figures, in_hours
from checks.downtime import Outage
from checks.serviceability import Serviceability
from reports.availability import AvailabilityReport, OutageTold, Reached, ServiceAvailability, sets, stamp


def plain(report: AvailabilityReport) -> dict[str, object]:
    """JSON values: instants in UTC as ``2026-03-01 00:00:00``, times in hours, shares from 0 to 1."""
    return {
        "from": stamp(report.start),
        "to": stamp(report.end),
        "until": stamp(report.until),
        "blind": [{"from": stamp(start), "to": stamp(end)} for start, end in report.blind],
        "services": [_service(one) for one in report.services],
        "devices": _devices(report),
        "reach": [_reach(one) for one in report.reach],
    }


def _reach(one: Reached) -> dict[str, object]:
    return {
        "watch": one.watch,
        "service": one.service,
        "at": stamp(one.at),
        "of": one.reach.of,
        "reached": list(one.reach.reached),
        "not_reached": list(one.reach.not_reached),
        "blind": list(one.reach.blind),
    }


def _service(one: ServiceAvailability) -> dict[str, object]:
    measured = one.measured
    return {
        "service": one.service,
        "name": one.name,
        "series": list(one.series),
        "from": stamp(measured.start / 1000),
        "to": stamp(measured.end / 1000),
        "asked_to": stamp(measured.asked_end / 1000),
        "hours": [_figures(figures) for figures in sets(one)],
        "promised": one.promise,
        "promise": _claim(measured.claim),
        "claims": [{"month": m.month, **(_claim(m.claimed) or {}), "promise": _claim(m.promised)} for m in one.months],
        "maintenance": _maintenance(one),
        "outages": [_outage(outage) for outage in one.outages],
        "counted_outages": [_counted(outage) for outage in measured.always.outages],
        "timeline": [
            {"from": stamp(i.start), "to": stamp(i.end), "state": i.state.value, "reason": i.reason}
            for i in one.timeline
        ],
    }


def _outage(outage: OutageTold) -> dict[str, object]:
    return {
        "id": outage.id,
        "series": outage.series,
        "from": stamp(outage.start),
        "not_before": None if outage.after is None else stamp(outage.after),
        "to": None if outage.ended is None else stamp(outage.ended),
        "reason": outage.reason,
        "children": list(outage.children),
    }


def _counted(outage: Outage) -> dict[str, object]:
    """An outage of the whole service, round the clock, as the figures count it."""
    return {
        "from": stamp(outage.start / 1000),
        "to": None if outage.end is None else stamp(outage.end / 1000),
        "down_hours": _hours(outage.down),
        "down_at_most_hours": _hours(outage.at_most),
        "began_before": outage.began_before,
    }


def _maintenance(one: ServiceAvailability) -> dict[str, object]:
    account = one.measured.maintenance
    return {
        "allowed_hours": _hours(account.allowed_ms),
        "excluded_hours": _hours(sum(end - start for start, end in account.excluded)),
        "over_allowance_hours": _hours(sum(end - start for start, end in account.over_allowance)),
        "late": [{"who": work.who, "reference": work.reference} for work in one.work if work.late],
        "declared": [
            {
                "id": work.id,
                "from": stamp(work.start),
                "to": stamp(work.end),
                "registered": stamp(work.registered_at),
                "who": work.who,
                "reference": work.reference,
                "late": work.late,
            }
            for work in one.work
        ],
    }


def _figures(figures: Figures) -> dict[str, object]:
    times = ("promised", "base", "up", "degraded", "down", "unknown", "excluded", "excluded_down", "longest")
    worst = figures.worst_day
    return {
        "name": figures.name,
        **{name: _share(getattr(figures, name)) for name in ("measured", "lower", "upper", "point")},
        **{f"{name}_hours": _hours(getattr(figures, name)) for name in (*times, "mttr", "mtbf")},
        "outages": len(figures.outages),
        "worst_day": {"day": worst[0], "down_hours": _hours(worst[1])} if worst else None,
    }


def _hours(ms: int | Fraction | None) -> float | None:
    return None if ms is None else round(in_hours(ms), 6)


def _share(share: Fraction | None) -> float | None:
    return None if share is None else round(float(share), 9)


def _claim(claim: Claim | None) -> dict[str, object] | None:
    if claim is None:
        return None
    return {
        "share": _share(claim.claimed),
        "verdict": claim.verdict.value,
        "allowed_down_hours": _hours(claim.allowed_down),
        "down_hours": _hours(claim.down),
        "down_at_most_hours": _hours(claim.down_at_most),
    }


def _devices(report: AvailabilityReport) -> dict[str, object]:
    return {
        **counts(report.devices),
        "out_of_service": [
            {
                "device": one.device,
                "condition": one.condition.value,
                "since": None if one.since is None else stamp(one.since),
                "days": _days(one.age),
                "never_worked": one.never_worked,
                "last_seen": None if one.last_seen is None else stamp(one.last_seen),
                "last_seen_by": one.way or None,
                "reasons": list(report.reasons.get(one.device, ())),
            }
            for one in report.out_of_service
        ],
        "groups": [{"by": group.kind, "name": group.name, **counts(group.told)} for group in report.groups],
    }


def counts(devices: Serviceability) -> dict[str, object]:
    longest = devices.longest
    return {
        "watched": devices.devices,
        "in_service": devices.in_service,
        "unusable": devices.unusable,
        "unseen": devices.unseen,
        "p50_days": _days(devices.p50),
        "p95_days": _days(devices.p95),
        "longest": {"device": longest.device, "days": _days(longest.age)} if longest else None,
    }


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 86_400, 3)


def csv_rows(report: AvailabilityReport, wanted: str = "both") -> Iterator[tuple[str, ...]]:
    """Headings, then a row for each service and set of hours."""
    yield ("service", "from", "to", *CSV_FIGURES, "worst_day", "worst_day_down_hours")
    for service in report.services:
        for figures in sets(service, wanted):
            values, worst = _figures(figures), figures.worst_day
            period = stamp(service.measured.start / 1000), stamp(service.measured.end / 1000)
            last = (worst[0], cell(_hours(worst[1]))) if worst else ("", "")
            yield (cell(service.service), *period, *(cell(values[name]) for name in CSV_FIGURES), *last)


CSV_FIGURES = (
    "name",
    *("lower", "point", "upper", "measured"),
    *(f"{name}_hours" for name in ("promised", "base", "up", "down", "unknown", "degraded", "excluded")),
    "outages",
    *(f"{name}_hours" for name in ("longest", "mttr", "mtbf")),
)


def cell(value: object) -> str:
    """A text that a spreadsheet would take for a formula is kept from being one (OWASP, CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
