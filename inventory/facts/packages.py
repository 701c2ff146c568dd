"""Installed packages, pending updates and the repositories they come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    name: str
    version: str  # epoch:version-release as the package manager writes it
    architecture: str
    source: str  # source package (deb), SOURCERPM (rpm), origin (apk)
    source_version: str  # deb only; "" elsewhere
    vendor: str = ""  # rpm VENDOR or deb Origin, "" unknown
    held: bool = False
    module: str = ""  # rpm MODULARITYLABEL, name:stream:version:context; "" not from a module


@dataclass(frozen=True, slots=True)
class Packages:
    manager: str  # deb, rpm, apk
    items: tuple[Package, ...]  # sorted by name; only packages with files on disk (patch-levels rule 4)
    # What a list that somebody supplied tells of none of its packages, () of a host's own list. "epoch": versions have
    # none, where there may be one; "source": source is "", which is not the name; "state": removed ones may be in it.
    unknown: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(p.name for p in self.items)

    @property
    def held(self) -> tuple[Package, ...]:
        return tuple(p for p in self.items if p.held)


@dataclass(frozen=True, slots=True)
class PendingUpdate:
    name: str
    installed: str  # "" when not reported
    candidate: str
    suite: str  # where the candidate comes from, as the host says it
    security: bool


@dataclass(frozen=True, slots=True)
class Updates:
    """What the host's own package manager says is pending, from metadata it already has."""

    manager: str
    pending: tuple[PendingUpdate, ...]
    metadata_age_seconds: int | None  # None: no metadata on the host, so an empty list proves nothing
    automatic: bool | None  # unattended-upgrades, dnf-automatic; None: no such mechanism is known here
    tells_security: bool = True  # the metadata says which updates are for security: a suite, or advisories

    @property
    def security(self) -> tuple[PendingUpdate, ...]:
        return tuple(u for u in self.pending if u.security)


@dataclass(frozen=True, slots=True)
class Repository:
    name: str  # URI and suite, or repo id
    file: str
    verified: bool  # signatures are checked
    option: str  # the setting that switches the check off, "" when verified


@dataclass(frozen=True, slots=True)
class Repositories:
    items: tuple[Repository, ...]  # enabled ones only
