"""``estatecheck checks``: list, show and test what the scanner can judge."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import app as group
from scanner.cli.console import fail, note, plain_errors, say, table

if TYPE_CHECKING:
    from checks.check import Check

app = group("The catalogue of checks: list, show, test.")
Pattern = Annotated[str, typer.Argument(metavar="[GLOB]", help="Only ids that match, e.g. 'linux.ssh.*'.")]


@app.command("list")
def list_checks(
    pattern: Pattern = "",
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
) -> None:
    """List the checks.

    Example: estatecheck checks list 'linux.ssh.*'
    """
    if format not in ("table", "json"):
        raise fail(f"--format {format}: allowed is table, json")
    found = _matching(pattern)
    if format == "json":
        say(json.dumps([_plain(check) for check in found], indent=2))
    else:
        rows = [(c.id, c.severity, c.privilege, "yes" if c.default else "no", c.title) for c in found]
        say(table(("id", "severity", "privilege", "default", "title"), rows))


@app.command()
def show(id: Annotated[str, typer.Argument(metavar="ID", help="The id of a check.")]) -> None:  # noqa: A002
    """Show everything about one check.

    Example: estatecheck checks show linux.ssh.permit-root-login
    """
    from checks.document import nearest

    known = {check.id: check for check in _matching("")}
    if id not in known:
        raise fail(f'there is no check "{id}"{nearest(id, list(known))}')
    say("\n".join(_described(known[id])))


@app.command("test")
def try_checks(pattern: Pattern = "") -> None:
    """Run every example and try to break every rule; exit with 1 when an example fails or a fault goes unnoticed.

    Example: estatecheck checks test 'linux.ssh.*'
    """
    from checks.mutation import problems

    found = _matching(pattern)
    wrong = [line for check in found for line in problems(check)]
    for line in wrong:
        say(line)
    note(f"{len(found)} checks tested, {len(wrong)} problems")
    if wrong:
        raise typer.Exit(1)


def _matching(pattern: str) -> tuple["Check", ...]:
    from checks.catalogue import CatalogueError, catalogue, matching

    with plain_errors(CatalogueError):
        found = matching(catalogue(), pattern)
    if not found:
        raise fail(f'no check matches "{pattern}"; `estatecheck checks list` shows all of them')
    return found


def _plain(check: "Check") -> dict[str, Any]:
    remedy = {name: getattr(check.remedy, name) for name in ("text", "steps", "verify", "risk")}
    names = ("id", "title", "severity", "theme", "rationale", "needs", "privilege", "version", "references", "default")
    return {name: getattr(check, name) for name in names} | {"remediation": remedy, "source": check.source}


def _described(check: "Check") -> list[str]:
    facts = [
        f"{check.id}: {check.title}",
        f"severity {check.severity}; {check.theme}; version {check.version}; in {check.source}",
        f"needs {', '.join(check.needs)}, read as {check.privilege}",
    ]
    if not check.default:
        facts.append("off by default: ask for it with --check")
    remedy = check.remedy
    steps = [f"  {number}. {step}" for number, step in enumerate(remedy.steps, 1)]
    ends = [f"Verify: {remedy.verify}"] * bool(remedy.verify) + [f"Risk: {remedy.risk}"] * bool(remedy.risk)
    sources = [f"References: {', '.join(check.references)}"] * bool(check.references)
    return [*facts, "", check.rationale, "", f"Remedy: {remedy.text}", *steps, *ends, *sources]
