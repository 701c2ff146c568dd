"""``estatecheck findings``: verify that one is fixed; the other verbs stand in files of their own."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, Exit, known, note, plain_errors, say
from scanner.cli.console import app as group
from scanner.cli.findings_claims import claim, import_claims
from scanner.cli.findings_people import VERBS
from scanner.cli.findings_shown import history, list_findings, show, tick
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    import asyncio

    from checks.finding import CheckRun
    from scanner.service.verify import Verified

app = group("Findings of the record: list, show, history, verify, and what people do to them (docs/findings.md).")
Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]


app.command("list")(list_findings)
app.command("claim")(claim)
app.command("import-claims")(import_claims)
for _verb in VERBS:
    app.command(_verb.__name__.replace("_", "-"))(_verb)
app.command("show")(show)
app.command("history")(history)
app.command("tick")(tick)


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
    """Before and after: side by side on a terminal, one below the other in a file or a pipe."""
    from reports.text import safe_text
    from scanner.cli.side_by_side import columns

    row, after = result.before, result.after
    said = ("nothing came back", "") if after is None else (_outcome(after), after.observed)
    lines = [safe_text(f"{row.ref}  {row.check_id} on {row.asset}")]
    if sys.stdout.isatty():
        before = [f"scan {row.last_fail_scan}, {row.last_seen:%Y-%m-%d %H:%M} UTC", "fail", row.observed, row.state]
        now = [f"scan {result.scan_id}", *said, result.now.state]
        lines += columns(("before", before), ("after", now), ("", "outcome", "observed", "state"))
    else:
        lines.append(f"  before  fail  {safe_text(row.observed)}")
        lines.append(f"  after   {said[0]}  {safe_text(said[1])}".rstrip())
        lines.append(f"  state   {row.state} -> {result.now.state}")
    if result.refusal:
        lines.append(f"  not accepted as proof: {result.refusal}")
    return "\n".join(lines)


def _outcome(after: "CheckRun") -> str:
    return after.outcome.value + (f" [{after.reason}]" if after.reason else "")


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
