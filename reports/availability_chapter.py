"""The chapter on availability, as the HTML and the terminal report tell it: what is worst first, bounded. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from markupsafe import Markup

from checks.availability import Verdict
from checks.serviceability import Serviceability
from inventory.estate import Area, Supplier
from reports.availability import (
    AvailabilityReport,
    DeviceGroup,
    Reached,
    ServiceAvailability,
    age,
    hours,
    percent,
    sets,
    stamp,
    told,
)
from reports.report import ReportData
from reports.text import count, safe_text
from reports.timeline import LEGEND, hatch, strip

MOST_SERVICES = 200  # rows of the table
MOST_STRIPS = 40
MOST_OUTAGES = 100
MOST_WORK = 100
MOST_DEVICES = 100
MOST_REACH = 100
_RANK = {Verdict.DOES_NOT_HOLD: 0, Verdict.CANNOT_BE_DECIDED: 1, Verdict.HOLDS: 3}


@dataclass(frozen=True, slots=True)
class Lost:
    """One outage as it is told."""

    series: str
    start: str
    ended: str
    lasted: str
    reason: str


def worst_first(services: Sequence[ServiceAvailability]) -> list[ServiceAvailability]:
    """Broken promises, then those that cannot be decided, then by the lower bound."""
    return sorted(services, key=_badness)


def _badness(one: ServiceAvailability) -> tuple[int, Fraction, str]:
    claim, lower = one.measured.claim, one.measured.always.lower
    return _RANK[claim.verdict] if claim else 2, Fraction(2) if lower is None else lower, one.service


def promise(one: ServiceAvailability) -> str:
    claim = one.measured.claim
    return f"{percent(claim.claimed)} {claim.verdict.value}" if claim else "none"


Names = Mapping[str, Mapping[str, Area] | Mapping[str, Supplier]]  # by kind of group: id in the inventory -> what it is


def names_in(data: ReportData) -> Names:
    """For :func:`chapter`."""
    return {"area": data.areas, "supplier": data.suppliers}


def chapter(report: AvailabilityReport, letter: str, names: Names | None = None) -> dict[str, Any]:
    """What the template prints. ``names``: of areas and suppliers; without them their ids stand there."""
    services = worst_first(report.services)
    outages = lost(report)
    work = [(one, work) for one in report.services for work in one.work]
    behind = [one for one in report.groups if one.told.in_service < one.told.devices]
    return {
        "letter": letter,
        "from": stamp(report.start),
        "to": stamp(report.end),
        "blind": blind(report),
        "services": [_row(n, one) for n, one in enumerate(services[:MOST_SERVICES])],
        "more": max(0, len(services) - MOST_SERVICES),
        "hatch": _defs(),
        "legend": LEGEND,
        "outages": outages[:MOST_OUTAGES],
        "more_outages": max(0, len(outages) - MOST_OUTAGES),
        "work": [
            {
                "name": f"{one.name}: {w.id}",
                "start": stamp(w.start),
                "end": stamp(w.end),
                "registered": stamp(w.registered_at),
                "late": w.late,
                "who": f"{w.who} {w.reference}".strip(),
            }
            for one, w in work[:MOST_WORK]
        ],
        "reach": [_reach(one) for one in reach_worst_first(report)[:MOST_REACH]],
        "more_reach": max(0, len(report.reach) - MOST_REACH),
        "devices": devices(report.devices),
        "out": [
            {
                "device": d.device,
                "condition": d.condition.value,
                "age": age(d.age),
                "since": "" if d.since is None else stamp(d.since),
                "never": d.never_worked,
                "seen": "" if d.last_seen is None else f"{stamp(d.last_seen)}, {d.way}",
                "why": ", ".join(report.reasons.get(d.device, ())),
            }
            for d in report.out_of_service[:MOST_DEVICES]
        ],
        "groups": [_group(one, names or {}) for one in behind[:MOST_DEVICES]],
    }


def _group(one: DeviceGroup, names: Names) -> dict[str, str]:
    told, known = one.told, names.get(one.kind, {}).get(one.name or "")
    ages = {name: "" if days is None else age(days) for name, days in (("p50", told.p50), ("p95", told.p95))}
    longest = f"{age(told.longest.age)}, {told.longest.device}" if told.longest else ""
    out = f"{told.devices - told.in_service} of {told.devices}"
    return {
        "name": known.name if known else f"{one.kind} {one.name}" if one.name else f"no {one.kind} given",
        "out": out,
        **ages,
        "longest": longest,
    }


def reach_worst_first(report: AvailabilityReport) -> list[Reached]:
    """Those that are reached from the smallest share of their places first."""
    return sorted(report.reach, key=lambda one: (Fraction(len(one.reach.reached), max(1, one.reach.of)), one.watch))


def _reach(one: Reached) -> dict[str, Any]:
    return {
        "watch": one.watch,
        "service": one.service,
        "at": stamp(one.at),
        "share": f"{len(one.reach.reached)} of {one.reach.of}",
        "not_reached": ", ".join(one.reach.not_reached),
        "blind": ", ".join(one.reach.blind),
    }


def _defs() -> Markup:
    return Markup('<svg class="defs" width="0" height="0" aria-hidden="true">{}</svg>').format(hatch())


def _row(place: int, one: ServiceAvailability) -> dict[str, Any]:
    about = one.measured.promised or one.measured.always  # what the promise is about; of other hours it says nothing
    rows = [
        {
            "name": figures.name,
            "told": _kept_together(told(figures)),
            "verdict": promise(one) if figures is about else "–",
        }
        for figures in sets(one)
    ]
    return {
        "name": one.name,
        "rows": rows,
        "strip": strip(f"strip-{place}", one) if place < MOST_STRIPS else Markup(""),
        "claims": claims(one),
    }


def _kept_together(words: Mapping[str, str]) -> dict[str, str]:
    """A number and its unit stay on one line."""
    return {name: text.replace(" ", "\u00a0") for name, text in words.items()}


def claims(one: ServiceAvailability) -> str:
    """What the supplier said of its months, and what became of it."""
    said = (
        f"{m.month}: {percent(m.claimed.claimed)} {m.claimed.verdict.value} ({hours(m.claimed.down)} down, "
        f"{hours(m.claimed.down_at_most)} at most)"
        for m in one.months
        if m.claimed
    )
    text = "; ".join(said)
    return f"Claimed by the supplier: {text}." if text else ""


def lost(report: AvailabilityReport) -> list[Lost]:
    """Outages of all services, each series once, the longest first."""
    found = {outage.id: (outage, one.measured.end / 1000) for one in report.services for outage in one.outages}
    lengths = [((end if o.ended is None else o.ended) - o.start, o) for o, end in found.values()]
    return [
        Lost(
            o.series,
            stamp(o.start),
            "not over by then" if o.ended is None else stamp(o.ended),
            hours(round(length * 1000)),
            o.reason,
        )
        for length, o in sorted(lengths, key=lambda pair: (-pair[0], pair[1].id))
    ]


def blind(report: AvailabilityReport) -> str:
    total = round(sum(end - start for start, end in report.blind) * 1000)
    if not total:
        return ""
    return f"Nobody probed for {hours(total)} of this time ({count(len(report.blind), 'gap')}); it is unknown."


def devices(told_of: Serviceability) -> str:
    """One sentence."""
    if not told_of.devices:
        return "No device is watched for itself."
    text = (
        f"{told_of.in_service} of {count(told_of.devices, 'device')} in service; {told_of.unusable} unusable, "
        f"{told_of.unseen} unseen."
    )
    if told_of.p50 is None or told_of.p95 is None or told_of.longest is None:
        return text
    longest = f"longest {safe_text(told_of.longest.device)}, {age(told_of.longest.age)}"
    return f"{text} Out of service for: median {age(told_of.p50)}, 95th percentile {age(told_of.p95)}, {longest}."
