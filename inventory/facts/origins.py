"""Where each installed package comes from: the repository's release (deb), or the maker and the signing key (rpm).

Nothing here says whether an origin is the distribution's own: checks judge that.
"""

from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of packages. A field that the package manager does not have is "".

    ``carries`` says what the repository has under the package's name (deb): "same" is the installed version,
    "newer" only later ones (the installed one is out of date and its source has moved on), "older" only earlier ones
    (then ``local``: the installed version came from somewhere else), "" nothing.
    """

    origin: str = ""  # Release file: Origin (Debian, Ubuntu, UbuntuESM, LP-PPA-..., Docker)
    suite: str = ""  # Release file: Suite (oldstable-security, jammy-updates)
    codename: str = ""  # Release file: Codename (bookworm-security)
    label: str = ""  # Release file: Label (Debian-Security); rpm: DISTRIBUTION (SUSE Linux Enterprise 15)
    component: str = ""  # main, universe, contrib
    site: str = ""  # host of the repository's address
    vendor: str = ""  # rpm VENDOR
    key: str = ""  # rpm: id of the signing key, 16 hexadecimal digits in lower case; "" unsigned
    local: bool = False  # deb: no repository that the host knows has this version or a later one; rpm: no maker, no key
    carries: str = ""


@dataclass(frozen=True, slots=True)
class PackageOrigin:
    package: str  # without its architecture
    origins: tuple[int, ...]  # places in Origins.items, in the package manager's order; never empty


@dataclass(frozen=True, slots=True)
class Origins:
    manager: str  # deb, rpm, apk
    items: tuple[Origin, ...]  # distinct
    by_package: tuple[PackageOrigin, ...]  # sorted by package; () where the manager does not record it (apk)
    changed_at: int | None = None  # when packages were last installed or removed, seconds since the epoch
    repositories: int | None = None  # deb: package lists that the host has; 0: of no package the source can be told

    def of(self, package: str) -> Origin | None:
        """The first origin of a package by name; None: it cannot be told."""
        found = self.all_of(package)
        return found[0] if found else None

    def all_of(self, package: str) -> tuple[Origin, ...]:
        """Every origin that carries it. One rpm name may be installed twice, from two makers."""
        at = bisect_left(self.by_package, package, key=attrgetter("package"))
        if at == len(self.by_package) or self.by_package[at].package != package:
            return ()
        return tuple(self.items[place] for place in self.by_package[at].origins)
