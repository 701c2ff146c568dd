"""What the checks of a device's health share: figures, and saying what could not be judged."""

from collections.abc import Iterable, Sequence

from checks.finding import Ruling, not_applicable, not_assessed
from inventory.facts.health import DeviceHealth
from inventory.facts.missing import Reason

NAMED = 5  # of the things that could not be judged


def unjudged(health: DeviceHealth, part: str, names: Sequence[str] = (), why: str = "") -> Iterable[Ruling]:
    """One ruling on what was not read or not told, none when there is nothing of that kind.

    It stands beside the others: while it does, nothing that is no longer named counts as fixed.
    """
    said = list(health.gaps_in(part))
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        said.append(f"{why}: {', '.join(names[:NAMED])}{more}")
    reason = Reason.OUTPUT_TRUNCATED if health.gaps_in(part) else Reason.OUTPUT_UNREADABLE
    return [not_assessed(reason, "; ".join(said))] if said else []


def not_told(health: DeviceHealth, part: str, what: str) -> Ruling:
    """The device says nothing of something that every device has."""
    gaps = health.gaps_in(part)
    if gaps:
        return not_assessed(Reason.OUTPUT_TRUNCATED, "; ".join(gaps))
    return not_assessed(Reason.NOT_TOLD, f"the device does not tell of its {what}")


def none_there(health: DeviceHealth, part: str, what: str) -> Ruling:
    """The device names none of something that few devices have. A part that was not read is not assessed."""
    gaps = health.gaps_in(part)
    if gaps:
        return not_assessed(Reason.OUTPUT_TRUNCATED, "; ".join(gaps))
    return not_applicable(f"the device tells of no {what}")


def figure(value: float) -> str:
    """``1,234``, ``0.25``: at most three decimals, without zeros that say nothing."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")
