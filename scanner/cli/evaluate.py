"""``estatecheck evaluate``: judge stored evidence again with today's feeds and rules. No connection is made."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, Exit, known, plain_errors, say, table
from scanner.cli.scan import SEVERITIES
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from checks.finding import Severity
    from scanner.cli.workbench import Workbench
    from scanner.service.evaluate import Change, Evaluated, Rules

MOST_ROWS = 40  # of each table on a terminal; --format json has all of them
MOST_HOSTS = 6  # named behind one CVE


def evaluate(
    limit: Annotated[
        list[str] | None, typer.Option(help="Only hosts or groups that match, e.g. 'web*'. Repeatable.")
    ] = None,
    check: Annotated[list[str] | None, typer.Option(help="Only checks that match. Repeatable.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write what is new or changed into the record, as findings.")
    ] = False,
    fail_on: Annotated[str | None, typer.Option(help="Exit with 1 when something new is at least this severe.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Judge the stored evidence again with today's feeds and rules; connect to nothing.

    Tells what is new, worse, better or gone since each host was last looked at. It closes nothing: a fix is proven by
    looking again.

    Examples:
      estatecheck feeds update && estatecheck evaluate
      estatecheck evaluate --limit web --format json
      estatecheck evaluate --record --fail-on critical
    """
    known("--format", format, SHAPES)
    if fail_on is not None:
        known("--fail-on", fail_on, SEVERITIES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.bench import BenchError
    from scanner.service.evaluate_record import recorded
    from scanner.service.evaluate_shares import evaluated

    with plain_errors(*EXPECTED, BenchError):
        bench = Workbench(settings)
        rules = rules_of(bench, check or ())
        tally = evaluated(bench.store, rules, bench.order(rules.checks), limit or ())
        changed = {change.asset for change in tally.changes}
        stored = recorded(bench.store, rules, bench.support, changed) if record and changed else 0
        never = bench.store.never_seen()
    say(_as_json(tally, rules, never, stored) if format == "json" else _told(tally, rules, never, stored))
    raise typer.Exit(_exit(tally, fail_on))


def _exit(tally: "Evaluated", fail_on: str | None) -> Exit:
    from scanner.service.evaluate import What

    limit = SEVERITIES.index(fail_on) if fail_on else -1
    worse = any(c.what in (What.NEW, What.WORSE) and c.severity.rank <= limit for c in tally.changes)
    return Exit.THRESHOLD_MET if worse else Exit.OK


def _told(tally: "Evaluated", rules: "Rules", never: Sequence[str], stored: int) -> str:
    return "\n".join(_lines(tally, rules, never, stored))


def _lines(tally: "Evaluated", rules: "Rules", never: Sequence[str], stored: int) -> Iterator[str]:
    from scanner.service.evaluate import What

    yield f"Judged again: {_hosts(tally.hosts)}, as of {rules.now:%Y-%m-%d %H:%M} UTC; nothing was connected to."
    if tally.oldest and tally.newest:
        yield f"Evidence of {tally.oldest:%Y-%m-%d} to {tally.newest:%Y-%m-%d}."
    feeds = ", ".join(f"{note.name} of {note.snapshot}" for note in rules.notes) or "none (estatecheck feeds update)"
    yield f"Feeds: {feeds}; support dates of {rules.support.snapshot}."
    if never:
        yield f"Not judged, because no visit ever went through: {_some(never)}."
    for what in What:
        changes = [change for change in tally.changes if change.what is what]
        if changes:
            yield ""
            yield f"{_HEADINGS[what.value]}: {len(changes):,} on {_hosts(len({c.asset for c in changes}))}"
            yield _table(changes)
    if not tally.changes:
        yield "Nothing differs from what the last visits found."
    if cves := _by_cve(tally.changes):
        yield ""
        yield f"CVEs that are new here: {len(cves):,}"
        yield table(("severity", "cve", "exploited", "hosts"), list(_cve_cells(cves))[:MOST_ROWS])
    if stored:
        yield ""
        yield f"Recorded as evaluation {stored}: estatecheck report --scan {stored}"


_HEADINGS = {
    "new": "New",
    "worse": "Worse",
    "better": "Better",
    "gone": "No longer failing by today's rules (a new visit has to prove it)",
    "unsure": "Can no longer be judged",
}


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count:,} hosts"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_HOSTS:,} more" if len(names) > MOST_HOSTS else ""
    return ", ".join(names[:MOST_HOSTS]) + more


def _table(changes: "Sequence[Change]") -> str:
    from reports.text import safe_text

    ordered = sorted(changes, key=lambda c: (c.severity.rank, c.check_id, c.subject.key, c.asset))
    rows = [
        (c.severity.value, c.asset, c.check_id, c.subject.key, safe_text(c.observed, 60)) for c in ordered[:MOST_ROWS]
    ]
    more = f"\n... and {len(ordered) - MOST_ROWS:,} more (--format json)" if len(ordered) > MOST_ROWS else ""
    return table(("severity", "host", "check", "subject", "observed"), rows) + more


@dataclass
class _Cve:
    id: str
    severity: "Severity | None"
    exploited: str  # since when it is in KEV, "" it is not
    hosts: list[str] = field(default_factory=list)


def _by_cve(changes: "Sequence[Change]") -> list[_Cve]:
    """Members that are new, worst and most widespread first."""
    found: dict[str, _Cve] = {}
    for change in changes:
        for member in change.added:
            made = _Cve(member.id, member.severity, member.attributes.get("kev", ""))
            known_hosts = found.setdefault(member.id, made).hosts
            if change.asset not in known_hosts[-1:]:
                known_hosts.append(change.asset)
    return sorted(found.values(), key=lambda c: (c.severity.rank if c.severity else 9, not c.exploited, -len(c.hosts)))


def _cve_cells(cves: Sequence[_Cve]) -> Iterator[tuple[str, ...]]:
    for cve in cves:
        severity = cve.severity.value if cve.severity else "unrated"
        yield severity, cve.id, f"yes, since {cve.exploited}" if cve.exploited else "", _some(cve.hosts)


def _as_json(tally: "Evaluated", rules: "Rules", never: Sequence[str], stored: int) -> str:
    told: dict[str, Any] = {
        "at": rules.now.astimezone(UTC).isoformat(),
        "hosts": tally.hosts,
        "evidence": {"oldest": _iso(tally.oldest), "newest": _iso(tally.newest)},
        "never_seen": list(never),
        "feeds": [
            {"name": n.name, "snapshot": n.snapshot.isoformat(), "records": n.records, "digest": n.digest}
            for n in rules.notes
        ],
        "support_dates": rules.support.snapshot.isoformat(),
        "changes": [_change(change) for change in tally.changes],
        "cves": [
            {"id": c.id, "severity": c.severity, "kev": c.exploited or None, "hosts": c.hosts}
            for c in _by_cve(tally.changes)
        ],
        "recorded": stored or None,
    }
    return json.dumps(told, indent=2)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _change(change: "Change") -> dict[str, Any]:
    return {
        "what": change.what.value,
        "host": change.asset,
        "check": change.check_id,
        "subject": {"kind": change.subject.kind, "key": change.subject.key},
        "severity": change.severity.value,
        "observed": change.observed,
        "added": [
            {"id": m.id, "verdict": m.verdict, "severity": m.severity, **dict(m.attributes)} for m in change.added
        ],
        "dropped": list(change.dropped),
    }


def rules_of(bench: "Workbench", globs: Sequence[str]) -> "Rules":
    """Today's checks and feeds."""
    from checks.catalogue import digest
    from scanner.service.evaluate import Rules
    from scanner.service.plan import choose_checks

    return Rules(
        checks=choose_checks(bench.catalogue, globs),
        catalogue_digest="" if globs else digest(bench.catalogue),
        support=bench.support.dates,
        advisories=bench.advisories,
        now=datetime.now(UTC),
        policy=bench.policy,
    )
