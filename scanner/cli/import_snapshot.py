"""``estatecheck import snapshot``: take in what machines collected about themselves."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say
from scanner.cli.settings import Settings, SettingsError, resolve
from scanner.service.worker_process import ahead

if TYPE_CHECKING:
    from scanner.cli.workbench import Workbench
    from scanner.service.intake.taking import Judging, Result

MOST_FILES = 200_000


def snapshot(
    files: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...", help="Snapshots, or folders of them.")],
    supplied_by: Annotated[str, typer.Option(help="Who supplied them.")],
    host: Annotated[str, typer.Option("--as", help="The host of the inventory that they are of.")] = "",
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table, json or jsonl")] = "table",  # noqa: A002
) -> None:
    """Judge snapshots: what the scripts of `estatecheck collect` printed on machines that nobody can log in to.

    A line for each file; what is wrong with one stops no other. The same file again changes nothing. Snapshots raise
    findings like a scan does, and never prove a fix: whoever supplies one could supply any. Exit code 3: some were
    refused; 2: all were.

    Examples:
      estatecheck import snapshot pc-7.json --supplied-by Larkspur
      estatecheck import snapshot /srv/snapshots --supplied-by Larkspur --format jsonl
      estatecheck import snapshot new-board.json --as pc-7 --supplied-by Larkspur
    """
    known("--format", format, (*SHAPES, "jsonl"))
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    paths = list(_paths(files))
    with ahead(len(paths)):
        results = _taken(settings, paths, host, supplied_by, format)
    if format == "json":
        say(json.dumps([as_json(one) for one in results], indent=2))
    elif format == "table":
        say("\n".join(_summary(results)))
    raise typer.Exit(int(_exit(results)))


def _taken(settings: Settings, paths: Sequence[Path], host: str, supplied_by: str, shape: str) -> "list[Result]":
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.intake.taking import of_files, take

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        return take(
            bench.store,
            bench.estate,
            judging_of(bench, supplied_by),
            tuple(of_files(paths, host)),
            lambda one: _tell(one, shape),
        )


def judging_of(bench: "Workbench", supplied_by: str) -> "Judging":
    """Today's checks and feeds."""
    from scanner.service.intake.taking import Judging

    return Judging(bench.basis(), bench.advisories, bench.order, supplied_by)


def _paths(files: Sequence[Path]) -> Iterator[Path]:
    """Of folders every file beside those that are hidden, by name; not of folders within. Ends with exit code 2."""
    count = 0
    for file in files:
        try:
            if file.is_dir():
                found = sorted(one for one in file.iterdir() if not one.name.startswith(".") and one.is_file())
            else:
                found = [file]
        except OSError as fault:
            raise fail(f"{file} cannot be read: {fault.strerror}") from fault
        count += len(found)
        if count > MOST_FILES:
            raise fail(f"more than {MOST_FILES:,} files: give them in parts")
        yield from found


def _tell(one: "Result", shape: str) -> None:
    from reports.text import safe_text

    if shape == "jsonl":
        say(json.dumps(as_json(one)))
    elif shape == "table":
        say(safe_text(_line(one), 400))
    elif one.why:
        note(safe_text(f"{one.label}: {one.why}", 400))


def _line(one: "Result") -> str:
    if one.why:
        return f"{one.label}: {one.took}: {one.why}"
    notes = "".join(f"; {note}" for note in one.notes)
    at = f"{one.collected_at:%Y-%m-%d %H:%M} UTC" if one.collected_at else ""
    return f"{one.label}: {one.host}, of {at}: {one.failing} failing, {one.not_assessed} not assessed{notes}"


def _summary(results: Sequence["Result"]) -> Iterator[str]:
    from scanner.service.intake.taking import Took

    counts = Counter(one.took for one in results)
    yield f"{len(results):,} snapshots: " + ", ".join(f"{counts[took]:,} {took}" for took in Took)
    if taken := [one for one in results if one.took is Took.TAKEN]:
        opened, back = (sum(len(getattr(one, which)) for one in taken) for which in ("opened", "regressed"))
        yield f"findings: {opened:,} new or seen again, {back:,} came back; a snapshot proves no fix"
        yield from (f"its report: estatecheck report --scan {scan}" for scan in sorted({one.scan_id for one in taken}))


def _exit(results: Sequence["Result"]) -> Exit:
    from scanner.service.intake.taking import Took

    refused = sum(one.took is Took.REFUSED for one in results)
    if not refused:
        return Exit.OK
    return Exit.USAGE if refused == len(results) else Exit.INCOMPLETE


def as_json(one: "Result") -> dict[str, Any]:
    return {
        "file": one.label,
        "result": one.took.value,
        "why": one.why,
        "host": one.host,
        "scan": one.scan_id or None,
        "collected_at": one.collected_at.isoformat() if one.collected_at else None,
        "sha256": one.sha256,
        "notes": list(one.notes),
        "failing": one.failing,
        "not_assessed": one.not_assessed,
        "opened": list(one.opened),
        "came_back": list(one.regressed),
        "not_accepted_as_proof": one.not_proven,
    }
