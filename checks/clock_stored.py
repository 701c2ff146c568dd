"""The clocks that were in force when a scan began, as the scan keeps them: policies, and days off as dates. Pure.

Standard library only: the product and ``verify_evidence.py`` read the same JSON with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any

from checks.calendars import Days
from checks.clock_types import ClockPolicy, from_json


@dataclass(frozen=True, slots=True)
class ClockBook:
    policies: Mapping[str, ClockPolicy]
    use: tuple[str, ...]  # for every finding
    chosen: bool  # False: the default
    days_off: Mapping[str, tuple[date, ...]] = field(default_factory=dict)  # by region
    days_off_from: str = ""

    def days(self, policy: ClockPolicy, zone: tzinfo) -> Days:
        """The calendar of a policy, whose zone is handed in: only the caller may look it up."""
        return Days(zone, policy.working, off=self.days_off.get(policy.holidays, ()))


def book_from(plain: Mapping[str, Any]) -> ClockBook:
    """One that was good when it was stored.

    Raises ``KeyError``, ``TypeError``, ``AttributeError`` or ``ValueError`` for any other.
    """
    return ClockBook(
        {name: from_json(content) for name, content in plain["policies"].items()},
        tuple(plain["use"]),
        bool(plain["chosen"]),
        {region: tuple(map(date.fromisoformat, days)) for region, days in plain["days_off"].items()},
        str(plain["days_off_from"]),
    )
