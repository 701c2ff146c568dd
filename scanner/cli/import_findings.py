"""``estatecheck import findings``: take in what other tools and testers reported."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, fail, known, plain_errors, say
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.import_findings import Outcomes

MOST_SHOWN = 20


def findings(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Nessus, OpenVAS, nmap, XCCDF/ARF, lynis, testssl, sslyze, ssh-audit, trivy, SARIF, DefectDojo "
            "generic, or a person's findings as YAML or CSV.",
        ),
    ],
    supplied_by: Annotated[str, typer.Option(help="Who supplied it.")],
    tool: Annotated[str, typer.Option(help="The format of the files; without it they are recognised.")] = "",
    host: Annotated[str, typer.Option("--as", help="The host of the inventory that all of it is of.")] = "",
    tester: Annotated[str, typer.Option(help="The person who reported it.")] = "",
    collected_at: Annotated[str, typer.Option(help="When, where the file tells no time: 2026-11-20T14:30+00:00.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it; store nothing.")] = False,
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """Take in what another tool or a tester reported, into the same life of findings.

    The same file twice changes nothing. That a file does not name a finding closes nothing.

    Examples:
      estatecheck import findings office.nessus --supplied-by Larkspur
      estatecheck import findings pentest.yaml --supplied-by Kestrel --tester "Rowan Ashdown"
      estatecheck import findings trivy.json --as web-1 --supplied-by Larkspur --dry-run
    """
    known("--format", format, SHAPES)
    at = _moment(collected_at) if collected_at else None
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.importers.findings import FORMATS
    from scanner.importers.imported import MAX_BYTES
    from scanner.importers.supplied import ImportRefused
    from scanner.service.import_findings import FindingsImportError, SuppliedFindings, import_findings

    if tool:
        known("--tool", tool, tuple(FORMATS))
    done: list[tuple[str, Outcomes]] = []
    with plain_errors(*EXPECTED, ImportRefused, FindingsImportError):
        bench = Workbench(settings)
        for file in files:
            given = SuppliedFindings(file.name, _read(file, MAX_BYTES), supplied_by, tool, host, tester, at)
            came = import_findings(bench.store, bench.estate, bench.basis(), given, datetime.now(UTC), dry_run=dry_run)
            done.append((file.name, came))
            if format == "table":
                say("\n".join(_lines(file.name, came, dry_run=dry_run)))
    if format == "json":
        say(json.dumps([_as_json(name, came) for name, came in done], indent=2))


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


def _lines(name: str, came: "Outcomes", *, dry_run: bool) -> Iterator[str]:
    from reports.text import count, safe_text

    yield safe_text(
        f"{name}: {came.format}, {came.tool} {came.version}".rstrip() + f", of {came.at:%Y-%m-%d %H:%M} UTC"
    )
    yield from (f"note: {safe_text(sentence, 300)}" for sentence in came.notes)
    if came.already and not came.scan_id and not dry_run:
        yield f"this file was taken in already by scan {came.already}; nothing was changed"
    yield f"hosts: {len(came.matched):,} matched, {len(came.unmatched):,} not matched"
    yield from _some([f"  not matched: {one.label or '(no name)'}: {one.why}" for one in came.unmatched])
    yield f"{'would be new' if dry_run else 'new'}: {count(len(came.new), 'finding')}, seen again: {came.seen_again:,}"
    if dry_run:
        yield from _some([f"  {line}" for line in came.new])
    if came.reopened:
        yield f"came back after a fix: {', '.join(came.reopened)}"
    if came.fixed:
        yield f"proven gone by the same rule of the tool: {', '.join(came.fixed)}"
    yield from _some([f"  {ref} passed, which closes nothing: {why}" for ref, why in came.not_proven.items()])
    yield f"not assessed: {len(came.not_assessed):,}, informational and left in the file: {came.informational:,}"
    yield from _some([f"  {asset}: {check}: {why}: {said}" for asset, check, why, said in came.not_assessed])
    if came.scan_id:
        yield f"its report: estatecheck report --scan {came.scan_id}"


def _some(lines: list[str]) -> Iterator[str]:
    from reports.text import safe_text

    yield from (safe_text(line, 200) for line in lines[:MOST_SHOWN])
    if len(lines) > MOST_SHOWN:
        yield f"  ... and {len(lines) - MOST_SHOWN:,} more (--format json)"


def _as_json(name: str, came: "Outcomes") -> dict[str, Any]:
    return {
        "file": name,
        "scan": came.scan_id or None,
        "already_taken_in_by": came.already or None,
        "format": came.format,
        "tool": came.tool,
        "version": came.version,
        "at": came.at.isoformat(),
        "matched": list(came.matched),
        "unmatched": [{"host": one.label, "why": one.why, "failing": one.results} for one in came.unmatched],
        "failing": came.failing,
        "new": list(came.new),
        "seen_again": came.seen_again,
        "reopened": list(came.reopened),
        "fixed": list(came.fixed),
        "not_accepted_as_proof": dict(came.not_proven),
        "not_assessed": [
            {"asset": asset, "check": check, "reason": why, "said": said}
            for asset, check, why, said in came.not_assessed
        ],
        "informational": came.informational,
        "notes": list(came.notes),
    }
