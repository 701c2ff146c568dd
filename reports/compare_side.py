"""One side of a comparison, read from the JSON of a report: our own, a supplier's, or one out of a pack. Pure.

Everything goes through the JSON, so that two stored scans compare exactly as their files would. The bytes may come from
anybody: types, sizes and references are checked, and a :class:`~reports.compare_rows.BadReport` says what does not fit.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from checks.check import Theme
from checks.coverage import NOT_ALL_JUDGED, Step, furthest
from checks.finding import Severity
from checks.risk import Level
from reports.compare_data import CheckTold, Gate, Place, Seen, Side
from reports.compare_rows import BadReport, Row, a_list, a_number, a_text, a_word, an_object, parsed, rows, text_or_none

SCHEMA = "estatecheck.report"
VERSION = 2
DEFAULT_GATE = Gate(Step.LOGGED_IN, 95, "the default, because no policy with a gate for it is in the report")
UNKNOWN = CheckTold("", "not known", Severity.HIGH, 0)  # of a check that did not run: counted as in reports/verdict.py
_REPORT_ID = re.compile(rb'^"report_id":"(ECR-\d+-([0-9a-f]{12}))",\n', re.MULTILINE)
_GATE = re.compile(r"(\d{1,3}) %(?: in each area)? ([a-z ]+)")


@dataclass(frozen=True, slots=True)
class _Seal:
    """What the bytes as a whole tell."""

    sha256: str
    notes: tuple[str, ...]


def read(content: bytes, source: str) -> Side:
    """``source`` is what people call it: a path, or ``scan 12``. Raises :class:`BadReport`."""
    return read_from(lambda: content, source)


def read_from(load: Callable[[], bytes], source: str) -> Side:
    """As :func:`read`, of bytes that are let go of once they are hashed: a large report is in memory one time less."""
    seal, text = _opened(load(), source)
    reader = _Reader(parsed(text, source), source)
    del text
    return reader.side(seal)


def _opened(content: bytes, source: str) -> tuple[_Seal, str]:
    seal = _Seal(hashlib.sha256(content).hexdigest(), tuple(_authentic(content, source)))
    try:
        return seal, content.decode(json.detect_encoding(content), "surrogatepass")  # as json.loads does
    except UnicodeDecodeError as fault:
        raise BadReport(f"{source}: it is not JSON that can be read: {fault.reason}") from None


class _Reader:
    def __init__(self, document: Row, source: str) -> None:
        self.document, self.source = document, source
        self._known()
        self.checks = self._checks()
        self.members = tuple(a_text(row, "id", where) for row, where in self._each("members"))
        self.risks = [self._risk(row, where) for row, where in self._each("risks")]
        self.apart: set[str] = set()

    def _known(self) -> None:
        if self.document.get("schema") != SCHEMA:
            raise BadReport(f"{self.source}: this is no estatecheck report (its schema is not {SCHEMA})")
        version = self.document.get("schema_version")
        if version != VERSION:
            raise BadReport(
                f"{self.source}: it has version {str(version)[:20]} of the report's schema, and {VERSION} can be "
                "compared; make that report again with this version"
            )

    def _each(self, key: str) -> Iterator[tuple[Row, str]]:
        for n, row in enumerate(rows(self.document, key, self.source)):
            yield row, f"{self.source}: {key}[{n}]"

    def side(self, seal: _Seal) -> Side:
        scan = an_object(self.document.get("scan"), f"{self.source}: scan")
        estate = an_object(self.document.get("estate"), f"{self.source}: estate")
        where = f"{self.source}: scan"
        findings = self._findings()
        return Side(
            report_id=a_text(self.document, "report_id", self.source),
            sha256=seal.sha256,
            source=self.source,
            scan=a_number(scan, "id", where),
            kind=a_text(scan, "kind", where),
            state=a_text(scan, "state", where),
            estate=a_text(estate, "name", f"{self.source}: estate"),
            marking=a_text(self.document, "marking", self.source),
            started=a_text(scan, "started_at", where),
            ended=text_or_none(scan, "ended_at", where),
            basis=self._basis(scan),
            checks=self.checks,
            assets={place.uid: place for place in self._places()},
            findings=findings,
            fixed={one.key: one for one in self._loose("fixed")},
            gaps=self._gaps(),
            areas=self._names(estate, "areas"),
            suppliers=self._names(estate, "suppliers"),
            members=self.members,
            gate=self._gate(),
            breached=self._breached(findings),
            notes=seal.notes,
        )

    def _names(self, estate: Row, part: str) -> dict[str, str]:
        table = an_object(estate.get(part), f"{self.source}: estate.{part}")
        where = f"{self.source}: estate.{part}"
        return {key: a_text(an_object(one, where), "name", where) for key, one in table.items()}

    def _checks(self) -> dict[str, CheckTold]:
        return {
            a_text(row, "id", where): CheckTold(
                a_text(row, "title", where),
                a_word(Theme, row, "theme", where).value,
                a_word(Severity, row, "severity", where),
                a_number(row, "version", where),
            )
            for row, where in self._each("checks")
        }

    def _risk(self, row: Row, where: str) -> tuple[Level, tuple[str, ...]]:
        lines = tuple(str(line) for line in a_list(row, "lines", where))
        said = row.get("override")
        if said is not None:
            one = an_object(said, f"{where}.override")
            lines += (f"set to {a_text(one, 'level', where)} by {a_text(one, 'actor', where)}",)
        return a_word(Level, row, "level", where), lines

    def _findings(self) -> dict[str, Seen]:
        """Those that it saw, and those that it carries."""
        found: dict[str, Seen] = {}
        for row, where in self._each("issues"):
            for one in self._of_issue(row, where):
                found.setdefault(one.key, one)
        for one in self._loose("carried"):
            found.setdefault(one.key, one)
        return found

    def _of_issue(self, row: Row, where: str) -> Iterator[Seen]:
        check_id = a_text(row, "check_id", where)
        subject = row.get("subject")
        unit = "" if subject is None else a_text(an_object(subject, where), "key", where)
        if unit:
            self.apart.add(check_id)
        check = self.checks.get(check_id)
        severity = check.severity if check else a_word(Severity, row, "severity", where)
        told = CheckTold(a_text(row, "title", where), a_word(Theme, row, "theme", where).value, severity, 0)
        for one in rows(row, "occurrences", where):
            yield self._seen(one, f"{where}.occurrences", told, check_id, unit)

    def _loose(self, key: str) -> Iterator[Seen]:
        """Findings that stand outside issues: what was carried, what was proven fixed."""
        for row, where in self._each(key):
            check_id = a_text(row, "check_id", where)
            check = self.checks.get(check_id, UNKNOWN)
            subject = a_text(an_object(row.get("subject"), where), "key", where)
            rated = bool(row.get("members")) or row.get("severity") is not None or check_id in self.apart
            unit = subject if rated else ""
            title = check.title or check_id
            told = CheckTold(f"{title}: {unit}" if unit else title, check.theme, check.severity, 0)
            yield self._seen(row, where, told, check_id, unit, seen=False)

    def _seen(self, row: Row, where: str, told: CheckTold, check_id: str, unit: str, *, seen: bool = True) -> Seen:
        subject = an_object(row.get("subject"), f"{where}.subject")
        kind, key = a_text(subject, "kind", where), a_text(subject, "key", where)
        own = row.get("severity")
        severity = told.severity if own is None else a_word(Severity, row, "severity", where)
        level, lines = self._rated(row, where, severity)
        return Seen(
            key=a_text(row, "fingerprint", where),
            ref=a_text(row, "ref", where),
            asset_uid=a_text(row, "asset_uid", where),
            asset=a_text(row, "asset", where),
            check_id=check_id,
            unit=unit,
            subject=f"{kind} {key}" if key else kind,
            title=told.title,
            theme=told.theme,
            severity=severity,
            level=level,
            state=a_text(row, "state", where),
            episode=a_number(row, "episode", where),
            first_seen=a_text(row, "first_seen", where),
            seen=seen,
            lines=lines,
            members=self._positions(row, where),
            observed=a_text(row, "observed", where),
        )

    def _rated(self, row: Row, where: str, severity: Severity) -> tuple[Level, tuple[str, ...]]:
        at = row.get("risk")
        if at is None:
            return Level(severity.value), ()
        if not isinstance(at, int) or not 0 <= at < len(self.risks):
            raise BadReport(f"{where}.risk: there is no such risk in the file")
        return self.risks[at]

    def _positions(self, row: Row, where: str) -> tuple[int, ...]:
        positions = a_list(row, "members", where)
        if not all(isinstance(n, int) and 0 <= n < len(self.members) for n in positions):
            raise BadReport(f"{where}.members: there is no such member in the file")
        return tuple(positions)

    def _places(self) -> Iterator[Place]:
        for row, where in self._each("assets"):
            inventory = an_object(row.get("inventory"), f"{where}.inventory")
            connection = an_object(inventory.get("connection"), f"{where}.inventory.connection")
            yield Place(
                a_text(row, "uid", where),
                a_text(row, "name", where),
                _step(row),
                text_or_none(inventory, "area", where),
                text_or_none(inventory, "supplier", where),
                _reason(row, where),
                connection.get("way") != "endpoint",
                text_or_none(connection, "address", where),
            )

    def _gaps(self) -> dict[tuple[str, str], str]:
        """The first reason of each check on each asset."""
        found: dict[tuple[str, str], str] = {}
        for row, where in self._each("gaps"):
            key = a_text(row, "asset_uid", where), a_text(row, "check_id", where)
            found.setdefault(key, text_or_none(row, "reason", where) or "error in the check")
        return found

    def _basis(self, scan: Row) -> dict[str, str]:
        where = f"{self.source}: scan"
        told = {
            "tool": a_text(scan, "tool_version", where),
            "inventory": a_text(scan, "inventory_digest", where)[:12],
            "check catalogue": a_text(scan, "catalogue_digest", where)[:12],
        }
        options = an_object(scan.get("options"), f"{where}.options")
        told |= {f"option {key}": str(value) for key, value in options.items()}
        for row, place in self._each("sources"):
            name = a_text(row, "name", place)
            label = name if name == "support dates" else f"feed {name}"
            told[label] = f"{a_text(row, 'snapshot', place)} ({a_text(row, 'digest', place)[:12]})"
        return {**told, **self._policies()}

    def _policies(self) -> dict[str, str]:
        told = {}
        rules, verdicts, clocks = (self.document.get(key) for key in ("risk_rules", "verdicts", "clocks"))
        if rules is not None:
            told["risk rules"] = _version(an_object(rules, f"{self.source}: risk_rules"), self.source, "digest")
        if verdicts is not None:
            policy = an_object(an_object(verdicts, self.source).get("policy"), f"{self.source}: verdicts.policy")
            told["accreditation policy"] = (
                f"{a_text(policy, 'name', self.source)} {_version(policy, self.source, 'sha256')}"
            )
        if clocks is not None:
            for row in rows(an_object(clocks, self.source), "policies", f"{self.source}: clocks"):
                told[f"clock policy {a_text(row, 'id', self.source)}"] = _version(row, self.source, "digest")
        return told

    def _gate(self) -> Gate:
        """How much the report's own policy asks of coverage in each area; else of the estate."""
        verdicts = self.document.get("verdicts")
        if verdicts is None:
            return DEFAULT_GATE
        where = f"{self.source}: verdicts.estate"
        estate = an_object(an_object(verdicts, where).get("estate"), where)
        for row in rows(estate, "gate", where):
            found = _GATE.fullmatch(a_text(row, "threshold", where))
            if found and found[2] in list(Step) and a_text(row, "id", where) != "external":
                return Gate(Step(found[2]), int(found[1]), f"the report's policy: {a_text(row, 'title', where)}")
        return DEFAULT_GATE

    def _breached(self, findings: Mapping[str, Seen]) -> frozenset[str] | None:
        clocks = self.document.get("clocks")
        if clocks is None:
            return None
        where = f"{self.source}: clocks"
        late = (
            a_text(row, "fingerprint", where)
            for row in rows(an_object(clocks, where), "findings", where)
            if any(
                one.get("status") == "breached" and one.get("last_fail") is None for one in rows(row, "clocks", where)
            )
        )
        return frozenset(late) & findings.keys()


def _late(clock: Row) -> bool:
    """Breached, and the finding is still there."""
    return clock.get("status") == "breached" and clock.get("last_fail") is None


def _version(row: Row, where: str, digest: str) -> str:
    return f"version {a_text(row, 'version', where)} ({a_text(row, digest, where)[:12]})"


def _step(row: Row) -> Step:
    return furthest(
        attempted=row.get("attempted") is True,
        reached=row.get("reached") is True,
        logged_in=row.get("logged_in") is True,
        privileged=row.get("privilege") == "root",
        fully_assessed=row.get("fully_assessed") is True,
    )


def _reason(row: Row, where: str) -> str:
    missing = row.get("missing")
    if missing is None:
        return "" if row.get("fully_assessed") is True else NOT_ALL_JUDGED
    return a_text(an_object(missing, f"{where}.missing"), "reason", where)


def _authentic(content: bytes, source: str) -> Iterator[str]:
    """The id of a report ends in the digest of all the rest of its file."""
    found, hashed = _REPORT_ID.search(content), hashlib.sha256()
    if found is not None:
        with memoryview(content) as whole:
            hashed.update(whole[: found.start()])
            hashed.update(whole[found.end() :])
    if found is None or hashed.hexdigest()[:12].encode() != found[2]:
        yield f"{source}: its report id does not fit its content, so it was changed or rewritten after it was made"
