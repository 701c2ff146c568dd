"""``estatecheck import packages``: judge a package list that somebody supplied."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, fail, known, plain_errors, say
from scanner.cli.console import app as group
from scanner.cli.import_findings import findings
from scanner.cli.import_snapshot import snapshot
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.import_packages import Imported

app = group("Take in what others supply: snapshots, package lists, SBOMs, what other tools and testers found.")
app.command()(findings)
app.command()(snapshot)
MOST_SHOWN = 20


@app.callback()
def _group() -> None:
    """Take in what others supply: snapshots, package lists, SBOMs, what other tools and testers found."""


@app.command()
def packages(
    file: Annotated[Path, typer.Argument(help="dpkg-query -W, dpkg status, rpm -qa, apk, CycloneDX or SPDX JSON.")],
    host: Annotated[str, typer.Option("--as", help="The host of the inventory that it is of.")],
    supplied_by: Annotated[str, typer.Option(help="Who supplied it.")],
    collected_at: Annotated[str, typer.Option(help="When it was taken: 2026-11-20 or 2026-11-20T14:30+00:00.")],
    os_release: Annotated[
        str, typer.Option("--os", help="The release, as its os-release names it, e.g. debian:12, rhel:8.9.")
    ] = "",
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Judge a package list of a host that nobody can log in to.

    It raises findings like a scan does. It never proves a fix: whoever supplies a list could supply any.

    Examples:
      estatecheck import packages dpkg.txt --as db-7 --os debian:12 --supplied-by Larkspur --collected-at 2026-11-20
      estatecheck import packages sbom.cdx.json --as kiosk-3 --supplied-by Kestrel --collected-at 2026-11-20T14:30+00:00
    """
    known("--format", format, SHAPES)
    at = _moment(collected_at)
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.importers.supplied import MAX_BYTES, ImportRefused
    from scanner.service.import_packages import Supplied, SupplyError, import_packages

    with plain_errors(*EXPECTED, ImportRefused, SupplyError):
        bench = Workbench(settings)
        supplied = Supplied(host, file.name, _read(file, MAX_BYTES), supplied_by, at, os_release.lower())
        done = import_packages(bench.store, bench.estate, bench.basis(), bench.advisories, supplied, datetime.now(UTC))
    say(_as_json(done) if format == "json" else "\n".join(_lines(done, supplied_by, at)))


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise fail(f"--collected-at {text[:40]!r} is no time; write 2026-11-20 or 2026-11-20T14:30+00:00") from fault
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(most + 1)
    except OSError as fault:
        raise fail(f"{file} cannot be read: {fault.strerror}") from fault


def _lines(done: "Imported", supplied_by: str, at: datetime) -> Iterator[str]:
    from checks.finding import Outcome
    from reports.text import safe_text

    count = len(done.list.packages.items)
    yield safe_text(f"{done.asset.name}: {count:,} packages of {done.release}, read as {done.list.format}")
    yield safe_text(
        f"supplied by {supplied_by}, collected {at:%Y-%m-%d %H:%M %Z}; it supports a claim, it proves no fix"
    )
    yield from (f"note: {safe_text(sentence)}" for sentence in done.list.notes)
    failed = [run for run in done.runs if run.outcome is Outcome.FAIL]
    failed.sort(key=lambda run: done.severity_of(run).rank)
    for run in failed[:MOST_SHOWN]:
        yield safe_text(f"  {done.severity_of(run).value:<8}  {run.check_id}  {run.subject}: {run.observed}", 160)
    if len(failed) > MOST_SHOWN:
        yield f"  ... and {len(failed) - MOST_SHOWN:,} more (--format json)"
    outcomes = Counter(run.outcome.value.replace("_", " ") for run in done.runs)
    yield "outcomes: " + ", ".join(f"{number:,} {name}" for name, number in sorted(outcomes.items()))
    yield f"its report: estatecheck report --scan {done.scan_id}"


def _as_json(done: "Imported") -> str:
    told: dict[str, Any] = {
        "scan": done.scan_id,
        "host": done.asset.name,
        "release": done.release,
        "format": done.list.format,
        "packages": len(done.list.packages.items),
        "notes": list(done.list.notes),
        "opened": list(done.saved.opened),
        "not_accepted_as_proof": dict(done.saved.refused),
        "runs": [
            {
                "check": run.check_id,
                "outcome": run.outcome.value,
                "subject": {"kind": run.subject.kind, "key": run.subject.key},
                "severity": done.severity_of(run),
                "observed": run.observed,
                "members": [{"id": m.id, "verdict": m.verdict, "severity": m.severity} for m in run.members],
            }
            for run in done.runs
        ],
    }
    return json.dumps(told, indent=2)
