"""``estatecheck accreditation``: the verdict by the policy's rules, what would change it, and who signed what."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, plain_errors, say, table
from scanner.cli.console import app as group
from scanner.cli.decided import As, Database, Key, Passphrase, Reason, Shape, Until, day, desk, one_line, record
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from checks.accreditation import Accreditation
    from scanner.service.accredit import Recorded, Told

app = group("Accreditation: the verdict, what would change it, and who decided.")
WORDS = ("accredit", "conditions", "downgrade", "withdraw", "insufficient")
Subject = Annotated[str, typer.Argument(help="A service of the inventory; the estate if left out.")]
Scan = Annotated[int | None, typer.Option("--scan", help="A scan's number; the latest full scan if left out.")]
MOST = 20  # issues named in one sentence


@app.command()
def show(
    subject: Subject = "estate",
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Show the verdict: each rule, what was measured, what is needed, and whether it holds.

    Example: estatecheck accreditation show case-file
    """
    from reports.text import safe_text
    from reports.verdict import because, measured, threshold
    from reports.verdict_chapter import carried, policy_line

    found, one = _found(subject, scan, database, format)
    if format == "json":
        say(_json(found, one))
        return
    say(safe_text(f"{one.name}, scan {found.data.scan_id}: {one.verdict.value}. {because(one)}"))
    rows = [
        (
            "yes" if line.holds else "NO",
            safe_text(line.rule.id),
            safe_text(measured(line)),
            threshold(line.rule),
            "gate" if line in one.gate else line.rule.otherwise.value,
        )
        for line in (*one.gate, *one.rules)
    ]
    say(table(("holds", "rule", "measured", "needed", "otherwise"), rows))
    for sentence in (carried(found.data), policy_line(found.verdicts.policy)):
        if sentence:
            say(sentence)


@app.command("what-if")
def what_if(
    subject: Subject = "estate",
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Tell the fewest issues to fix for each better verdict; where that is not proven, it says so.

    Example: estatecheck accreditation what-if case-file
    """
    from reports.verdict import what_if as sentences

    found, one = _found(subject, scan, database, format)
    if format == "json":
        say(_json(found, one))
        return
    told = list(sentences(one, found.verdicts.titles, MOST))
    for sentence in told or [f"{one.verdict.value}: fixing findings makes it no better."]:
        say(sentence)


@app.command()
def sign(
    as_: As,
    subject: Subject = "estate",
    key: Key = None,
    passphrase: Passphrase = None,
    accept: Annotated[bool, typer.Option("--accept", help="Accept the verdict that the rules give.")] = False,
    decide: Annotated[
        str | None, typer.Option(help="Decide otherwise: accredit, conditions, downgrade, withdraw or insufficient.")
    ] = None,
    reason: Reason = "",
    until: Until = None,
    scan: Scan = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Sign a decision on a verdict with the accreditor's key. The verdict and the decision are both kept.

    Examples:
      estatecheck accreditation sign case-file --accept --as accreditor --key acc.key --until 2027-03-31
      estatecheck accreditation sign --decide conditions --reason "..." --as accreditor --key acc.key
    """
    from checks.accreditation_rules import Verdict
    from checks.catalogue import CatalogueError, catalogue
    from scanner.service.accredit import sign as signed
    from scanner.service.accredit import told

    known("--format", format, SHAPES)
    if accept == (decide is not None):
        raise fail("say --accept to accept the verdict, or --decide WORD to decide otherwise; one of the two")
    word: Verdict | None = Verdict[known("--decide", decide, WORDS).upper()] if decide else None
    last = day("--until", until)
    with one_line(), plain_errors(CatalogueError):
        place = desk(database, as_, key, passphrase)
        done = signed(place, told(place.store, catalogue(), scan), subject, word, reason, last)
    say(json.dumps(_plain(done), indent=2) if format == "json" else _sentence(done))


@app.command()
def history(
    subject: Annotated[str, typer.Argument(help="A service, or estate; everything if left out.")] = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """List every decision that was signed, oldest first, with the verdict that the rules had given.

    Example: estatecheck accreditation history case-file
    """
    from scanner.service.accredit import history as decisions

    known("--format", format, SHAPES)
    with one_line():
        found = list(decisions(record(database), subject))
    if format == "json":
        say(json.dumps([_plain(one) for one in found], indent=2))
        return
    for one in found:
        say(_sentence(one))
    if not found:
        say("Nobody has signed a decision yet.")


def _found(subject: str, scan: int | None, database: str | None, shape: str) -> "tuple[Told, Accreditation]":
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.accredit import told

    known("--format", shape, SHAPES)
    with plain_errors(SettingsError):
        settings = resolve({"database": database})
    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        found = told(bench.store, bench.catalogue, scan)
        return found, found.of(subject)


def _json(found: "Told", one: "Accreditation") -> str:
    from reports.verdict_data import plain

    told = plain(found.verdicts)
    mine = next(each for each in (told["estate"], *told["services"]) if each["subject"] == one.subject)
    return json.dumps({"scan": found.data.scan_id, "policy": told["policy"], **mine}, indent=2)


def _plain(one: "Recorded") -> dict[str, object]:
    said = one.decision
    return {
        "event": one.seq,
        "at": one.at.isoformat(),
        "actor": one.actor,
        "subject": said.subject,
        "scan": said.scan,
        "computed": said.computed.value,
        "ceiling": said.ceiling.value,
        "decided": said.decided.value,
        "override": said.overrides,
        "reason": said.reason,
        "until": said.until.isoformat() if said.until else None,
        "policy": said.policy,
        "evidence_root": said.evidence_root,
    }


def _sentence(one: "Recorded") -> str:
    from reports.text import safe_text

    said = one.decision
    against = f", against the rules' {said.computed.value}" if said.overrides else ", as the rules say"
    reason = f": {said.reason}" if said.reason else ""
    until = f", until {said.until}" if said.until else ""
    return safe_text(
        f"{one.at:%Y-%m-%d %H:%M} UTC  {said.subject}, scan {said.scan}: {said.decided.value}{against}{until}; "
        f"signed by {one.actor} (event {one.seq}){reason}"
    )
