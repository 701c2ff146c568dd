"""The packages of one host against the statements about its release.

Judged once for each different (package, version, module) and kept: an estate has a few thousand of them, whatever the
number of its hosts. deb by source package, rpm by binary package (and by source where the publisher names sources),
apk by origin (patch-levels rule 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.advisories.epochs import judged_without_epochs
from checks.advisories.judging import Installed, Judged, judged, module_of
from checks.advisories.kernels import is_kernel
from checks.advisories.library import Release
from checks.advisories.model import Statement
from checks.advisories.releases import Family
from checks.advisories.scopes import Reach
from checks.advisories.signed import signed_source
from checks.advisories.standing import UNTOLD, Provenance, Standing, Stood, by_itself
from checks.advisories.verdict import Verdict
from inventory.facts.packages import Package, Packages

MAX_SEEN = 100_000
MAX_KEPT = 1_000_000  # packages and weaknesses in them: about 200 MB; a hostile host may name any number


def source_of(manager: str, package: Package) -> tuple[str, str]:
    """Source package and its version, as advisories name them. rpm: of SOURCERPM, whose version has no epoch."""
    if manager == "deb":
        return signed_source(package.source or package.name, package.source_version or package.version, package.version)
    if manager == "rpm":
        parts = package.source.removesuffix(".rpm").rpartition(".")[0].rsplit("-", 2)
        return (parts[0], f"{parts[1]}-{parts[2]}") if len(parts) == 3 else (package.name, package.version)
    return package.source or package.name, package.version


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One installed package, judged. Hosts that have the same one share it."""

    package: str
    version: str
    source: str
    source_version: str
    judged: Judged
    known: bool  # some advisory speaks of this package
    stood: Stood | None  # None: the host's repositories must tell
    kernel: bool

    @property
    def silent(self) -> bool:
        """Nothing is open in it, and nothing hinders saying so."""
        return not (self.kernel or self.judged.hits or self.judged.unread)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A package that the release's advisories do not speak of, and how that is known."""

    package: str
    version: str
    source: str
    standing: Standing
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The packages of one source in which something is open. Hosts that have the same ones share it."""

    units: tuple[Unit, ...]
    verdicts: frozenset[Verdict]


@dataclass(frozen=True, slots=True)
class Matches:
    """What is known of one host's packages. The kernel is judged apart."""

    by_source: Mapping[str, Found]
    foreign: tuple[Foreign, ...]
    unread: tuple[Unit, ...]  # versions that the package manager itself would refuse
    total: int  # packages that were judged
    untold: int  # of these, how many whose origin is not established
    kernel: tuple[Package, ...]  # images, headers, tools


class Matcher:
    """Judges packages of one release, for hosts of one reach. ``epochs``: whether their versions have them."""

    def __init__(self, release: Release, family: Family, manager: str, reach: Reach, *, epochs: bool = True) -> None:
        self.release, self.family, self.manager = release, family, manager
        self._reach, self._epochs = reach, epochs
        self._units: dict[tuple[str, ...], Unit] = {}
        self._seen: dict[int, tuple[Package, Unit]] = {}  # by identity: most hosts share the objects too
        # By identity too, by far the most: nothing is open in them, and they are the distribution's own, or only the
        # host's repositories could tell. Held here, so that their identity stays their own.
        self._quiet: dict[int, Package] = {}
        self._unclear: dict[int, Package] = {}
        self._judged: dict[tuple[str, str, str], tuple[Judged, bool]] = {}
        self._found: dict[tuple[Unit, ...], Found] = {}
        self.kernels: dict[tuple[str, ...], object] = {}  # kept for running_kernel
        self._weight = 0

    def match(self, packages: Packages, provenance: Provenance) -> Matches:
        by_source: dict[str, list[Unit]] = {}
        foreign: list[Foreign] = []
        unread: list[Unit] = []
        kernel: list[Package] = []
        quiet, unclear = self._quiet, self._unclear
        rest = [package for package in packages.items if id(package) not in quiet] if quiet else packages.items
        told = [package for package in rest if id(package) not in unclear] if provenance.silent else rest
        untold = len(rest) - len(told)
        seen = self._seen.get
        for package in told:
            known = seen(id(package))
            unit = known[1] if known is not None else self.unit(package)
            if unit.kernel:
                kernel.append(package)
                continue
            stood = unit.stood or (UNTOLD if provenance.silent else provenance.stood(unit.package))
            if stood.standing is not Standing.OWN:
                foreign.append(Foreign(unit.package, unit.version, unit.source, stood.standing, stood.evidence))
                continue
            untold += not stood.established
            if unit.judged.hits:
                if unit.source in by_source:
                    by_source[unit.source].append(unit)
                else:
                    by_source[unit.source] = [unit]
            elif unit.judged.unread:
                unread.append(unit)
        total = len(packages.items) - len(foreign) - len(kernel) - len(unread)
        found = {source: self._together(tuple(units)) for source, units in by_source.items()}
        return Matches(found, tuple(foreign), tuple(unread), total, untold, tuple(kernel))

    def _together(self, units: tuple[Unit, ...]) -> Found:
        known = self._found.get(units)
        if known is None:
            self._weigh(len(units))
            verdicts = frozenset(verdict for unit in units for verdict in unit.judged.verdicts)
            known = self._found[units] = Found(units, verdicts)
        return known

    def reached(self, packages: Packages, provenance: Provenance) -> dict[str, list[Unit]]:
        """By source, the packages that have a fix some advisory asked for: what proves that it is there."""
        found: dict[str, list[Unit]] = {}
        for package in packages.items:
            unit = self.unit(package)
            if unit.judged.reached and not unit.kernel:
                stood = unit.stood or provenance.stood(unit.package)
                if stood.standing is Standing.OWN:
                    found.setdefault(unit.source, []).append(unit)
        return found

    def unit(self, package: Package) -> Unit:
        seen = self._seen.get(id(package))  # what is in it is alive, so no other has its identity
        if seen is not None:
            return seen[1]
        key = (package.name, package.version, package.source, package.source_version, package.vendor, package.module)
        known = self._units.get(key)
        if known is None:
            self._weigh(1)
            known = self._units[key] = self._unit(package)
        if len(self._seen) >= MAX_SEEN:
            self._forget()
        self._seen[id(package)] = (package, known)
        if known.silent and known.stood is None:
            self._unclear[id(package)] = package
        elif known.silent and known.stood is not None and known.stood.own:
            self._quiet[id(package)] = package
        return known

    def _unit(self, package: Package) -> Unit:
        source, version = source_of(self.manager, package)
        said, known = self._said(package, source, version)
        stood = by_itself(package, self.manager, self.family)
        kernel = is_kernel(self.manager, package)
        return Unit(package.name, package.version, source, version, said, known, stood, kernel)

    def _said(self, package: Package, source: str, version: str) -> tuple[Judged, bool]:
        if self.manager != "rpm":
            return self.judge(source, version)
        module = module_of(package.version, package.module)
        by_name = self.judge(package.name, package.version, module)
        by_source = self.judge(f"src:{source}", version, module)
        return _both(by_name[0], by_source[0]), by_name[1] or by_source[1]

    def judge(self, name: str, version: str, module: str = "") -> tuple[Judged, bool]:
        """What is open in one version, and whether any advisory speaks of that package at all."""
        key = (name, version, module)
        known = self._judged.get(key)
        if known is None:
            statements = self.release.statements(name)
            said = self._judge(name, version, module, statements)
            self._weigh(1 + 2 * len(said.hits))  # a kernel's may be kept a second time, for after a restart
            known = self._judged[key] = (said, bool(statements))
        return known

    def _forget(self) -> None:
        self._quiet.clear()
        self._unclear.clear()
        self._seen.clear()

    def _weigh(self, more: int) -> None:
        self._weight += more
        if self._weight > MAX_KEPT:
            self._units.clear()
            self._forget()
            self._found.clear()
            self._judged.clear()
            self.kernels.clear()
            self._weight = more

    def _judge(self, name: str, version: str, module: str, statements: Sequence[Statement]) -> Judged:
        if not statements:
            return _NOTHING
        epoch = not name.startswith("src:")
        bare = version if epoch else version.partition(":")[2] or version
        installed = Installed(self.manager, bare, module, epoch)
        if epoch and not self._epochs:
            return judged_without_epochs(installed, statements, self._reach)
        return judged(installed, statements, self._reach)


_NOTHING = Judged()


def _both(one: Judged, other: Judged) -> Judged:
    if not (other.hits or other.reached or other.unread):
        return one
    return Judged(one.hits + other.hits, one.reached or other.reached, one.unread or other.unread)
