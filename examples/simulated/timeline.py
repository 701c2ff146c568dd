"""What is wrong with which asset when: drawn once from dice of its own, the same for the same seed.

A defect may be there from the beginning or come later; it goes when somebody mends it, and some come back.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from examples.simulated.devices import DeviceState
from examples.simulated.estate import FIRST, LAST, NEW_SWITCH, NEW_WALL, OLD_SWITCH, OLD_WALL, Thing
from examples.simulated.laptops import LaptopState
from examples.simulated.linux import RELEASES, HostState
from examples.simulated.software import installed
from examples.simulated.websites import SiteState
from inventory.asset import SNAPSHOT_DAYS
from inventory.facts.missing import Missing, Reason

# By kind: each defect and how likely it is where care is ordinary.
DEFECTS: Mapping[str, Mapping[str, float]] = {
    "linux": {
        "root-login": 0.04,
        "ssh-password": 0.12,
        "ssh-tries": 0.15,
        "ssh-cbc": 0.05,
        "x11": 0.10,
        "no-firewall": 0.08,
        "sysctl": 0.14,
        "aslr": 0.02,
        "disk-full": 0.06,
        "clock": 0.05,
        "no-remote-log": 0.10,
        "no-audit": 0.10,
        "apparmor": 0.04,
        "nopasswd": 0.05,
        "failed-unit": 0.07,
        "reboot": 0.10,
        "weak-hash": 0.04,
        "no-lockout": 0.08,
        "dormant": 0.06,
        "shadow-open": 0.02,
        "second-root": 0.01,
        "unsigned-repo": 0.02,
        "lists-stale": 0.05,
        "no-auto-updates": 0.12,
        "backup-stale": 0.07,
        "oom": 0.03,
        "db-open": 0.06,
        "raid": 0.03,
    },
    "laptop": {
        "bitlocker": 0.12,
        "no-uac": 0.06,
        "lsa-open": 0.15,
        "maker-account": 0.10,
        "llmnr": 0.25,
        "smb-unsigned": 0.15,
        "old-tls": 0.15,
        "disk-full": 0.10,
        "reboot": 0.25,
        "crashes": 0.10,
        "second-scanner": 0.08,
    },
    "switch": {"telnet": 0.10, "http": 0.15, "no-ntp": 0.08, "no-syslog": 0.15, "psu": 0.04, "snmp-v2c": 0.12},
    "firewall": {"http": 0.05, "snmp-v2c": 0.10},
    "ups": {"battery": 0.25, "snmp-v2c": 0.30},
    "site": {
        "no-hsts": 0.4,
        "no-headers": 0.4,
        "cookie": 0.3,
        "version": 0.4,
        "tls10": 0.3,
        "no-redirect": 0.2,
        "no-pq": 0.6,
    },
}
DAYS = (LAST - FIRST).days


@dataclass(frozen=True, slots=True)
class Spell:
    """A defect is there from ``begin`` until before ``end``."""

    defect: str
    begin: date
    end: date


@cache
def spells(thing: Thing) -> tuple[Spell, ...]:
    dice, care = thing.dice, thing.supplier.care
    found: list[Spell] = []
    for defect, likely in DEFECTS[thing.kind].items():
        if dice.random() < 1.5 * likely * care:
            found += _lives(defect, dice, care)
    return tuple(found)


def _lives(defect: str, dice: random.Random, care: float) -> Iterator[Spell]:
    begin = FIRST + timedelta(days=-30 if dice.random() < 0.3 else dice.randrange(5, DAYS - 5))
    mended = dice.random() < 1 - 0.15 * care
    end = begin + timedelta(days=int(dice.expovariate(1 / (45 * care))) + 8) if mended else date.max
    yield Spell(defect, begin, end)
    if mended and dice.random() < 0.15:  # somebody put the old image back
        again = end + timedelta(days=dice.randrange(40, 120))
        yield Spell(defect, again, again + timedelta(days=dice.randrange(30, 200)))


def ill(thing: Thing, day: date) -> frozenset[str]:
    return frozenset(one.defect for one in spells(thing) if one.begin <= day < one.end)


def _too_old(taken: datetime, day: date) -> Missing | None:
    """As the product says it of a snapshot (``scanner.service.intake.visit``)."""
    age = (day - taken.date()).days
    said = f"its newest snapshot is of {taken:%Y-%m-%d}, {age} days old; {SNAPSHOT_DAYS:g} are allowed"
    return Missing(Reason.SNAPSHOT_TOO_OLD, said) if age > SNAPSHOT_DAYS else None


def linux(thing: Thing, at: datetime) -> HostState:
    patched = patched_on(thing, at.date())
    return HostState(
        name=thing.name,
        release=RELEASES[_release(thing, at.date())],
        at=at,
        ill=ill(thing, at.date()),
        installed=installed(patched, at.date(), thing.software),
        role=thing.role,
        booted_days=max(1, min(60, (at.date() - patched).days)),
    )


@cache
def _release(thing: Thing, day: date) -> str:
    """Old ones are replaced in the course of the year, by most suppliers."""
    dice = random.Random(f"release {thing.name}")
    first, moves = dice.random(), FIRST + timedelta(days=dice.randrange(60, 600))
    if first < 0.04 * thing.supplier.care:
        return "debian:10"
    if first < 0.20:
        return "debian:12" if day >= moves else "debian:11"
    return "debian:13" if first > 0.85 else "debian:12"


def patched_on(thing: Thing, today: date) -> date:
    """The last day on which somebody patched: every so many days, or never again since the year began."""
    dice = random.Random(f"patches {thing.name}")
    never, shift = dice.random() < 0.03 * thing.supplier.care, dice.randrange(200)
    every = thing.supplier_on(today).patch_days
    last = today - timedelta(days=(today.toordinal() + shift) % every)
    return min(last, FIRST) if never else last


def worked_on(thing: Thing, packages: bool, since: date, until: date) -> bool:
    """Whether its packages were updated, or else a defect mended, after ``since`` and not after ``until``."""
    if packages:
        return thing.kind == "linux" and since < patched_on(thing, until) <= until
    return any(since < one.end <= until for one in spells(thing))


def device(thing: Thing, at: datetime) -> DeviceState:
    dice = random.Random(f"firmware {thing.name}")
    upgrade = FIRST + timedelta(days=int(dice.randrange(60, 420) * thing.supplier.care))
    new = at.date() >= upgrade
    version = {
        "switch": NEW_SWITCH if new else OLD_SWITCH,
        "firewall": NEW_WALL if new else OLD_WALL,
        "ups": "v6.8.2",
    }[thing.kind]
    serial = f"SIM{dice.randrange(10**8):08d}"
    return DeviceState(thing.name, thing.kind, version, serial, at, ill(thing, at.date()))


def site(thing: Thing, at: datetime) -> SiteState:
    """Certificates last 90 days; who renews every 85 days is warned, who renews every 100 is late."""
    every = 60 if thing.supplier.care < 1 else 85 if thing.supplier.care < 1.5 else 100
    shift = thing.dice.randrange(every)
    renewed = at.date() - timedelta(days=(at.toordinal() + shift) % every)
    return SiteState(thing.name, thing.address, at, ill(thing, at.date()), datetime.combine(renewed, time(4), UTC))


def laptop(thing: Thing, at: datetime) -> LaptopState:
    taken = sent(thing, at)
    return LaptopState(thing.name, taken, ill(thing, taken.date()))


def sent(thing: Thing, at: datetime) -> datetime:
    """When it sent its last snapshot: in the days before, but some lie in a cupboard since the summer."""
    dice = random.Random(f"snapshots {thing.name}")
    lies, days, hour = dice.random() < 0.3, dice.randrange(1, 4), dice.randrange(8, 17)
    last = at.date() - timedelta(days=days)
    if lies:
        last = min(last, date(2026, 6, 5) + timedelta(days=days * 20))
    return datetime.combine(last, time(hour), UTC)


def not_reached(thing: Thing, day: date, areas_away: frozenset[str]) -> Missing | None:
    """Why nobody gets in today; None: the visit goes through."""
    if thing.kind == "laptop":
        return _too_old(sent(thing, datetime.combine(day, time(2), UTC)), day)
    if thing.area.id in areas_away:
        return Missing(Reason.UNREACHABLE, f"no route to {thing.address}")
    dice = random.Random(f"reach {thing.name}")
    gone = dice.random()
    if gone < 0.012 and day >= date(2026, 7, 1):  # taken away, and the inventory still names it
        return Missing(Reason.TIMED_OUT, f"{thing.address} did not answer within 10 s")
    if gone > 0.98 and day >= date(2026, 9, 15):
        return Missing(Reason.LOGIN_REFUSED, "the server accepted none of our keys")
    return None
