"""The year in its order: scans, and what people do between them."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from examples.simulated import doors, people, timeline
from examples.simulated.people import People, worthless_key
from examples.simulated.year import World, full_scan, new_world, scan, scan_days
from scanner.service.verify import plan_verification
from scanner.store.records import ScanKind

Say = Callable[[str], None]
OLD_SYSTEMS = ("linux.eol.os-release", "linux.acct.weak-hash")
VERIFIED = 2  # claims, of each day, that somebody does not want to wait with until the next scan


def lived(
    folder: Path, say: Say = lambda _: None, *, scans: int | None = None, limit: tuple[str, ...] = ()
) -> tuple[World, int]:
    """The record of the year in ``folder``; the number of the last full scan.

    ``scans``: only so many of its scans; ``limit``: only hosts that fit one of these patterns.
    """
    world = new_world(folder, limit)
    say("a year of looking at the services' doors, every hour")
    days = scan_days()[:scans]
    doors.watched(world.store, world.estate(), worthless_key(people.RECORD), days[-1])
    who = People(world)
    who.admitted()
    told: set[str] = set()
    last = 0
    for number, day in enumerate(days):
        last = full_scan(world, day)
        say(f"scan of {day}: {len(who.open_ones())} findings are open")
        if number + 1 < len(days):
            people.week_after(who, told)
            _between(who, number)
            since = day
            for then in _claim_days(day, days[number + 1]):
                people.claims(who, then, since)
                _verify(who)
                since = then
    say(f"people signed {who.said} statements; {len(who.refused)} were refused by the rules")
    return world, last


def _claim_days(day: date, until: date) -> Iterator[date]:
    """Between two scans."""
    yield from (then for days in (9, 16, 23) if (then := day + timedelta(days=days)) < until)


def _between(who: People, number: int) -> None:
    """What happens after the scan of this number, beside claims."""
    if number == 1:
        people.acceptances(who, OLD_SYSTEMS, date(2026, 6, 30), 8)  # these run out within the year
    if number == 5:
        people.acceptances(who, (*OLD_SYSTEMS, "net.snmp.v1-v2c-enabled"), date(2026, 12, 31), 10)
        people.mitigations(who, ("linux.net.db-listening-all", "net.mgmt.http-open"), date(2026, 12, 15), 6)
    if number in (6, 10):
        letter = who.world.folder / "letter.txt"
        people.pauses(who, ("net.fw.version-not-approved",), 45, 6, letter)
    if number in (4, 9):
        people.doubts(who, ("linux.ssh.password-auth-enabled", "linux.acct.lockout"), 4)
    if number == 11:
        people.acceptances(who, ("linux.ssh.x11-forwarding", "linux.log.auditd-missing"), date(2027, 3, 31), 5)
        people.disposals(who, _gone(who))


def _gone(who: People) -> list[str]:
    today = who.world.clock.now.date()
    missing = ((name, timeline.not_reached(thing, today, frozenset())) for name, thing in who.world.things.items())
    return [name for name, gap in missing if gap and gap.reason.value == "timed out"]


def _verify(who: People) -> None:
    world = who.world
    for row in world.store.findings("CLAIMED_FIXED")[:VERIFIED]:
        estate = world.estate()
        planned, _ = plan_verification(world.store, estate, world.checks, row.ref, world.clock.now.date())
        scan(world, estate, planned, ScanKind.VERIFY)
