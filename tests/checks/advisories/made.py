"""Made-up feeds and hosts for tests, in a line each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import Cve, Epss, Exploited, FeedNote, Ssvc, Statement, line_of, statements_line
from checks.advisories.opinions import Host, Opinion, opinion_of
from checks.advisories.table import Table, encode
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import Package, Packages, Repositories, Repository, Updates
from inventory.facts.system import System

TODAY = date(2026, 3, 2)
Row = Cve | Exploited | Epss | Ssvc


def fix(cve: str, fixed: str, advisory: str = "", **more: object) -> Statement:
    return Statement(advisory or cve, (cve,) if cve else (), fixed, **more)  # type: ignore[arg-type]


def one_feed(
    release: str,
    rows: Mapping[str, Sequence[Statement]],
    *,
    day: date = TODAY,
    about: Mapping[str, Mapping[str, Row]] | None = None,
    name: str = "",
) -> Feed:
    """``about``: table (cve, kev, epss, ssvc) -> CVE -> row."""
    tables = {release: Table(encode((package, statements_line(said)) for package, said in rows.items()))}
    for table, known in (about or {}).items():
        tables[table] = Table(encode((cve, line_of(row)) for cve, row in known.items()))
    note = FeedNote(name or release.partition(":")[0], "made up", day, len(rows), "")
    return Feed(note, tables)


def feed(release: str, rows: Mapping[str, Sequence[Statement]], **more: Any) -> Advisories:  # noqa: ANN401 (as above)
    return Advisories([one_feed(release, rows, **more)])


def system(os_id: str, version: str, *, codename: str = "", container: str | None = None) -> System:
    name = f"{os_id} {version}"
    return System(os_id, version, name, (), codename, "example", "x86_64", None, "", container, "systemd")


def deb(name: str, version: str, source: str = "", source_version: str = "", **more: object) -> Package:
    return Package(name, version, "amd64", source or name, source_version or version, **more)  # type: ignore[arg-type]


def rpm(name: str, version: str, sourcerpm: str = "", **more: object) -> Package:
    return Package(name, version, "x86_64", sourcerpm, "", **more)  # type: ignore[arg-type]


def kernel(running: str, *installed: tuple[str, str, str], version: str = "#1 SMP") -> Kernel:
    known = tuple(InstalledKernel(*one) for one in installed)
    return Kernel(running, version, known, (), None, None, None)


def host(os: tuple[str, str], *items: Package, **facts: object) -> Host:
    managers = {"debian": "deb", "ubuntu": "deb", "alpine": "apk"}
    packages = Packages(managers.get(os[0], "rpm"), tuple(sorted(items, key=lambda p: (p.name, p.version))))
    codename = {"12": "bookworm", "22.04": "jammy"}.get(os[1], "")
    container = facts.pop("container", None)
    return Host(system(*os, codename=codename, container=container), packages, **facts)  # type: ignore[arg-type]


def opinion(host: Host, advisories: Advisories, exposure: str | None = None, today: date = TODAY) -> Opinion:
    return opinion_of(host, advisories, exposure, today)


def verdicts(found: Opinion) -> dict[str, dict[str, str]]:
    """package -> CVE -> name of its verdict."""
    units = [unit for found in found.judged.by_source.values() for unit in found.units]
    return {u.package: {hit.cve: hit.verdict.name for hit in u.judged.hits} for u in units if u.judged.hits}


SECURITY_SUITE = Repositories((Repository("https://deb.example stable-security", "sources.list", True, ""),))
NO_SECURITY_SUITE = Repositories((Repository("https://deb.example stable", "sources.list", True, ""),))
CLEAN = Updates("apt", (), 0, None)
