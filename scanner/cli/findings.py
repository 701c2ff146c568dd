"""``estatecheck findings``: list, show, and verify that one is fixed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, Exit, known, note, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    import asyncio

    from scanner.service.verify import Verified
    from scanner.store.records import FindingRow

app = group("Findings of the record: list, show, verify.")
Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]


@app.command("list")
def list_findings(
    state: Annotated[str | None, typer.Option(help="Only this state, e.g. OPEN.")] = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List findings, worst first, with their state.

    Example: estatecheck findings list --state OPEN
    """
    from checks.finding import Severity
    from checks.lifecycle import State
    from reports.text import safe_text
    from scanner.cli.workbench import EXPECTED, Workbench

    known("--format", format, SHAPES)
    if state is not None:
        known("--state", state, list(State))
    with plain_errors(SettingsError):
        bench_settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        bench = Workbench(bench_settings)
        checks = {check.id: check.severity for check in bench.catalogue}
        rows = [row for row in bench.store.findings() if state in (None, row.state)]
    rated = {row.ref: row.severity or checks.get(row.check_id) for row in rows}
    rows.sort(key=lambda row: severity.rank if (severity := rated[row.ref]) else len(Severity))
    if format == "json":
        say(json.dumps([{**_plain(row), "severity": rated[row.ref]} for row in rows], indent=2))
        return
    cells = []
    for r in rows:
        told = (str(r.subject), safe_text(r.observed, 60))
        cells.append([r.ref, rated[r.ref] or "unknown", r.state, r.asset, r.check_id, *told])
    say(table(("ref", "severity", "state", "asset", "check", "subject", "observed"), cells))


@app.command()
def show(ref: str, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show one finding and everything that happened to it.

    Example: estatecheck findings show EC-0001
    """
    from reports.text import safe_text
    from scanner.cli.workbench import EXPECTED, Workbench

    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        bench_settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        store = Workbench(bench_settings).store
        row = store.finding(ref)
        events = store.events(row.fingerprint)
    if format == "json":
        history = [{**asdict(event), "at": event.at.isoformat(), "proof": dict(event.proof)} for event in events]
        say(json.dumps({**_plain(row), "events": history}, indent=2, default=str))
        return
    say(safe_text(f"{row.ref}  {row.state}  {row.check_id} on {row.asset} ({row.subject})"))
    say(f"  {safe_text(row.observed)}")
    for event in events:
        moved = f"{event.from_state or '-'} -> {event.to_state}"
        say(f"  {event.at:%Y-%m-%d %H:%M:%S} UTC  {moved}  by {event.actor} ({event.role})")


@app.command()
def verify(
    refs: list[str],
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Look again at just these findings; a fix is believed only with proof.

    Ends with 0 when all are verified fixed, 1 when one is still there, 3 when one could not be looked at.

    Example: estatecheck findings verify EC-0001
    """
    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database, "inventory": inventory})
    results = _looked_again(settings, refs)
    say(
        json.dumps([_as_json(result) for result in results], indent=2)
        if format == "json"
        else "\n".join(map(_told, results))
    )
    raise typer.Exit(_exit_code(results, len(set(refs))))


def _looked_again(settings: Settings, refs: Sequence[str]) -> "list[Verified]":
    """Plan all of them before the first is looked at: a word that is wrong costs no result."""
    from reports.text import safe_text
    from scanner.cli.scan import run_stoppable
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.verify import verify as run
    from scanner.store.records import ScanKind

    results: list[Verified] = []
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        plans = [bench.plan_verification(ref) for ref in dict.fromkeys(refs)]
        bench.tell_lost()

        async def one_by_one(stop: "asyncio.Event") -> None:
            for planned, row in plans:
                facts = ", ".join(probe.name for probe in planned.errands[0].probes)
                note(safe_text(f"{row.ref}: looking again at {row.asset}: {facts}"))
                job = bench.job(planned, kind=ScanKind.VERIFY, options={"verify": row.ref})
                results.append(await run(job, row, stop))
                if stop.is_set():
                    return

        run_stoppable(one_by_one)
    return results


def _exit_code(results: "list[Verified]", asked: int) -> Exit:
    if len(results) < asked:
        return Exit.INCOMPLETE
    if all(result.fixed for result in results):
        return Exit.OK
    return Exit.THRESHOLD_MET if all(result.looked for result in results) else Exit.INCOMPLETE


def _told(result: "Verified") -> str:
    from reports.text import safe_text

    row, after = result.before, result.after
    lines = [safe_text(f"{row.ref}  {row.check_id} on {row.asset}"), f"  before  fail  {safe_text(row.observed)}"]
    if after is None:
        lines.append("  after   nothing came back")
    else:
        lines.append(
            f"  after   {after.outcome.value}  {safe_text(after.observed)}"
            + (f" [{after.reason}]" if after.reason else "")
        )
    lines.append(f"  state   {row.state} -> {result.now.state}")
    if result.refusal:
        lines.append(f"  not accepted as proof: {result.refusal}")
    return "\n".join(lines)


def _as_json(result: "Verified") -> dict[str, Any]:
    after = result.after
    return {
        "ref": result.before.ref,
        "scan": result.scan_id,
        "before": {"outcome": "fail", "observed": result.before.observed, "state": result.before.state},
        "after": {"outcome": after.outcome.value, "observed": after.observed, "reason": after.reason}
        if after
        else None,
        "state": result.now.state,
        "refusal": result.refusal,
    }


def _plain(row: "FindingRow") -> dict[str, Any]:
    return {
        **asdict(row),
        "subject": str(row.subject),
        "first_seen": row.first_seen.isoformat(),
        "last_seen": row.last_seen.isoformat(),
    }
