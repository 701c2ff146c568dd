"""One package version against the statements about its package: which weaknesses are open in it, and what fixes them.

Pure arithmetic of versions; nothing of a host but its :class:`Reach` is known here. Several advisories may name one
CVE: it is open while any of them that applies is not satisfied, as the publisher's own tools count it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from checks.advisories.model import Statement
from checks.advisories.scopes import Reach, minor_of, stream_of
from checks.advisories.verdict import Verdict
from checks.advisories.versions import InvalidVersion, sort_key

_MODULAR = re.compile(r"\.module[+_]")
UNKNOWN_STREAM = "?"


_OPEN, _FIXED, _OUTSIDE = "open", "fixed", "outside"  # outside: not among the affected versions


@dataclass(frozen=True, slots=True)
class _Row:
    statement: Statement
    state: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One weakness that is open in one installed version."""

    cve: str  # or the advisory, where it names no CVE
    verdict: Verdict
    advisory: str
    fixed: str = ""  # the version that clears it, "" none
    scope: str = ""  # the entitlement that it needs
    severity: str = ""  # the publisher's word
    issued: str = ""
    status: str = ""  # the publisher's word while there is no fix
    why: str = ""  # with NOT_ASSESSED


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is open in one version; ``reached`` is the highest fixed version it has, "" when none was needed.

    Made once for each version and told apart by identity: comparing thousands of hits would cost more.
    """

    hits: tuple[Hit, ...] = ()
    reached: str = ""
    unread: str = ""  # a version here that cannot be compared: nothing else can be said
    verdicts: frozenset[Verdict] = field(init=False)  # of the hits

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdicts", frozenset(hit.verdict for hit in self.hits))


@dataclass(frozen=True, slots=True)
class Installed:
    """A version as advisories would name it. ``module``: name:stream, "?" not known which, "" not modular."""

    scheme: str
    version: str
    module: str = ""
    epoch: bool = True  # False: the version is SOURCERPM's, which has none

    def key(self, version: str) -> str:
        """Raises :class:`InvalidVersion`."""
        if not self.epoch:
            version = version.partition(":")[2] or version
        return sort_key(self.scheme, version)


def module_of(version: str, label: str) -> str:
    """Of MODULARITYLABEL ``name:stream:version:context``; a modular release without its label has an unknown stream."""
    if label:
        return ":".join(label.split(":")[:2])
    return UNKNOWN_STREAM if _MODULAR.search(version) else ""


def judged(installed: Installed, statements: Iterable[Statement], reach: Reach) -> Judged:
    try:
        return _judged(installed, statements, reach)
    except InvalidVersion as fault:
        return Judged(unread=str(fault))


def _judged(installed: Installed, statements: Iterable[Statement], reach: Reach) -> Judged:
    own = installed.key(installed.version)
    by_cve: dict[str, list[_Row]] = {}
    reached: set[str] = set()
    for statement in statements:
        if _other_module(installed.module, statement.module) or _other_stream(installed, statement, reach):
            continue
        row = _Row(statement, _state(installed, own, statement))
        if row.state == _FIXED:
            reached.add(statement.fixed)
        for cve in statement.cves or (statement.advisory,):
            by_cve.setdefault(cve, []).append(row)
    hits = (_hit(cve, by_cve[cve], installed, reach) for cve in sorted(by_cve))
    return Judged(tuple(hit for hit in hits if hit), max(reached, key=installed.key, default=""))


def _other_module(installed: str, wanted: str) -> bool:
    """Modular is compared with modular only, and with its own stream (rule 6). Unknown streams stay: see _hit."""
    if bool(installed) != bool(wanted):
        return True
    return installed != wanted and UNKNOWN_STREAM not in (installed, wanted)


def _other_stream(installed: Installed, statement: Statement, reach: Reach) -> bool:
    """A fix for the minor release 8.6 says nothing of a host on 8.8, although its number may be lower."""
    stream = stream_of(statement.scope)
    return bool(stream) and stream not in (reach.minor, minor_of(installed.version))


def _state(installed: Installed, own: str, statement: Statement) -> str:
    if statement.introduced and own < installed.key(statement.introduced):
        return _OUTSIDE
    if statement.last:
        return _OPEN if own <= installed.key(statement.last) else _OUTSIDE
    if not statement.fixed:
        return _OPEN
    return _OPEN if own < installed.key(statement.fixed) else _FIXED


def _hit(cve: str, rows: Sequence[_Row], installed: Installed, reach: Reach) -> Hit | None:
    """Of all that is said about one CVE in one version; None: it is not open."""
    same = [row for row in rows if row.statement.module == installed.module]
    rows = same or rows
    if any(row.state == _FIXED and _settles(row.statement, installed) for row in rows):
        return None
    opened = [row.statement for row in rows if row.state == _OPEN]
    received = [statement for statement in opened if reach.has(statement.scope)]
    if not opened or (not received and any(row.state == _FIXED for row in rows if reach.has(row.statement.scope))):
        return None
    if not same or installed.module == UNKNOWN_STREAM:
        why = "the stream of its module is not known"
        return Hit(cve, Verdict.NOT_ASSESSED, opened[0].advisory, severity=opened[0].severity, why=why)
    if all(statement.unimportant for statement in opened):
        return _said(cve, Verdict.UNIMPORTANT, opened, installed)
    if fixes := [statement for statement in received if statement.fixed]:
        return _said(cve, Verdict.FIX_AVAILABLE, [s for s in fixes if stream_of(s.scope)] or fixes, installed)
    if fixes := [statement for statement in opened if statement.fixed]:
        return _said(cve, Verdict.FIX_NEEDS_SUBSCRIPTION, fixes, installed)
    return _said(cve, Verdict.NO_VENDOR_FIX, opened, installed)


def _settles(statement: Statement, installed: Installed) -> bool:
    """A fix of extended support that is installed is a fix, whatever the regular release still says."""
    if not statement.scope:
        return False
    stream = stream_of(statement.scope)
    return not stream or stream == minor_of(installed.version)


def _said(cve: str, verdict: Verdict, statements: Sequence[Statement], installed: Installed) -> Hit:
    """Told by the statement with the highest fixed version: that one clears them all (rule 14)."""
    told = max(statements, key=lambda s: (installed.key(s.fixed) if s.fixed else "", s.advisory))
    return Hit(cve, verdict, told.advisory, told.fixed, told.scope, told.severity, told.issued, told.status)
