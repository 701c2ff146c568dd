"""What proves that a weakness is gone which another tool reported. Pure; ``domain.md`` is the source of the rule.

Only two things close such a finding: a named tester's signed retest, and an import in which the same rule provably ran
on the same asset, in the same scope and with no less privilege, and did not find it. That a file does not name the
weakness is never a proof: only a result that says so is.
"""

from collections.abc import Sequence

from checks.finding import CheckRun, Subject
from checks.lifecycle import Proof, Refusal, Sighting, Verdict, answers_fact

PREFIX = "import."
MANUAL = PREFIX + "manual."


def is_imported(check_id: str) -> bool:
    """Whether a check stands for a rule of another tool or for a person's finding."""
    return check_id.startswith(PREFIX)


def said_of(subject: Subject, runs: Sequence[CheckRun]) -> Verdict | None:
    """What this file says of exactly this subject; None: nothing, so nothing follows."""
    run = next((run for run in runs if run.subject == subject), None)
    return Verdict(run.outcome, run, run.observed) if run is not None else None


def proof_of_gone(before: Sighting, after: Sighting) -> Proof | Refusal:
    """Hold the file in which the rule ran without finding it against the one in which it did."""
    for why in (
        _why_not_same(before, after),
        _why_not_looked_alike(before, after),
        _why_not_evidence(before, "failing"),
        _why_not_evidence(after, "passing"),
    ):
        if why:
            return Refusal(why)
    return Proof(before, after)


def _why_not_same(before: Sighting, after: Sighting) -> str:
    if before.check_id.startswith(MANUAL) or after.check_id.startswith(MANUAL):
        return "a person reported it: only a named tester's signed retest closes it"
    if after.check_id != before.check_id:
        return f"{after.check_id} found nothing, but {before.check_id} is what failed"
    note = after.identity_note or before.identity_note
    return f"the machine's identity needs a person's review: {note}" if note else ""


def _why_not_looked_alike(before: Sighting, after: Sighting) -> str:
    if after.scope != before.scope:
        return f"it failed in the scope {before.scope or 'none'!r} and was looked for in {after.scope or 'none'!r}"
    if after.privilege.rank < before.privilege.rank:
        return f"it failed as {before.privilege.value} and was looked for only as {after.privilege.value}"
    if not after.observed:
        return "the file does not say what was observed"
    if after.started_at < before.finished_at:
        return f"the tool began {after.started_at.isoformat()}, before the failing scan had ended"
    return ""


def _why_not_evidence(sighting: Sighting, which: str) -> str:
    for fact in sighting.facts:
        kept = [source for source in sighting.sources if answers_fact(source.query, fact)]
        if not kept or not all(source.complete and source.sha256 for source in kept):
            return f"the evidence of the {which} import is not complete"
    return "" if sighting.facts else f"the {which} import kept no evidence"
