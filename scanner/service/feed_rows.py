"""What the feeds said about the packages that failed, kept as evidence: a finding can be judged again without its feed.

One text for each source package, or product of a device's firmware, that failed: lines of ``table TAB key TAB row``, as
the feed has them; the table of packages is named after their release. The same row is stored once, however many hosts
and scans it was used for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from checks.advisories.library import Advisories, Feed, Release
from checks.advisories.matching import source_of
from checks.advisories.model import FeedNote
from checks.advisories.releases import release_of
from checks.advisories.table import Table, TableError, encode
from checks.finding import CheckRun, Outcome
from checks.firmware.advisory import FIRMWARE
from inventory.asset import Privilege
from inventory.facts.packages import Package, Packages
from inventory.facts.system import System
from scanner.query import Answer

PREFIX = "feed:"  # of the query under which the rows of one source are kept
ANY_AGE = 36_500  # days: whether a feed was fresh was judged when it was used


def query_of(source: str) -> str:
    return PREFIX + source


def rows_of(advisories: Advisories | None, facts: Mapping[str, Any], runs: Iterable[CheckRun]) -> dict[str, bytes]:
    """By query, for every package and every product of firmware that failed with members."""
    if advisories is None:
        return {}
    failed = [run for run in runs if run.outcome is Outcome.FAIL and run.members]
    return {**_of_packages(advisories, facts, failed), **_of_firmware(advisories, failed)}


def _of_firmware(advisories: Advisories, failed: Iterable[CheckRun]) -> dict[str, bytes]:
    """The subject is the product as the feed's table names it: fortinet/fortios."""
    keys = {run.subject.key for run in failed if run.subject.kind == FIRMWARE}
    kept = {key: advisories.rows(FIRMWARE, key)[:1] for key in sorted(keys)}  # the first feed is the one that is asked
    return {query_of(key): f"{FIRMWARE}\t{key}\t{rows[0][1].decode()}\n".encode() for key, rows in kept.items() if rows}


def _of_packages(advisories: Advisories, facts: Mapping[str, Any], runs: Iterable[CheckRun]) -> dict[str, bytes]:
    packages, system = facts.get("packages"), facts.get("system")
    if not isinstance(packages, Packages) or not isinstance(system, System):
        return {}
    release = advisories.release(release_of(system))
    failed = {run.subject.key for run in runs}
    if release is None or not failed:
        return {}
    names = _names(packages, failed)
    return {query_of(source): _text(release, names[source]) for source in sorted(names)}


def _names(packages: Packages, sources: set[str]) -> dict[str, set[str]]:
    """Source -> the names under which a feed may speak of it on this host (patch-levels rule 1)."""
    found: dict[str, set[str]] = {}
    for package in packages.items:
        source = source_of(packages.manager, package)[0]
        if source in sources:
            found.setdefault(source, set()).update(_keys(packages.manager, package, source))
    return found


def _keys(manager: str, package: Package, source: str) -> tuple[str, ...]:
    return (package.name, f"src:{source}") if manager == "rpm" else (source,)


def _text(release: Release, names: Iterable[str]) -> bytes:
    lines = (f"{release.name}\t{name}\t{row}\n" for name in sorted(names) if (row := release.line(name)))
    return "".join(lines).encode()


def as_answers(rows: Mapping[str, bytes], at: datetime) -> tuple[Answer, ...]:
    when = at.timestamp()
    return tuple(Answer(query, text, 0, None, Privilege.NONE, when, when) for query, text in rows.items())


def advisories_of(texts: Iterable[bytes], notes: Sequence[FeedNote]) -> Advisories | None:
    """Feeds that know these rows alone; None when there are none. Raises :class:`TableError`."""
    tables: dict[str, dict[str, str]] = {}
    for release, package, row in _lines(texts):
        tables.setdefault(release, {})[package] = row
    if not tables or not notes:
        return None
    made = {release: Table(encode(rows.items())) for release, rows in tables.items()}
    return Advisories([Feed(notes[0], made)], ANY_AGE)


def _lines(texts: Iterable[bytes]) -> Iterator[list[str]]:
    for text in texts:
        for line in text.decode("utf-8", "surrogatepass").splitlines():
            columns = line.split("\t")
            if len(columns) != 3:
                raise TableError("a kept row of a feed is not release, package and statements")
            yield columns
