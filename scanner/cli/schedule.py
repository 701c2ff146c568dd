"""``estatecheck schedule``: when is what scanned, what became of it, and why a host is looked at or not."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, plain_errors, say, table
from scanner.cli.console import app as new_app
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from inventory.asset import Asset
    from inventory.watch import Plan
    from scanner.cli.workbench import Workbench
    from scanner.schedule import Schedule
    from scanner.store.watching.records import JobRun

app = new_app("Schedules of the inventory: when scans run, and what became of them.")
run_app = new_app("Run a schedule out of turn.")
app.add_typer(run_app, name="run")

Inventory = Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")]
Record = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json.")]


@app.command("list")
def list_schedules(inventory: Inventory = None, database: Record = None, format: Shape = "table") -> None:  # noqa: A002
    """Every schedule: when it is due next, and what became of its last run.

    Examples:
      estatecheck schedule list
      estatecheck schedule list --format json
    """
    bench = _bench(inventory, database, format)
    with plain_errors(*_expected()):
        rows = [_row(bench, plan) for plan in bench.estate.watching.plans]
    if format == "json":
        say(json.dumps(rows, indent=2))
        return
    headings = ("schedule", "when", "zone", "groups", "next", "last run", "state", "note")
    say(table(headings, [[row[name] or "-" for name in headings] for row in rows]))


def _row(bench: "Workbench", plan: "Plan") -> dict[str, str]:
    from scanner.schedule import next_due
    from scanner.schedule.plans import schedule_of
    from scanner.service.serve_schedules import BY_HAND

    schedule = schedule_of(plan)
    series = bench.store.series
    runs = [*series.job_runs(plan.id, 1), *series.job_runs(plan.id + BY_HAND, 1)]
    last = max(runs, key=lambda run: run.due_at, default=None)
    following = next_due(schedule, datetime.now(UTC))
    return {
        "schedule": plan.id,
        "when": schedule.trigger.text,
        "zone": plan.zone,
        "groups": " ".join(plan.groups),
        "next": following[0].isoformat() if following else "",
        **_of_run(last),
    }


def _of_run(run: "JobRun | None") -> dict[str, str]:
    if run is None:
        return {"last run": "", "state": "never run", "note": ""}
    scan = f"scan {run.scan_id}" if run.scan_id is not None else ""
    note = run.note if scan and scan in run.note else "; ".join(part for part in (scan, run.note) if part)
    return {
        "last run": datetime.fromtimestamp(run.due_at, UTC).isoformat(timespec="seconds"),
        "state": run.state.value,
        "note": note,
    }


@app.command()
def preview(
    name: Annotated[str | None, typer.Argument(help="One schedule; without it all.")] = None,
    next: Annotated[int, typer.Option("--next", help="So many due times of each, 1 to 1000.")] = 10,  # noqa: A002
    inventory: Inventory = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """The next due times, in the schedule's zone and in UTC.

    Examples:
      estatecheck schedule preview
      estatecheck schedule preview weekly --next 20
    """
    if not 1 <= next <= 1000:
        raise fail(f"--next {next}: allowed is 1 to 1000")
    bench = _bench(inventory, None, format)
    with plain_errors(*_expected()):
        rows = [row for plan in _chosen(bench, name) for row in _due(plan, next)]
    say(json.dumps(rows, indent=2) if format == "json" else table(_DUE, [[row[one] for one in _DUE] for row in rows]))


_DUE = ("schedule", "due", "local", "starts")


def _due(plan: "Plan", count: int) -> list[dict[str, str]]:
    from scanner.schedule import next_due, start_of
    from scanner.schedule.plans import schedule_of

    schedule = schedule_of(plan)
    return [
        {
            "schedule": plan.id,
            "due": due.isoformat(),
            "local": _local(schedule, due),
            "starts": start_of(schedule, due).isoformat(timespec="seconds"),
        }
        for due in next_due(schedule, datetime.now(UTC), count)
    ]


def _local(schedule: "Schedule", due: datetime) -> str:
    local = due.astimezone(schedule.zone)
    return f"{local:%a %Y-%m-%d %H:%M} {local.tzname()}"


@app.command()
def why(
    host: Annotated[str, typer.Argument(help="A host of the inventory.")],
    at: Annotated[str | None, typer.Option(help="An instant such as 2026-12-25T02:30+00:00; without it now.")] = None,
    inventory: Inventory = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Which schedules look at a host, whether they are due at an instant, and whether it may be begun then.

    Examples:
      estatecheck schedule why web1
      estatecheck schedule why web1 --at 2026-12-25T02:30+00:00
    """
    instant = _instant(at)
    bench = _bench(inventory, None, format)
    with plain_errors(*_expected()):
        asset = next((one for one in bench.estate.assets if one.name == host), None)
        if asset is None:
            raise fail(f"{host} is not a host of this inventory; `estatecheck inventory list` shows them")
        rows = [_why(bench, plan, asset, instant) for plan in bench.estate.watching.plans]
    if format == "json":
        say(json.dumps(rows, indent=2))
        return
    if not rows:
        say(f"No schedule looks at {host}: the inventory has none (estatecheck.schedules).")
    for row in rows:
        say(f"{row['schedule']}: {row['text']}")


def _why(bench: "Workbench", plan: "Plan", asset: "Asset", instant: datetime) -> dict[str, object]:
    from inventory.scope import covering
    from scanner.schedule.plans import schedule_of
    from scanner.schedule.why import why as reason
    from scanner.service.serve_plans import gate_of

    if not _concerns(plan, asset):
        text = f"{asset.name} is in none of its groups ({', '.join(plan.groups)})."
        return {"schedule": plan.id, "looks_at_it": False, "text": text}
    schedule, refused = schedule_of(plan), gate_of(plan, bench.estate, lambda: instant)(asset)
    text = reason(schedule, instant)
    if refused and refused not in text:
        text += f" {asset.name} would not be begun then: {refused}."
    if covering(bench.estate, asset, instant.date()) is None:
        text += f" No scope permits looking at {asset.name} on {instant.date()}: the whole run would be refused."
    return {"schedule": plan.id, "looks_at_it": True, "may_begin": not refused, "text": text}


def _concerns(plan: "Plan", asset: "Asset") -> bool:
    return "all" in plan.groups or bool({asset.name, *asset.groups} & set(plan.groups))


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"--at {text}: write an instant such as 2026-12-25T02:30+00:00") from None
    if instant.tzinfo is None:
        raise fail(f"--at {text}: say in which zone, such as {text}+00:00")
    return instant.astimezone(UTC)


@run_app.command("now")
def run_now(
    name: Annotated[str, typer.Argument(help="A schedule of the inventory.")],
    inventory: Inventory = None,
    database: Record = None,
) -> None:
    """Ask the daemon to run a schedule now. Hosts are still begun only in its hours.

    Examples:
      estatecheck schedule run now weekly
    """
    import time

    bench = _bench(inventory, database, "table")
    with plain_errors(*_expected()):
        _chosen(bench, name)
        number = bench.store.series.say("run", name, "", time.time())
        for _ in range(25):  # a daemon looks for words twice a second
            if any(word.id == number and word.handled_at is not None for word in bench.store.series.said(number - 1)):
                say(f"the daemon has taken it: `estatecheck schedule list` shows what becomes of {name}")
                return
            time.sleep(0.2)
        bench.store.series.handle(number, time.time())  # nobody shall find it tomorrow
    raise fail("no daemon answered within 5 s: start `estatecheck serve`, or scan by hand with `estatecheck scan`")


def _chosen(bench: "Workbench", name: str | None) -> "Sequence[Plan]":
    plans = bench.estate.watching.plans
    if name is None:
        return plans
    found = [plan for plan in plans if plan.id == name]
    if not found:
        names = ", ".join(plan.id for plan in plans) or "none"
        raise fail(f"{name} is no schedule of this inventory; it has: {names}")
    return found


def _bench(inventory: str | None, database: str | None, shape: str) -> "Workbench":
    from scanner.cli.workbench import Workbench

    known("--format", shape, SHAPES)
    with plain_errors(SettingsError):
        return Workbench(resolve({"inventory": inventory, "database": database}))


def _expected() -> tuple[type[Exception], ...]:
    from scanner.cli.workbench import EXPECTED
    from scanner.schedule.zones import BadSchedule

    return (*EXPECTED, BadSchedule)
