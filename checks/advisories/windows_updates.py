"""Windows updates in our own stored form: one row for a product, with every update that fixes something in it.

Table ``windows-updates``: the product's name as :func:`product_key` spells it -> ``[[kb, day, kind, builds,
[[severity, [CVEs]]], [KBs it supersedes], [components]], ...]``. Written when a feed is imported, so that loading is
opening a file, and a product costs something only when a host has it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from checks.advisories.model import FeedContentError

TABLE = "windows-updates"
VERSIONS = (
    "windows-versions"  # of products without KB articles: the same rows, with a fixed version where the KB stands
)
SEVERITIES = ("critical", "important", "moderate", "low", "")  # Microsoft's words, worst first; "" not rated
WIDE = 5  # an update of this many components brings the system forward as a whole; more names are not kept
ROLLUP, SECURITY_ONLY, HOTPATCH, STACK = "monthly rollup", "security only", "hotpatch", "servicing stack"


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """What one update does to one product. ``kind``: one of the words above, "" where the publisher tells none."""

    kb: str  # digits; in VERSIONS the fixed version
    day: str  # of its release, YYYY-MM-DD
    kind: str = ""
    builds: tuple[str, ...] = ()  # full versions that have it: 10.0.19045.6456; () where the publisher tells none
    fixes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # severity -> CVEs, maybe none, worst severity first
    supersedes: tuple[str, ...] = ()  # KBs
    components: tuple[str, ...] = ()  # at most WIDE of them

    @property
    def severity(self) -> str:
        return self.fixes[0][0] if self.fixes else ""

    @property
    def wide(self) -> bool:
        return len(self.components) >= WIDE

    @property
    def cves(self) -> frozenset[str]:
        return frozenset(cve for _, cves in self.fixes for cve in cves)


def product_key(name: str) -> str:
    """Microsoft spells one product several ways: ``Windows 8.1 for x64-based systems``, ``... Systems``."""
    return " ".join(name.split()).casefold()


def line_of(updates: Iterable[Update]) -> str:
    """The value of a product's row."""
    return json.dumps([_dump(update) for update in updates], separators=(",", ":"))


def _dump(one: Update) -> list[Any]:
    return [one.kb, one.day, one.kind, one.builds, one.fixes, one.supersedes, one.components]


def updates_of(line: bytes) -> tuple[Update, ...]:
    """Read a row again. Raises :class:`FeedContentError`."""
    try:
        return tuple(_load(row) for row in json.loads(line))
    except (ValueError, TypeError, IndexError, AttributeError, RecursionError) as fault:
        raise FeedContentError(f"a row of {TABLE} is unreadable: {type(fault).__name__}") from fault


def _load(row: list[Any]) -> Update:
    kb, day, kind, builds, fixes, supersedes, components = row
    rated = tuple((intern(severity), tuple(intern(cve) for cve in cves)) for severity, cves in fixes)
    return Update(
        intern(kb), intern(day), intern(kind), tuple(builds), rated, tuple(map(intern, supersedes)), tuple(components)
    )


def rated(severities: Mapping[str, str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """CVE -> severity, as :attr:`Update.fixes` has it. A word that is none of Microsoft's counts as not rated.

    "" stands for what has no CVE: its severity is kept.
    """
    groups: dict[str, list[str]] = {}
    for cve, severity in severities.items():
        groups.setdefault(severity if severity in SEVERITIES else "", []).append(cve)
    return tuple((word, tuple(sorted(filter(None, groups[word])))) for word in SEVERITIES if word in groups)


def worse(one: str, other: str) -> str:
    return min(one, other, key=_rank)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
