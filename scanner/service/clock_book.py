"""Which clocks are in force when a scan begins, with their days off as dates: kept with the scan, so that neither a
later version of a preset nor of the library that knows holidays changes a report (``ScanPlan.policies``).
"""

import json
from collections.abc import Mapping
from datetime import date, tzinfo
from typing import Any

from checks.calendars import Days
from checks.clock_policy import PRESETS, BadClockPolicy, Chosen, chosen, preset_plain, stored
from checks.clock_stored import ClockBook, book_from
from checks.clock_types import ClockPolicy
from checks.document import nearest
from checks.lifecycle import canonical
from inventory.estate import Estate
from scanner.schedule.zones import BadSchedule, zone_named
from scanner.service.policies import BadPolicy
from scanner.store.records import ScanRow, StoreError

CLOCKS = "clocks"
DEFAULT = ("cyber-essentials",)  # where an inventory names none
FIRST_YEAR, YEARS_AHEAD = 2000, 10  # for which days off are resolved


def calendars(book: ClockBook) -> dict[str, Days]:
    """The calendar of each policy. Raises :class:`StoreError` for a zone that this machine does not know."""
    return {name: book.days(policy, _zone(policy)) for name, policy in book.policies.items()}


def _zone(policy: ClockPolicy) -> tzinfo:
    try:
        return zone_named(policy.zone)
    except BadSchedule as fault:
        raise StoreError(f"clock policy {policy.id}: {fault}") from None


def in_force(estate: Estate, year: int) -> str:
    """As canonical JSON. ``year`` is that of the scan. Raises :class:`BadPolicy`."""
    try:
        return _in_force(estate, year)
    except BadClockPolicy as fault:
        raise BadPolicy(str(fault)) from None


def _in_force(estate: Estate, year: int) -> str:
    said = _said(estate)
    named = {name for contract in estate.contracts.values() for name in contract.clocks}
    use = said.use if said.use is not None else () if named else DEFAULT
    plain = {name: _plain(name, said) for name in sorted({*use, *named})}
    policies = [said.own.get(name) or stored(content, name) for name, content in plain.items()]
    for policy in policies:
        _known_zone(policy)
    regions = sorted({policy.holidays for policy in policies if policy.holidays})
    book = {
        "use": list(use),
        "chosen": said.use is not None or bool(named),
        "policies": plain,
        "days_off": {region: [day.isoformat() for day in days_off(region, year)] for region in regions},
        "days_off_from": _library() if regions else "",
    }
    return canonical(book).decode()


def _said(estate: Estate) -> Chosen:
    own = estate.policy.file(CLOCKS)
    if own is None:
        return Chosen()
    return chosen(own.text, own.path) if own.text else Chosen((own.path,))


def _plain(name: str, said: Chosen) -> Mapping[str, Any]:
    if name in said.plain:
        return said.plain[name]
    if name not in PRESETS:
        known = sorted({*PRESETS, *said.plain})
        raise BadClockPolicy(
            f"the inventory names a clock policy {name[:60]!r} that nobody has written{nearest(name, known)}; "
            f"there is {', '.join(known)}"
        )
    return preset_plain(name)


def _known_zone(policy: ClockPolicy) -> None:
    try:
        zone_named(policy.zone)
    except BadSchedule as fault:
        raise BadClockPolicy(f"clock policy {policy.id}: {fault}") from None


def days_off(region: str, year: int) -> tuple[date, ...]:
    """Public holidays of ``GB-ENG`` (country, subdivision) up to ten years after ``year``, sorted.

    Source: the library ``holidays``, which follows each country's law; moved holidays stand on the day they are kept.
    Raises :class:`BadClockPolicy`.
    """
    from holidays import country_holidays

    country, _, part = region.partition("-")
    try:
        found = country_holidays(country, subdiv=part or None, years=range(FIRST_YEAR, year + YEARS_AHEAD + 1))
    except NotImplementedError:
        raise BadClockPolicy(
            f"nobody knows the public holidays of {region[:40]!r}: write a country, or with its part, GB-ENG"
        ) from None
    return tuple(sorted(found))


def _library() -> str:
    from importlib.metadata import version

    return f"holidays {version('holidays')}"


def book_of(scan: ScanRow) -> ClockBook | None:
    """That of a scan; None for one from before there were clocks. Raises :class:`StoreError`."""
    kept = scan.policies.get(CLOCKS)
    return from_text(kept) if kept else None


def from_text(text: str) -> ClockBook:
    """Raises :class:`StoreError`."""
    try:
        return book_from(json.loads(text))
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise StoreError(f"the clock policies of a scan cannot be read back: {fault}") from None
