"""A forecast as it is told: its basis first, then what follows from it. Pure."""

from collections.abc import Iterator

from checks.forecast import Forecast
from reports.clocks import stamp
from reports.text import count

MOST_BREACHES = 10


def lines(one: Forecast) -> Iterator[str]:
    """One severity."""
    window = f"in {float(one.window_days):.0f} days {one.arrived:,} arrived and {one.fixed:,} were verified fixed"
    yield f"{one.severity}: {count(one.open, 'clock')} running; {window}"
    if one.why_not:
        yield f"  no forecast: {one.why_not}"
        return
    yield f"  {_rate(one)}"
    if not one.breaches:
        yield "  first due first, every one that is open now is mended in time"
    for breach in one.breaches[:MOST_BREACHES]:
        turn = stamp(breach.worked_off) if breach.worked_off is not None else "later than two years from now"
        yield f"  {breach.ref} will be late: due {stamp(breach.due)} by {breach.policy}, its turn comes {turn}"
    if len(one.breaches) > MOST_BREACHES:
        yield f"  and {len(one.breaches) - MOST_BREACHES:,} more will be late"
    if one.new_breach_on is not None:
        yield f"  what arrives from {stamp(one.new_breach_on)} on waits longer than its limit"


def _rate(one: Forecast) -> str:
    told = f"{float(one.arrivals):.2f} a day arrive, {float(one.fix_rate):.2f} a day are fixed"
    return f"{told}: the queue {'grows' if one.grows else 'does not grow'}"


def plain(one: Forecast) -> dict[str, object]:
    """As JSON values; instants as in the report's text."""
    return {
        "severity": one.severity,
        "running": one.open,
        "window_days": round(float(one.window_days), 3),
        "arrived": one.arrived,
        "fixed": one.fixed,
        "why_not": one.why_not,
        "arrivals_a_day": round(float(one.arrivals), 6),
        "fixes_a_day": round(float(one.fix_rate), 6),
        "grows": one.grows,
        "new_breach_on": stamp(one.new_breach_on) if one.new_breach_on is not None else None,
        "breaches": [
            {
                "ref": breach.ref,
                "policy": breach.policy,
                "due": stamp(breach.due),
                "worked_off": stamp(breach.worked_off) if breach.worked_off is not None else None,
            }
            for breach in one.breaches
        ],
    }
