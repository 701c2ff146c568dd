"""What publishers say about packages and CVEs, in one form for all of them.

A release is named as its own os-release names it: ``debian:12``, ``ubuntu:22.04``, ``almalinux:8``, ``rocky:9``,
``rhel:8``, ``sles:15.3``, ``opensuse-leap:15.3``, ``alpine:3.19``. Red Hat's family by major version, as they publish.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import Any


class FeedContentError(ValueError):
    """What a publisher sent is not what they document. The message says where and what."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One advisory about one package of one release: versions from ``introduced`` on and below ``fixed`` are affected.

    The package is the source package for deb, the binary package for rpm, the origin for apk (patch-levels rule 1).
    Publishers of rpm that name source packages only (Rocky; SUSE without its list of binaries) have their rows under
    ``src:NAME``: compare those with name and version of the installed package's SOURCERPM.

    Where ``fixed`` is "" there is no fix in this scope; the same CVE may have one in another scope, in another row.
    A publisher that tells of a CVE and of its advisory brings two rows with the same CVE: count CVEs, not rows.
    """

    advisory: str  # DSA-5532-1, ALSA-2023:5537, RHSA-..., or the CVE where the publisher gives no other name
    cves: tuple[str, ...]  # sorted; may be empty
    fixed: str  # first version with the fix; "" while there is none
    introduced: str = ""  # first affected version; "" from the beginning
    scope: str = ""  # entitlement that the fix needs: esm-infra, esm-apps, ltss, eus:8.2 ...; "" is in reach of all
    module: str = ""  # name:stream the fix is for (EL modularity); "?" modular, stream not told; "" not modular
    severity: str = ""  # the publisher's word in lower case: critical, important, high, moderate, medium, low ...
    unimportant: bool = False  # the publisher says that it does not matter (Debian's urgency "unimportant")
    issued: str = ""  # day the advisory was published, YYYY-MM-DD; "" unknown, or the publisher speaks of the CVE only
    last: str = ""  # last affected version, itself included, where the publisher names that one and no fixed version
    status: str = ""  # the publisher's word while there is no fix: needed, needs-triage, ignored, end-of-life ...


@dataclass(frozen=True, slots=True)
class Cve:
    """What is said about the weakness itself, whatever package it is in."""

    id: str
    summary: str = ""  # at most 300 characters
    vector: str = ""  # CVSS:3.1/AV:N/..., the best known
    vector_source: str = ""  # who scored it: the feed's name
    vector_v4: str = ""
    published: str = ""  # YYYY-MM-DD


@dataclass(frozen=True, slots=True)
class Exploited:
    """A row of CISA's Known Exploited Vulnerabilities."""

    added: str  # YYYY-MM-DD
    due: str
    ransomware: bool
    name: str
    vendor: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class Epss:
    """FIRST's estimate that it is exploited within 30 days (both 0 to 1)."""

    score: float
    percentile: float
    day: str  # of the estimate


@dataclass(frozen=True, slots=True)
class Ssvc:
    """CISA's decision points for one CVE (Vulnrichment)."""

    exploitation: str  # none, poc, active
    automatable: bool
    total_impact: bool


@dataclass(frozen=True, slots=True)
class FeedNote:
    """What a report tells about one feed."""

    name: str  # debian, ubuntu, kev ...
    publisher: str
    snapshot: date  # the publisher's own date where it gives one, else the newest record's
    records: int
    digest: str  # sha256 over its tables
    licence: str = ""
    fetched: str = ""  # when the publisher itself last gave or confirmed it, ISO 8601 in UTC; "": came as a copy

    @property
    def as_of(self) -> date:
        """Until when this is known to be all that the publisher says: what the age of a feed is counted from."""
        asked = date.fromisoformat(self.fetched[:10]) if self.fetched else self.snapshot
        return max(self.snapshot, asked)


_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))  # made once: that is half of the cost


_SHAPES: Mapping[type, tuple[Callable[[Any], tuple[Any, ...]], list[Any]]] = {
    kind: (attrgetter(*(field.name for field in fields(kind))), [field.default for field in fields(kind)])
    for kind in (Statement, Cve, Exploited, Epss, Ssvc)
}  # how to take all fields of a kind at once, and their defaults


def dump(value: Statement | Cve | Exploited | Epss | Ssvc) -> list[Any]:
    """As a list in the order of the fields, without trailing defaults."""
    values_of, defaults = _SHAPES[type(value)]
    row = list(values_of(value))
    while row and row[-1] == defaults[len(row) - 1]:
        row.pop()
    return [list(item) if isinstance(item, tuple) else item for item in row]


def statements_line(statements: Iterable[Statement]) -> str:
    """The value of one package's row."""
    return rows_line(map(statement_row, statements))


def statement_row(statement: Statement) -> str:
    """One statement as JSON, so that many can be held in little memory until all of a package are there."""
    return _JSON.encode(dump(statement))


def rows_line(rows: Iterable[str]) -> str:
    """The value of one package's row from what :func:`statement_row` made; what is said twice stands once."""
    return f"[{','.join(sorted(set(rows)))}]"


def statements_of(line: bytes) -> tuple[Statement, ...]:
    """Read a row again. Raises :class:`FeedContentError`."""
    try:
        return tuple(Statement(row[0], tuple(row[1]), *row[2:]) for row in json.loads(line))
    except (ValueError, TypeError, IndexError, RecursionError) as fault:
        raise FeedContentError(f"a row of the advisory table is unreadable: {type(fault).__name__}") from fault


def line_of(value: Cve | Exploited | Epss | Ssvc) -> str:
    return _JSON.encode(dump(value))


def snapshot_of(days: Iterable[str]) -> date | None:
    """The newest of some YYYY-MM-DD..., None when there is none that can be read."""
    newest = max((day[:10] for day in days if day[:4].isdigit()), default="")
    try:
        return date.fromisoformat(newest) if newest else None
    except ValueError:
        return None


Tables = Mapping[str, bytes]  # table name -> its bytes: a release ("debian:12"), "cve", "kev", "epss", "ssvc", ...
