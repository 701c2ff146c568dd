"""``estatecheck findings``: the verbs with which people move a finding. Each signs with its role's key."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from checks.actions import Action
from scanner.cli.console import SHAPES, fail, known
from scanner.cli.decided import (
    As,
    Database,
    Evidence,
    Key,
    Passphrase,
    Reason,
    Reference,
    Shape,
    Until,
    day,
    desk,
    moment,
    one_line,
    speak,
    tell,
)

Ref = Annotated[str, typer.Argument(help="The finding, e.g. EC-0001.")]


def withdraw_claim(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Take a claim back: it was not fixed after all.

    Example: estatecheck findings withdraw-claim EC-0001 --as supplier:acme --key acme.key --reason "rolled back"
    """
    speak(ref, (database, as_, key, passphrase), Action.WITHDRAW_CLAIM, format, reason=reason)


def accept(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    until: Until = None,
    owner: Annotated[str, typer.Option(help="Who owns the risk from then on.")] = "",
    reference: Reference = "",
    evidence: Evidence = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Ask that a risk be accepted (supplier, operator), or grant that request (accreditor).

    The accreditor grants what somebody else asked for, never for longer; refusing is `findings decide --refuse`.
    It opens again by itself when it expires, is listed as exploited, is rated higher or stands on more assets.

    Examples:
      estatecheck findings accept EC-0001 --as operator --key op.key --owner "J. Roe" --until 2026-12-31 --reason "..."
      estatecheck findings accept EC-0001 --as accreditor --key acc.key --reason "behind the gateway until the move"
    """
    if as_ == "accreditor":
        decide(ref, as_, key, passphrase, grant=True, reason=reason, until=until, database=database, format=format)
        return
    asked = {"owner": owner}
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.REQUEST_ACCEPTANCE,
        format,
        reason=reason,
        reference=reference,
        until=day("--until", until),
        evidence=evidence,
        more=asked,
    )


def decide(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    grant: Annotated[bool | None, typer.Option("--grant/--refuse", help="What you decide.")] = None,
    reason: Reason = "",
    until: Until = None,
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Answer what waits: an acceptance (accreditor), a false positive (assessor), a pause, going out of service.

    Nobody answers what he asked for himself. `findings show` tells what waits.

    Example: estatecheck findings decide EC-0001 --refuse --as accreditor --key acc.key --reason "patch it"
    """
    from checks.catalogue import CatalogueError, catalogue
    from scanner.cli.console import plain_errors
    from scanner.service.decide import Rated, answer

    known("--format", format, SHAPES)
    if grant is None:
        raise fail("say --grant or --refuse")
    last = day("--until", until)
    with one_line(), plain_errors(CatalogueError):
        place = desk(database, as_, key, passphrase)
        rated = Rated.by(catalogue())
        recorded = place.say(ref, answer(place.store, ref, grant=grant, reason=reason, until=last, rated=rated))
    tell(recorded, format)


def mitigate(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    until: Until = None,
    evidence: Evidence = None,
    reference: Reference = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Say that a control beside it lowers the risk (assessor). It stays listed; --until is the day of the review.

    Example: estatecheck findings mitigate EC-0001 --as assessor --key ass.key --reason "port closed on the firewall"
      --until 2026-12-31 --evidence rules.txt
    """
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.MITIGATE,
        format,
        reason=reason,
        reference=reference,
        until=day("--until", until),
        evidence=evidence,
    )


def propose_false_positive(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    evidence: Evidence = None,
    reference: Reference = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Say that a finding is wrong and show it (supplier); an assessor decides.

    Example: estatecheck findings propose-false-positive EC-0001 --as supplier:acme --key acme.key
      --reason "backported fix" --evidence changelog.txt
    """
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.PROPOSE_FALSE_POSITIVE,
        format,
        reason=reason,
        reference=reference,
        evidence=evidence,
    )


def tell_supplier(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reference: Reference = "",
    told_at: Annotated[str | None, typer.Option(help="When; now if left out.")] = None,
    reason: Reason = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Write down that the supplier was told: a clock may start from then.

    Example: estatecheck findings tell-supplier EC-0001 --as operator --key op.key --reference INC-4711
    """
    at = moment("--told-at", told_at) if told_at else datetime.now(UTC).isoformat()
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.TELL_SUPPLIER,
        format,
        reason=reason,
        reference=reference,
        more={"told_at": at},
    )


def pause_clock(
    ref: Ref,
    as_: As,
    ground: Annotated[str, typer.Option(help="no-vendor-fix, buyer-delay or force-majeure")],
    until: Until = None,
    key: Key = None,
    passphrase: Passphrase = None,
    start: Annotated[str | None, typer.Option("--from", help="The first day; today if left out.")] = None,
    reason: Reason = "",
    evidence: Evidence = None,
    reference: Reference = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Ask for a pause of the clocks; it holds once somebody of the other side grants it (`findings decide`).

    Example: estatecheck findings pause-clock EC-0001 --as supplier:acme --key acme.key --ground no-vendor-fix
      --until 2026-12-31 --reason "fix announced for December" --evidence vendor.pdf
    """
    first = day("--from", start) or datetime.now(UTC).date()
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.PAUSE_CLOCK,
        format,
        reason=reason,
        reference=reference,
        until=day("--until", until),
        evidence=evidence,
        more={"step": "asked", "ground": ground, "from": first.isoformat()},
    )


def resume_clock(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """End a pause before its last day.

    Example: estatecheck findings resume-clock EC-0001 --as owner --key owner.key --reason "the fix is out"
    """
    speak(ref, (database, as_, key, passphrase), Action.RESUME_CLOCK, format, reason=reason)


def out_of_service(
    ref: Ref,
    as_: As,
    key: Key = None,
    passphrase: Passphrase = None,
    reference: Reference = "",
    evidence: Evidence = None,
    reason: Reason = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Say that the asset is gone for good (owner), with the disposal record; a second person grants it.

    Its last three visits must have been unreachable. If it ever answers again, the finding is open again.

    Example: estatecheck findings out-of-service EC-0001 --as owner --key owner.key --reference DISPOSAL-88
    """
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.OUT_OF_SERVICE,
        format,
        reason=reason,
        reference=reference,
        evidence=evidence,
        more={"step": "asked"},
    )


def retest(
    ref: Ref,
    as_: As,
    result: Annotated[str, typer.Option(help="passed or failed")],
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    evidence: Evidence = None,
    reference: Reference = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Write down a named tester's retest of a finding that was typed in or imported.

    What a check of this scanner found is proven by `findings verify` alone.

    Example: estatecheck findings retest EC-0001 --as tester --key jane.key --result passed --reason "..."
      --evidence retest.txt
    """
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.RETEST,
        format,
        reason=reason,
        reference=reference,
        evidence=evidence,
        more={"result": result},
    )


def override_risk(
    ref: Ref,
    as_: As,
    risk: Annotated[str, typer.Option(help="critical, high, medium or low")],
    until: Until = None,
    key: Key = None,
    passphrase: Passphrase = None,
    reason: Reason = "",
    database: Database = None,
    format: Shape = "table",  # noqa: A002
) -> None:
    """Set the risk of a finding by hand, for a while (accreditor, assessor). Severity stays; both are printed.

    Example: estatecheck findings override-risk EC-0001 --as assessor --key ass.key --risk high --until 2026-12-31
      --reason "reachable from the guest network"
    """
    speak(
        ref,
        (database, as_, key, passphrase),
        Action.OVERRIDE_RISK,
        format,
        reason=reason,
        until=day("--until", until),
        more={"risk": risk},
    )


VERBS = (
    withdraw_claim,
    accept,
    decide,
    mitigate,
    propose_false_positive,
    tell_supplier,
    pause_clock,
    resume_clock,
    out_of_service,
    retest,
    override_risk,
)
