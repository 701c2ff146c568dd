"""``estatecheck scan``: look, judge, store, tell."""

import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say
from scanner.cli.report_branding import as_named
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    import asyncio

    from reports.report import ReportData
    from scanner.cli.workbench import Workbench
    from scanner.service.plan import Plan
    from scanner.service.scan import Job, Scanned

T = TypeVar("T")
SEVERITIES = ("critical", "high", "medium", "low", "info")


def scan(
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    limit: Annotated[
        list[str] | None, typer.Option(help="Only hosts or groups that match, e.g. 'web*'. Repeatable.")
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option(help="Only checks that match, e.g. 'linux.ssh.*'. Repeatable.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be looked at; connect to nothing.")
    ] = False,
    fail_on: Annotated[str | None, typer.Option(help="Exit with 1 when a finding is at least this severe.")] = None,
    max_unreachable: Annotated[int | None, typer.Option(help="Assets that may stay unseen before exit code 3.")] = None,
    trust_new: Annotated[bool, typer.Option("--trust-new", help="Pin host keys met for the first time.")] = False,
    workers: Annotated[int | None, typer.Option(help="Hosts looked at at once (1 to 128).")] = None,
    per_subnet: Annotated[int | None, typer.Option(help="Hosts of one /24 at once.")] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Folder for report.html and report.json.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="Summary on stdout: table or json.")] = "table",  # noqa: A002
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    authorised_by: Annotated[
        str | None, typer.Option(help="Who permits this scan, where the inventory has no scope; recorded with it.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Ticket or letter of that permission.")] = "",
) -> None:
    """Scan the estate and write the report.

    Examples:
      estatecheck scan
      estatecheck scan -i my-estate.yaml --limit web --fail-on high
      estatecheck scan --check 'linux.ssh.*' --dry-run
    """
    if fail_on is not None:
        known("--fail-on", fail_on, SEVERITIES)
    known("--format", format, SHAPES)
    flags = {"inventory": inventory, "workers": workers, "per_subnet": per_subnet, "max_unreachable": max_unreachable}
    with plain_errors(SettingsError):
        settings = resolve({**flags, "output": output, "database": database})
    permission = (authorised_by, reference) if authorised_by else None
    raise typer.Exit(_scan(settings, limit or (), check or (), dry_run, fail_on, trust_new, format, quiet, permission))


def _scan(
    settings: Settings,
    limit: Sequence[str],
    globs: Sequence[str],
    dry_run: bool,
    fail_on: str | None,
    trust_new: bool,
    shape: str,
    quiet: bool,
    permission: tuple[str, str] | None,
) -> int:
    from scanner.cli.workbench import EXPECTED, Workbench

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        if permission or not bench.estate.scopes:
            given = permission or _asked_permission(bench.estate.name, len(bench.estate.assets))
            if given:
                bench.permit(*given)
        planned = bench.plan(limit, globs)
        if dry_run:
            say(_dry(planned, shape))
            return Exit.OK
        bench.try_output()
        job = bench.job(planned, trust_new=trust_new, options=_options(limit, globs))
        bench.tell_lost()
        with interruptible():
            scanned = run_with_progress(job, quiet)
            data = _told(bench, scanned.scan_id, shape)
    return _exit_code(data, scanned, fail_on, settings.number("max_unreachable"))


def _asked_permission(estate: str, hosts: int) -> tuple[str, str] | None:
    """Without a scope a person at the terminal is asked who permits the scan; elsewhere it is refused."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    note(f"The inventory does not say who permitted scanning {estate} (hosts: {hosts}). The answer is recorded.")
    who = _prompt("Authorised by (name and role; empty: do not scan)")
    return (who, _prompt("Reference (ticket, letter)")) if who else None


def _prompt(text: str) -> str:
    return str(typer.prompt(text, default="", show_default=False, err=True)).strip()


def _told(bench: "Workbench", scan_id: int, shape: str) -> "ReportData":
    """Write the reports and the summary. Whatever goes wrong from here on, the scan is in the record."""
    from scanner.cli.workbench import EXPECTED

    again = f"scan {scan_id} is stored; to make its report again: estatecheck report --scan {scan_id}"
    try:
        data = as_named(bench.report(bench.store, scan_id))
        written = bench.write(data)
        say(bench.summary(data, shape, written))
    except EXPECTED as fault:
        raise fail(f"{fault}; {again}", Exit.INCOMPLETE) from fault
    return data


def run_with_progress(job: "Job", quiet: bool) -> "Scanned":
    """Run the scan; Ctrl-C ends it cleanly: running visits are dropped, what was stored is kept and reported."""
    from scanner.cli.progress import progress_for
    from scanner.service.scan import scan as run

    with progress_for(len(job.plan.errands), quiet=quiet) as watcher:
        return run_stoppable(lambda stop: run(job, watcher, stop))


def run_stoppable(work: "Callable[[asyncio.Event], Awaitable[T]]") -> T:
    """Run something that looks at hosts. SIGINT and SIGTERM ask it to stop; asking again changes nothing: it is quick.

    Ends with exit code 3 when the record could not be written in the middle of it.
    """
    import asyncio

    from scanner.service.scan import ScanCutShort

    askers: list[Callable[[], object]] = []

    async def guarded() -> T:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def ask() -> None:
            if not stop.is_set():
                note("estatecheck: stopping; what was collected so far is kept")
            stop.set()

        askers.append(lambda: loop.call_soon_threadsafe(ask))
        return await work(stop)

    def heard(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended by itself
            for asker in askers:
                asker()

    try:
        with signals_to(heard):
            return asyncio.run(guarded())
    except ScanCutShort as fault:
        raise fail(str(fault), Exit.INCOMPLETE) from fault


class Interrupted(BaseException):
    """A signal while a report is written. A KeyboardInterrupt could end the process by the signal, not by a code."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """A signal ends the block with one sentence and exit code 3: the scan itself is stored."""

    def heard(*_: object) -> None:
        raise Interrupted

    try:
        with signals_to(heard):
            yield
    except Interrupted as fault:
        raise fail("interrupted; the scan is stored; its report: estatecheck report", Exit.INCOMPLETE) from fault


@contextlib.contextmanager
def signals_to(heard: Callable[..., object]) -> Iterator[None]:
    import signal

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _options(limit: Sequence[str], globs: Sequence[str]) -> dict[str, str]:
    given = {"limit": " ".join(limit), "check": " ".join(globs)}
    return {name: value for name, value in given.items() if value}


def _dry(plan: "Plan", shape: str) -> str:
    import json

    from scanner.cli.console import table

    rows = [[a.name, a.connection.way, a.connection.address, str(a.connection.port)] for a in plan.assets]
    if shape == "json":
        return json.dumps({"assets": [row[0] for row in rows], "checks": [check.id for check in plan.checks]}, indent=2)
    sections = ", ".join(probe.name for probe in plan.errands[0].probes)
    return "\n".join(
        (
            table(("host", "way", "address", "port"), rows),
            "",
            f"{len(rows)} assets, {len(plan.checks)} checks, one visit each; nothing was contacted.",
            f"Permitted by: {'; '.join(f'{s.authorised_by} ({s.reference})' for s in plan.scopes)}",
            f"Sections of the visit: {sections}",
        )
    )


def _exit_code(data: "ReportData", scanned: "Scanned", fail_on: str | None, may_be_unseen: int) -> int:
    if scanned.state.value != "complete" or scanned.unseen > may_be_unseen:
        return Exit.INCOMPLETE
    if fail_on and any(issue.severity.rank <= SEVERITIES.index(fail_on) for issue in data.issues):
        return Exit.THRESHOLD_MET
    return Exit.OK


def show(path: Path) -> str:
    """A path as the reader would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def terminal_width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size((80, 24)).columns) if sys.stdout.isatty() else 80
