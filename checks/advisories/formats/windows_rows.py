"""Gathers what a publisher says of Windows updates, CVE by CVE, and makes the table of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from checks.advisories.formats.decoded import BadRecord
from checks.advisories.model import FeedContentError
from checks.advisories.table import encode
from checks.advisories.windows_updates import WIDE, Update, line_of, product_key, rated, worse

MOST_UPDATES = 1_000_000  # of all products together; the largest real feed has 36,000
MOST_NAME = 200  # characters
MOST_BUILDS = 16  # of one update in one product


@dataclass(slots=True)
class _Gathered:
    days: set[tuple[str, str]] = field(default_factory=set)  # (CVE, day): rows are often given twice
    severities: dict[str, str] = field(default_factory=dict)
    supersedes: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    builds: set[str] = field(default_factory=set)
    kind: str = ""

    def update(self, kb: str) -> Update:
        return Update(
            kb,
            self._day(),
            self.kind,
            tuple(sorted(self.builds)[:MOST_BUILDS]),
            rated(self.severities),
            tuple(sorted(self.supersedes)),
            tuple(sorted(self.components)),
        )

    def _day(self) -> str:
        """Most of an update's weaknesses are told on the day of its release; some are added or changed later."""
        times = Counter(day for _, day in self.days)
        return min(times, key=lambda day: (-times[day], day))


@dataclass(frozen=True, slots=True)
class Fix:
    """One weakness that one update fixes in one product."""

    product: str
    kb: str
    day: str  # YYYY-MM-DD
    cves: tuple[str, ...] = ()  # may be none: an update that fixes what has no CVE
    severity: str = ""
    component: str = ""
    supersedes: Iterable[str] = ()
    kind: str = ""
    build: str = ""


class Rows:
    """What was gathered so far, by product and KB."""

    def __init__(self) -> None:
        self._products: dict[str, dict[str, _Gathered]] = {}
        self._keys: dict[str, str] = {}  # name -> its key: few names stand in many rows
        self._count = 0
        self.newest = ""

    def add(self, fix: Fix) -> None:
        """Raises :class:`BadRecord` for a name that is none, :class:`FeedContentError` for too many updates."""
        product = self._keys.get(fix.product) or self._key(fix.product)
        if not fix.day:
            raise BadRecord("has no day")
        one = self._of(product, fix.kb)
        one.days.update((cve, fix.day) for cve in fix.cves or ("",))
        for cve in fix.cves or ("",):
            one.severities[cve] = worse(fix.severity, one.severities.get(cve, fix.severity))
        one.supersedes.update(kb for kb in fix.supersedes if kb != fix.kb)
        one.kind = one.kind or fix.kind
        if fix.component and len(one.components) < WIDE:
            one.components.add(" ".join(fix.component.split())[:120])
        if fix.build:
            one.builds.add(fix.build)
        self.newest = max(self.newest, fix.day)

    def _key(self, name: str) -> str:
        key = product_key(name)
        if not key.isprintable() or not 0 < len(key) <= MOST_NAME:
            raise BadRecord("has no product")
        if len(self._keys) >= MOST_UPDATES:
            raise FeedContentError(f"names more than {MOST_UPDATES} products")
        self._keys[name] = key
        return key

    def _of(self, product: str, kb: str) -> _Gathered:
        updates = self._products.setdefault(product, {})
        if kb not in updates:
            self._count += 1
            if self._count > MOST_UPDATES:
                raise FeedContentError(f"names more than {MOST_UPDATES} updates")
            updates[kb] = _Gathered()
        return updates[kb]

    def table(self) -> bytes:
        return encode((product, self._line(updates)) for product, updates in self._products.items())

    @staticmethod
    def _line(updates: Mapping[str, _Gathered]) -> str:
        return line_of(gathered.update(kb) for kb, gathered in sorted(updates.items()))
