"""What each action needs beside who and where: a reason, a reference, evidence, a last day. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from checks.decision_model import FAILED, GRANT, PASSED, PAUSES, Asked, Case, Limits, listed, when
from checks.statements import Action, Statement


def lacking(case: Case, said: Statement, limits: Limits) -> str:
    """What a statement lacks, as one sentence; "" nothing."""
    return _LACKING[said.action](case, said, limits)


def _claim(case: Case, said: Statement, _: Limits) -> str:
    return (
        _needs(said.reason, "say what was done (--reason)")
        or _needs(said.reference, "name the change it was done under (--reference)")
        or _why_not_done(case, said)
    )


def _why_not_done(case: Case, said: Statement) -> str:
    """``done_on`` is the day on which somebody says that it was fixed."""
    done = said.more.get("done_on")
    if done is None:
        return ""
    if not isinstance(done, str) or len(done) != 10 or done > said.at.date().isoformat():
        return f"it was claimed as done on {done!s:.20}, which is no day before it was signed"
    if done < case.last_seen.date().isoformat():
        return f"{case.ref} still failed {when(case.last_seen)}, after it was done by that claim ({done})"
    return ""


def _withdraw(case: Case, said: Statement, limits: Limits) -> str:
    if case.claimed_by and case.claimed_by != said.role:
        return f"{case.claimed_by} claimed it, and only {case.claimed_by} takes that back"
    return _reason(case, said, limits)


def _reason(_: Case, said: Statement, __: Limits) -> str:
    return _needs(said.reason, "give the reason (--reason)")


def _acceptance(_: Case, said: Statement, limits: Limits) -> str:
    owner = said.more.get("owner")
    return (
        _needs(said.reason, "give the reason (--reason)")
        or _needs(owner if isinstance(owner, str) else "", "name who owns the risk (--owner)")
        or _why_not_until(said, limits.acceptance_days, "an acceptance")
    )


def _grant(case: Case, said: Statement, limits: Limits) -> str:
    asked = str(case.asked[Action.REQUEST_ACCEPTANCE].statement.get("until") or "")
    if said.until and asked and said.until.isoformat() > asked:
        return f"the acceptance was asked for until {asked}, and cannot be granted for longer"
    if not isinstance(said.more.get("scope"), dict):
        return "an acceptance names the scope that it is for"
    return _needs(said.reason, "give the reason (--reason)") or _why_not_until(
        said, limits.acceptance_days, "an acceptance"
    )


def _mitigation(_: Case, said: Statement, limits: Limits) -> str:
    return (
        _needs(said.reason, "say which control reduces the risk (--reason)")
        or _needs(_proof(said), "show that the control works (--evidence FILE or --reference)")
        or _why_not_until(said, limits.review_days, "a mitigation")
    )


def _counter_evidence(_: Case, said: Statement, __: Limits) -> str:
    return _needs(said.reason, "say why it is false (--reason)") or _needs(
        _proof(said), "show it (--evidence FILE or --reference)"
    )


def _pause(case: Case, said: Statement, limits: Limits) -> str:
    if said.more["step"] == GRANT:
        return _why_not_as_asked(case.asked[Action.PAUSE_CLOCK], said)
    if said.more.get("ground") not in PAUSES:
        return f"a clock pauses only for {listed(PAUSES)} (--ground)"
    first = said.more.get("from")
    if not isinstance(first, str) or len(first) != 10 or (said.until and first > said.until.isoformat()):
        return "a pause has a first day (--from) that is not after its last (--until)"
    if said.more["ground"] == PAUSES[0] and not _proof(said):
        return "that there is no vendor fix needs the statement that says so (--evidence FILE or --reference)"
    return _needs(said.reason, "give the reason (--reason)") or _why_not_until(said, limits.pause_days, "a pause")


def _why_not_as_asked(asked: Asked, said: Statement) -> str:
    """Granted is what was asked for, or nothing."""
    same = all(said.more.get(name) == asked.more.get(name) for name in ("ground", "from"))
    until = said.until.isoformat() if said.until else None
    return (
        "" if same and until == asked.statement.get("until") else "a pause is granted as it was asked for, or refused"
    )


def _resume(case: Case, said: Statement, limits: Limits) -> str:
    return _reason(case, said, limits) if case.paused else f"no clock of {case.ref} is paused"


def _told(_: Case, said: Statement, __: Limits) -> str:
    told = said.more.get("told_at")
    try:
        at = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at > said.at:
        return "say when the supplier was told (--told-at), which is not after now"
    return _needs(said.reference, "name the letter or ticket it was told with (--reference)")


def _disposal(case: Case, said: Statement, limits: Limits) -> str:
    if case.unreachable < limits.unreachable_scans:
        return (
            f"the last {case.unreachable} visits to the asset of {case.ref} did not reach it; "
            f"{limits.unreachable_scans} in a row are needed"
        )
    if said.more["step"] == GRANT:
        return _needs(said.reason, "say what was seen of the disposal (--reason)")
    return _needs(_proof(said), "name the disposal record (--reference or --evidence FILE)")


def _retest(case: Case, said: Statement, _: Limits) -> str:
    if not case.foreign:
        return f"{case.ref} was found by a check of this scanner, and only a scan proves its fix"
    if said.more.get("result") not in (PASSED, FAILED):
        return f"a retest says {PASSED} or {FAILED} (--result)"
    return _needs(said.reason, "say what was tested and seen (--reason)") or _needs(
        " ".join(said.evidence), "a retest shows its evidence (--evidence FILE)"
    )


def _override(_: Case, said: Statement, limits: Limits) -> str:
    if said.more.get("risk") not in ("critical", "high", "medium", "low"):
        return "name the risk it shall have: critical, high, medium or low (--risk)"
    return _needs(said.reason, "give the reason (--reason)") or _why_not_until(
        said, limits.override_days, "an override"
    )


def _proof(said: Statement) -> str:
    return " ".join(said.evidence) or said.reference


def _needs(text: str, otherwise: str) -> str:
    return "" if text.strip() else otherwise


def _why_not_until(said: Statement, days: int, what: str) -> str:
    today = said.at.date()
    if said.until is None:
        return f"{what} has a last day (--until)"
    if said.until < today:
        return f"{what} until {said.until} would be over already"
    if said.until > today + timedelta(days=days):
        return f"{what} lasts {days} days at most: until {today + timedelta(days=days)}, not {said.until}"
    return ""


_LACKING: Mapping[Action, Callable[[Case, Statement, Limits], str]] = {
    Action.CLAIM: _claim,
    Action.WITHDRAW_CLAIM: _withdraw,
    Action.REQUEST_ACCEPTANCE: _acceptance,
    Action.ACCEPT: _grant,
    Action.REFUSE: _reason,
    Action.PROPOSE_FALSE_POSITIVE: _counter_evidence,
    Action.CONFIRM_FALSE_POSITIVE: _reason,
    Action.MITIGATE: _mitigation,
    Action.PAUSE_CLOCK: _pause,
    Action.RESUME_CLOCK: _resume,
    Action.TELL_SUPPLIER: _told,
    Action.OUT_OF_SERVICE: _disposal,
    Action.RETEST: _retest,
    Action.OVERRIDE_RISK: _override,
    Action.ACCEPT_IDENTITY: _reason,
}
