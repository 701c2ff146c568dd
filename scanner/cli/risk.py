"""``estatecheck risk``: the rules of risk, and how the risk of one finding came about."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scanner.cli.console import SHAPES, known, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.risk_explained import Explained

app = group("Risk: the rules, and how the risk of one finding came about.")
Database = Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")]
Shape = Annotated[str, typer.Option("--format", help="table or json")]


@app.command()
def explain(ref: str, database: Database = None, format: Shape = "table") -> None:  # noqa: A002
    """Show severity and risk of one finding, with every rule that fired, as of the scan that saw it last.

    Example: estatecheck risk explain EC-0001
    """
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.risk_explained import explain as explained

    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        found = explained(bench.store, ref, bench.catalogue)
    say(json.dumps(as_json(found), indent=2) if format == "json" else "\n".join(told(found)))


@app.command("rules")
def list_rules(
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List the rules in force: those that ship, under the organisation's own file where the inventory names one.

    Example: estatecheck risk rules
    """
    from checks.risk_rules import as_text, shipped
    from checks.risk_rules import table as rows
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.policies import risk_rules

    known("--format", format, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory})
    with plain_errors(*EXPECTED):
        path = settings.path("inventory")
        rules = risk_rules(Workbench(settings).estate.policy) if path and path.exists() else shipped()
    if format == "json":
        say(json.dumps({**json.loads(as_text(rules)), "digest": rules.digest}, indent=2))
        return
    off = dict(rules.off)
    cells = [(one.id, one.when, f"off: {off[one.id]}" if one.id in off else one.effect) for one in rows(rules)]
    say(table(("rule", "when", "effect"), cells))
    say(f"version {rules.version} of {rules.day}, {rules.source}; sha256 {rules.digest}")


def told(found: "Explained") -> list[str]:
    """As text, for ``findings show`` too."""
    from checks.risk import lines_of
    from reports.text import prose, safe_text

    occurrence = found.occurrence
    risk = occurrence.risk
    return [
        safe_text(f"{occurrence.ref}  {prose(found.issue.title)} on {occurrence.asset}"),
        *(f"  {safe_text(line)}" for line in (lines_of(risk) if risk else ())),
        safe_text(f"  by the rules version {found.rules.version} of {found.rules.day}, as of scan {found.scan}"),
    ]


def as_json(found: "Explained") -> dict[str, Any]:
    from reports.risk_data import of_risk, rules_in

    occurrence = found.occurrence
    return {
        "ref": occurrence.ref,
        "asset": occurrence.asset,
        "check_id": found.issue.check.id,
        "scan": found.scan,
        "risk": of_risk(occurrence.risk) if occurrence.risk else None,
        "rules": rules_in(found.rules),
    }
