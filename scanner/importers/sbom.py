"""What the packages of an SBOM give together, whatever its format: one manager, one release, and what is left out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inventory.facts.packages import Package
from scanner.importers.purl import NotAPurl, Purl, parse
from scanner.importers.release import release_named, release_of_distro
from scanner.importers.supplied import EPOCH, SOURCE, Document, Reading, shown

ONE_HOST = "supply one file for each host"
NO_EPOCH = (
    "No package of the SBOM has an epoch, which hosts of this kind do have: a version can be newer than it looks."
)
NO_SOURCE = "The SBOM names no source packages, by which advisories are matched; syft and trivy can write them."
WITHOUT_EPOCHS = ("sles:", "opensuse-leap:")  # SUSE's packages have none: not one of 1,352 on two recorded hosts


@dataclass(frozen=True, slots=True)
class Entry:
    """One package as an SBOM gives it. Everything may be ""."""

    place: str  # components[12], for messages
    purl: str
    version: str  # the SBOM's own, which may have the epoch that the purl lacks
    source: str = ""
    source_version: str = ""  # as Package.source_version; rpm: version-release of the source package


@dataclass(slots=True)
class Contents:
    """What has been collected from one document."""

    packages: list[Package] = field(default_factory=list)
    managers: set[str] = field(default_factory=set)
    releases: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)  # releases that are not known here
    others: int = 0  # entries that are no packages of an operating system


def reading(document: Document, entries: Iterable[Entry], systems: Iterable[tuple[str, str]]) -> Reading:
    """``systems``: names and versions of the operating systems that the SBOM lists. Raises :class:`ImportRefused`."""
    found = Contents()
    for name, version in systems:
        _add_release(found, release_named(name, version), f"{name} {version}")
    for entry in entries:
        _add(document, found, entry)
    manager = _only(document, found.managers, "package managers") or "deb"
    release = _only(document, found.releases, "releases")
    missing = dict(_missing(manager, found, release or ""))
    notes = (*missing.values(), *_notes(found, release))
    return Reading(manager, _with_sources(manager, found), tuple(missing), notes, release)


def objects(document: Document, place: str, value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects of a JSON list, each with its place. Raises :class:`ImportRefused` where it is something else."""
    if value is None:
        return
    if not isinstance(value, list):
        raise document.refusal(0, f"{place} is no list; correct the file")
    for number, item in enumerate(value):
        if not isinstance(item, dict):
            raise document.refusal(0, f"{place}[{number}] is no object; correct the file")
        yield f"{place}[{number}]", item


def text(document: Document, place: str, item: Mapping[str, Any], key: str) -> str:
    """A string of an object, "" where it has none. Raises :class:`ImportRefused` where it is something else."""
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise document.refusal(0, f"{place}.{key} is no text; correct the file")
    return value or ""


def _only(document: Document, names: set[str], what: str) -> str | None:
    if len(names) > 1:
        raise document.refusal(0, f"has packages of several {what} ({', '.join(sorted(names)[:4])}); {ONE_HOST}")
    return next(iter(names), None)


def _missing(manager: str, found: Contents, release: str) -> Iterator[tuple[str, str]]:
    epochs = manager != "rpm" or release.startswith(WITHOUT_EPOCHS) or any(":" in p.version for p in found.packages)
    if not epochs:
        yield EPOCH, NO_EPOCH
    if manager != "rpm" and not any(package.source for package in found.packages):
        yield SOURCE, NO_SOURCE


def _notes(found: Contents, release: str | None) -> Iterator[str]:
    if found.others:
        yield f"{found.others} entries were not read: they are no packages of an operating system."
    if release is None and found.strange:
        yield f"The SBOM names a release that is not known here: {', '.join(map(shown, sorted(found.strange)[:4]))}."
    elif release is None:
        yield "The SBOM names no release of an operating system."


def _with_sources(manager: str, found: Contents) -> Iterator[Package]:
    """Where sources are told at all, a package without one is its own: so dpkg has it, and syft writes it."""
    told = manager != "rpm" and any(package.source for package in found.packages)
    for package in found.packages:
        if told and not package.source:
            yield replace(package, source=package.name, source_version=package.version if manager == "deb" else "")
        else:
            yield package


def _add_release(found: Contents, release: str | None, told: str) -> None:
    if release is None:
        found.strange.add(told)
    else:
        found.releases.add(release)


def _add(document: Document, found: Contents, entry: Entry) -> None:
    try:
        purl = parse(entry.purl) if entry.purl else None
    except NotAPurl as fault:
        raise document.refusal(0, f"{entry.place}: the purl {shown(entry.purl)} {fault}; correct the entry") from None
    if purl is None:
        found.others += 1
        return
    found.packages.append(document.package(0, _package(purl, entry)))
    found.managers.add(purl.manager)
    distro = purl.get("distro")
    if distro:
        _add_release(found, release_of_distro(distro, purl.namespace), distro)


def _package(purl: Purl, entry: Entry) -> Package:
    version = _version(purl, entry)
    source, source_version = _source(purl, entry, version)
    module = purl.get("modularitylabel", "rpmmod")
    return Package(purl.name, version, purl.get("arch"), source, source_version, module=module)


def _version(purl: Purl, entry: Entry) -> str:
    """With its epoch: of the purl's version (deb), its qualifier (rpm, trivy), or the entry's own version."""
    epoch = purl.get("epoch") or entry.version.removesuffix(f":{purl.version}").removesuffix(entry.version)
    if purl.manager == "apk" or ":" in purl.version or not epoch.strip("0"):
        return purl.version.removeprefix("0:")
    return f"{epoch}:{purl.version}"


def _source(purl: Purl, entry: Entry, version: str) -> tuple[str, str]:
    """In the shape of :class:`Package`: rpm as SOURCERPM; the source's version for deb only."""
    upstream, _, upstream_version = purl.get("upstream").partition("@")
    if purl.manager == "rpm":
        told = f"{entry.source}-{entry.source_version}.src.rpm" if entry.source and entry.source_version else ""
        return upstream or told, ""
    source = upstream or entry.source
    if purl.manager == "apk" or not source:
        return source, ""
    return source, upstream_version or entry.source_version or version
