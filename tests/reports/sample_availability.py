"""A made-up month of three services, for the chapter on availability."""

from datetime import UTC, datetime
from decimal import Decimal

from checks.availability import Record, Terms, availability, judge
from checks.combine import Reach
from checks.maintenance import Allowance, Maintenance
from checks.service_hours import ServiceHours
from checks.serviceability import serviceability, standing
from inventory.facts.availability import Interval, State
from reports.availability import (
    AvailabilityReport,
    Month,
    OutageTold,
    Reached,
    ServiceAvailability,
    Work,
    longest_first,
)

HOUR = 3600.0
REACH = Reach(tuple(f"site-{n}" for n in range(19)), ("ash-field",), ("birch",))
END = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
START = END - 30 * 24 * HOUR


def intervals(*bad: tuple[float, float, State, str]) -> tuple[Interval, ...]:
    """Up, but for these: hours from the start."""
    found, now = [], START
    for begin, finish, state, why in bad:
        found += [
            Interval(now, START + begin * HOUR, State.UP),
            Interval(START + begin * HOUR, START + finish * HOUR, state, why),
        ]
        now = START + finish * HOUR
    return tuple(one for one in [*found, Interval(now, END, State.UP)] if one.start < one.end)


def service(name: str, known: tuple[Interval, ...], share: str | None = None, text: str = "") -> ServiceAvailability:
    week = dict.fromkeys(range(5), ((8 * 60, 18 * 60),))
    terms = Terms(allowance=Allowance(4.0), hours=ServiceHours(UTC, week), claimed=Decimal(share) if share else None)
    work = [
        Maintenance(START, START + 100 * HOUR, START + 103 * HOUR, "supplier", "CHG-1"),
        Maintenance(START + 301 * HOUR, START + 300 * HOUR, START + 302 * HOUR, "supplier", "CHG-2"),
    ]
    measured = availability(Record.of(known, terms), (START, END), END, terms, work)
    down = [one for one in known if one.state is State.DOWN]
    return ServiceAvailability(
        service=name,
        name=text or name.replace("-", " ").capitalize(),
        series=(f"{name}-web",),
        promise=f"{float(share or 0) * 100:g} % of the hours of the contract" if share else "",
        measured=measured,
        timeline=known,
        outages=tuple(
            OutageTold(f"{name}-web", one.start, one.start - 60, None if one.end == END else one.end, one.reason)
            for one in down
        ),
        work=tuple(
            Work(one.reference, one.start, one.end, one.registered_at, one.who, one.reference, one.late) for one in work
        ),
        months=(Month("2026-03", judge(Decimal("0.999"), measured.always), measured.claim),) if share else (),
    )


def month(hostile: str = "") -> AvailabilityReport:
    portal = intervals(
        (50.0, 50.3, State.DOWN, hostile or "no answer within 5 s"),
        (101.0, 102.5, State.DOWN, "refused"),
        (200.0, 204.0, State.UNKNOWN, "the scanner did not run"),
        (320.0, 341.0, State.DOWN, "HTTP status 502"),
        (500.0, 506.0, State.DEGRADED, "slower than 2 s"),
    )
    mail = intervals((200.0, 204.0, State.UNKNOWN, "the scanner did not run"), (716.0, 720.0, State.DOWN, "refused"))
    forms = intervals((200.0, 204.0, State.UNKNOWN, "the scanner did not run"))
    devices = [
        standing("ash-printer-3", intervals((20.0, 720.0, State.DOWN, "no answer")), START, END, 150.0),
        standing(hostile or "ash-switch-1", (Interval(START, START + 400 * HOUR, State.UP),), START, END, 150.0),
        standing("ash-switch-2", intervals(), START, END, 150.0),
    ]
    return AvailabilityReport(
        start=START,
        end=END,
        until=END,
        services=(
            service("case-files", portal, "0.999", hostile),
            service("forms", forms, "0.98"),
            service("mail", mail),
        ),
        devices=serviceability(devices),
        out_of_service=longest_first(devices),
        blind=((START + 200 * HOUR, START + 204 * HOUR),),
        reach=(Reached("gateway", hostile or "case-files", END, REACH),),
    )
