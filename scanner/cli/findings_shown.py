"""``estatecheck findings list``, ``show`` and ``history``."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say, table
from scanner.cli.decided import Database, Shape, one_line, record
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from checks.check import Check
    from scanner.cli.workbench import Workbench
    from scanner.store.records import EventRow, FindingRow


def list_findings(
    state: Annotated[list[str] | None, typer.Option(help="Only this state, e.g. OPEN. Repeatable.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="Only this severity. Repeatable.")] = None,
    supplier: Annotated[str, typer.Option(help="Only assets of this supplier (its id).")] = "",
    service: Annotated[str, typer.Option(help="Only assets of this service (its id).")] = "",
    area: Annotated[str, typer.Option(help="Only assets of this area (its id).")] = "",
    asset: Annotated[str, typer.Option(help="Only this asset; * stands for anything.")] = "",
    check: Annotated[str, typer.Option(help="Only checks whose id matches, e.g. 'linux.ssh.*'.")] = "",
    theme: Annotated[str, typer.Option(help="Only this theme, e.g. 'missing OS patch'.")] = "",
    text: Annotated[str, typer.Option(help="Only what says this, in any case of letters.")] = "",
    risk: Annotated[list[str] | None, typer.Option(help="Only this risk, by the newest full scan. Repeatable.")] = None,
    clock: Annotated[
        str, typer.Option(help="Only with a clock that is breached, due (within 7 days) or running, by that scan.")
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    offset: Annotated[int, typer.Option(min=0, help="Leave out the first ones.")] = 0,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List findings, worst first, with their state.

    State and severity are today's. --risk and --clock read the report of the newest full scan, as it stood when that
    ended, and take as long as making it.

    Examples:
      estatecheck findings list --state OPEN --severity critical --supplier acme
      estatecheck findings list --clock breached --risk critical --risk high
      estatecheck findings list --theme "missing OS patch" --limit 50 --offset 50 --format json
    """
    from checks.finding import Severity
    from checks.lifecycle import State
    from scanner.store.finding_list import Filter

    known("--format", format, SHAPES)
    for word in state or ():
        known("--state", word, list(State))
    for word in severity or ():
        known("--severity", word, list(Severity))
    _known_by_report(risk or (), clock)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    from scanner.cli.workbench import EXPECTED, Workbench

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        wanted = Filter(
            states=tuple(state or ()),
            severities=tuple(map(Severity, severity or ())),
            checks=_checks(bench.catalogue, check, theme),
            supplier=supplier,
            service=service,
            area=area,
            asset=asset,
            text=text,
            among=_by_report(bench, risk or (), clock),
            ranks={one.id: one.severity.rank for one in bench.catalogue},
        )
        page = bench.store.people.page(wanted, limit, offset)
    rated = {one.id: one.severity for one in bench.catalogue}
    _listed(page.rows, page.total, offset, rated, format)


def _checks(catalogue: "Sequence[Check]", glob: str, theme: str) -> tuple[str, ...] | None:
    """Ids of the checks that fit; None: any."""
    from fnmatch import fnmatchcase

    from checks.check import Theme

    if not glob and not theme:
        return None
    if theme:
        known("--theme", theme, list(Theme))
    found = [one for one in catalogue if theme in ("", one.theme) and (not glob or fnmatchcase(one.id, glob))]
    if not found:
        raise fail(f"no check matches {glob!r}; `estatecheck checks list` shows them")
    return tuple(one.id for one in found)


def _known_by_report(risk: "Sequence[str]", clock: str) -> None:
    if not risk and not clock:
        return  # slow to import
    from checks.risk import Level
    from scanner.service.finding_filter import ByClock

    for word in risk:
        known("--risk", word, list(Level))
    if clock:
        known("--clock", clock, list(ByClock))


def _by_report(bench: "Workbench", risk: "Sequence[str]", clock: str) -> frozenset[str] | None:
    """Fingerprints that the newest full scan's report picks out; None: any, and no report is made."""
    if not risk and not clock:
        return None
    from checks.risk import Level
    from scanner.service.finding_filter import ByClock, by_clock, by_risk
    from scanner.service.report import report_data

    data = report_data(bench.store, bench.store.latest_scan().id, bench.catalogue)
    if clock and data.clocks is None:
        raise fail(f"scan {data.scan_id} was made before there were clocks; scan again, then ask again")
    asked = [by_risk(data, map(Level, risk))] if risk else []
    if data.clocks is not None and clock:
        asked.append(by_clock(data.clocks, ByClock(clock)))
    return frozenset.intersection(*asked)


def _listed(rows: "Sequence[FindingRow]", total: int, offset: int, checks: Mapping[str, object], shape: str) -> None:
    from reports.text import safe_text

    rated = {row.ref: row.severity or checks.get(row.check_id) for row in rows}
    if shape == "json":
        say(json.dumps([{**plain(row), "severity": rated[row.ref]} for row in rows], indent=2))
    else:
        cells = [
            [
                r.ref,
                str(rated[r.ref] or "unknown"),
                r.state,
                r.asset,
                r.check_id,
                str(r.subject),
                safe_text(r.observed, 60),
            ]
            for r in rows
        ]
        say(table(("ref", "severity", "state", "asset", "check", "subject", "observed"), cells))
    if len(rows) < total:
        shown = f"{offset + 1} to {offset + len(rows)}" if rows else "none"
        note(f"{shown} of {total}; --offset {offset + len(rows)} shows the next" if rows else f"{shown} of {total}")


def show(ref: str, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show one finding, what waits for an answer, and everything that happened to it.

    Example: estatecheck findings show EC-0001
    """
    from reports.text import safe_text

    known("--format", format, SHAPES)
    with one_line():
        store = record(database)
        row = store.finding(ref)
        events = store.events(row.fingerprint)
        waiting = store.people.case(int(row.ref.removeprefix("EC-"))).asked
    if format == "json":
        history = [event_json(event) for event in events]
        asked = [{"action": a.value, "by": w.actor, "role": w.role, "at": w.at.isoformat()} for a, w in waiting.items()]
        say(json.dumps({**plain(row), "waiting": asked, "events": history}, indent=2, default=str))
        return
    say(safe_text(f"{row.ref}  {row.state}  {row.check_id} on {row.asset} ({row.subject})"))
    say(f"  {safe_text(row.observed)}")
    for action, asked_ in waiting.items():
        say(safe_text(f"  waits for an answer: {action} by {asked_.actor} ({asked_.role}) of {asked_.at:%Y-%m-%d}"))
    for event in events:
        say(f"  {_moved(event)}")


def tick(database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Apply what time alone does: acceptances and reviews that are over, requests nobody answered, stale findings.

    Every scan does it at its end; this is for the days between.

    Example: estatecheck findings tick
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    from scanner.cli.workbench import EXPECTED, Workbench

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        moved = bench.store.people.tick({one.id: one.severity.rank for one in bench.catalogue})
    if format == "json":
        say(json.dumps([asdict(one) for one in moved], indent=2))
    else:
        say("\n".join(f"{one.ref}: {one.before} -> {one.after}: {one.why}" for one in moved) or "nothing moved")


def history(ref: str, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show everything that happened to a finding: who, why, under which reference, signed with which key.

    Example: estatecheck findings history EC-0001
    """
    from reports.text import safe_text

    known("--format", format, SHAPES)
    with one_line():
        store = record(database)
        events = store.events(store.finding(ref).fingerprint)
    if format == "json":
        say(json.dumps([event_json(event) for event in events], indent=2, default=str))
        return
    for event in events:
        say(_moved(event))
        for line in _details(event):
            say(safe_text(f"    {line}"))


def _moved(event: "EventRow") -> str:
    from reports.text import safe_text

    moved = f"{event.from_state or '-'} -> {event.to_state}"
    if event.from_state == event.to_state:
        moved = f"stays {event.to_state}"
    told = f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {moved}  {event.why}  by {event.actor} ({event.role})"
    return safe_text(told)


def _details(event: "EventRow") -> Iterator[str]:
    said = event.proof.get("statement")
    if isinstance(said, dict):
        for name in ("reason", "reference", "until"):
            if said.get(name):
                yield f"{name}: {said[name]}"
        more = said.get("more")
        for name, value in (more if isinstance(more, dict) else {}).items():
            yield f"{name}: {value if isinstance(value, str) else json.dumps(value, sort_keys=True)}"
        yield from (f"evidence: {digest}" for digest in said.get("evidence") or ())
    signature = event.proof.get("signature")
    if isinstance(signature, dict):
        yield f"signed with key {str(signature.get('keyid'))[:16]}"
    for side in ("failed", "before", "after"):
        seen = event.proof.get(side)
        if isinstance(seen, dict):
            yield f"{side}: scan {seen.get('scan')}, {seen.get('observed')}"


def event_json(event: "EventRow") -> dict[str, Any]:
    return {**asdict(event), "at": event.at.isoformat(), "proof": dict(event.proof)}


def plain(row: "FindingRow") -> dict[str, Any]:
    return {
        **asdict(row),
        "subject": str(row.subject),
        "first_seen": row.first_seen.isoformat(),
        "last_seen": row.last_seen.isoformat(),
    }
