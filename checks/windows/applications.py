"""Installed applications by product and release cycle, and what the feeds say of each."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from checks.advisories.judging import Hit
from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.advisories.support import Cycle, SupportDates
from checks.advisories.verdict import Verdict
from checks.advisories.windows_updates import VERSIONS, Update, updates_of
from checks.finding import Subject
from checks.windows.application_products import FRAMEWORK, KNOWN_LENGTH, RUNTIME, Product, product_of
from checks.windows.products import framework_of
from inventory.facts.windows_applications import WindowsApplication, WindowsApplications
from inventory.remembered import Latest

_NUMBERS = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,7})")


@dataclass(frozen=True, eq=False)
class Installed:
    """One product in one version on one host, however many entries it has."""

    product: Product
    version: str  # "" not told
    cycle_key: str  # what its cycle is looked up by
    entries: tuple[str, ...]  # names of the entries, sorted

    @property
    def told(self) -> str:
        return f"{self.product.title} {self.version or self.cycle_key}".strip()

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        return numbers_of(self.version)

    def cycle(self, support: SupportDates | None) -> Cycle | None:
        if support is None or not self.product.dates:
            return None
        name = self.product.dates
        return support.cycle(name, self.cycle_key) or support.cycle_of(name, self.cycle_key)

    def subject(self, cycle: Cycle | None) -> Subject:
        number = cycle.cycle if cycle else ".".join(map(str, self.numbers[:2])) or self.cycle_key
        return Subject("product", f"{self.product.title} {number}".strip())


@dataclass(frozen=True, eq=False)
class Fixes:
    """Fixed versions of one product, and the newest of the feeds that tell of them."""

    versions: tuple[Update, ...]
    note: FeedNote

    @property
    def feed(self) -> str:
        return f"the {self.note.name} feed of {self.note.as_of.isoformat()}"


def numbers_of(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: 15.0.4480.2 CU32 is (15, 0, 4480, 2)."""
    match = _NUMBERS.match(version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def installed_of(applications: WindowsApplications) -> tuple[Installed, ...]:
    """Sorted by title and version. Entries that are updates of others are none."""
    return _INSTALLED(applications)


def _installed(applications: WindowsApplications) -> tuple[Installed, ...]:
    found: dict[tuple[str, str, str], tuple[Product, set[str]]] = {}
    for item in applications.items:
        product = product_of(item.name) if not item.parent else None
        if product is not None:
            version, key = _versions(item, product)
            found.setdefault((product.title, version, key), (product, set()))[1].add(item.name)
    for product, version, name in _without_entry(applications):
        found.setdefault((product.title, version, version), (product, set()))[1].add(name)
    return tuple(
        Installed(product, version, key, tuple(sorted(names)))
        for (_, version, key), (product, names) in sorted(found.items(), key=lambda item: item[0])
    )


_INSTALLED = Latest(_installed)  # several checks ask of each machine


def _versions(item: WindowsApplication, product: Product) -> tuple[str, str]:
    told = product.named(item.name[:KNOWN_LENGTH]) or {}
    kit = told.pop("kit", "")
    told = {"cycle": kit, **told} if kit else told
    version = told.get("version") or item.version
    return version, product.cycle_key(told, version)


def _without_entry(applications: WindowsApplications) -> Iterable[tuple[Product, str, str]]:
    """.NET has no entry among the applications."""
    framework = framework_of(applications.dotnet_framework)
    if framework:
        yield FRAMEWORK, framework, FRAMEWORK.title
    for runtime in applications.dotnet_runtimes or ():
        yield RUNTIME, runtime.version, runtime.name


def fixes_of(one: Installed, cycle: Cycle | None, advisories: Advisories | None) -> Fixes | None:
    """What Microsoft's data says of it; None: no feed speaks of it."""
    if advisories is None or not one.product.fixed or not one.numbers:
        return None
    number = cycle.cycle if cycle else str(one.numbers[0])
    rows = advisories.rows(VERSIONS, one.product.fixed.replace("{cycle}", number))
    if not rows:
        return None
    newest = max((note for note, _ in rows), key=lambda note: note.as_of)
    return Fixes(tuple(update for _, line in rows for update in updates_of(line)), newest)


def hits_of(one: Installed, fixes: Sequence[Update]) -> tuple[Hit, ...]:
    """Weaknesses that are open in this version. A publisher may fix one in several trains of versions at once.

    Of the fixed versions of a weakness the lowest counts that is not of an older train (first number) than this one.
    """
    fixed: dict[str, list[tuple[tuple[int, ...], Update, str]]] = {}
    for update in fixes:
        for severity, cves in update.fixes:
            for cve in cves:
                fixed.setdefault(cve, []).append((numbers_of(update.kb), update, severity))
    return tuple(hit for cve, versions in sorted(fixed.items()) if (hit := _hit(one, cve, versions)))


def _hit(one: Installed, cve: str, versions: Sequence[tuple[tuple[int, ...], Update, str]]) -> Hit | None:
    ahead = [row for row in versions if row[0][:1] >= one.numbers[:1]]
    if not ahead:
        return None
    numbers, update, severity = min(ahead, key=lambda row: row[0])
    if one.numbers >= numbers:
        return None
    return Hit(cve, Verdict.FIX_AVAILABLE, cve, update.kb, "", severity, update.day)


def behind(one: Installed, cycle: Cycle | None) -> bool | None:
    """Whether the support dates know a newer version of its cycle; None: they cannot be compared."""
    count = one.product.parts
    newest = numbers_of(cycle.latest)[:count] if cycle else ()
    if not newest or not one.numbers:
        return None
    return one.numbers[:count] < newest


def unlisted(applications: WindowsApplications) -> int:
    """Applications that are in no row of ours, and that people see."""
    names = {item.name for item in applications.items if not item.parent and not item.system_component}
    return sum(product_of(name) is None for name in names)
