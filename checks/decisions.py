"""Who may move a finding, and where to. Pure; the table of ``domain.md`` ("States of an occurrence") is the source.

Three ways in: :func:`decide` for what a person signed, :func:`after_time` for what time and new facts do to it, and
``checks.lifecycle`` for what a scan does. Nothing here closes a finding but a named tester's retest.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from checks.lifecycle import Move, Refusal, State
from checks.statements import Action, Role, Statement, supplier_of

CLOSED = frozenset({State.VERIFIED_FIXED, State.FALSE_POSITIVE, State.OUT_OF_SERVICE})  # these do not count
CLAIMED = (State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE)
ASKED = (State.ACCEPTANCE_REQUESTED, State.FALSE_POSITIVE_PROPOSED)
RETESTED = (State.OPEN, *CLAIMED, State.STALE, State.MITIGATED)
COUNTED = tuple(state for state in State if state not in CLOSED)

SUPPLYING = (Role.SUPPLIER, Role.OPERATOR)  # who fixes; everybody else stands on the buyer's side
BUYING = (Role.OWNER, Role.ASSESSOR, Role.ACCREDITOR)
PAUSES = ("no-vendor-fix", "buyer-delay", "force-majeure")  # the only grounds for stopping a clock
PASSED, FAILED = "passed", "failed"  # what a retest says


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that a policy may set."""

    acceptance_days: int = 365  # longest acceptance
    request_days: int = 30  # a request that nobody answers times out
    review_days: int = 365  # a mitigation is looked at again at the latest
    pause_days: int = 90  # longest pause of a clock
    override_days: int = 365
    stale_cycles: int = 3  # scans of the whole estate without a judgement
    unreachable_scans: int = 3  # last visits that must have failed before an asset is out of service


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for and nobody has answered yet."""

    action: Action
    actor: str
    role: str
    key_id: str
    at: datetime
    seq: int  # of its event
    statement: Mapping[str, object] = field(default_factory=dict)

    @property
    def more(self) -> Mapping[str, object]:
        more = self.statement.get("more")
        return more if isinstance(more, dict) else {}


@dataclass(frozen=True, slots=True)
class Case:
    """How a finding stands when somebody wants to move it."""

    ref: str
    fingerprint: str
    state: State
    episode: int
    moved_at: datetime
    last_seen: datetime  # its last fail
    foreign: bool = False  # reported by a tester or another tool, not by a check of ours
    supplier: str = ""  # id of the asset's supplier, "" the inventory names none
    asked: Mapping[Action, Asked] = field(default_factory=dict)  # by what was asked
    claimed_by: str = ""  # role
    unreachable: int = 0  # last visits in a row that did not reach the asset
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the registry of keys knows it."""

    name: str
    role: str
    key_id: str


def decide(case: Case, said: Statement, by: Signer, now: datetime, limits: Limits = DEFAULT_LIMITS) -> Move | Refusal:
    """What becomes of a statement. A move to the same state is a note in the history that moves nothing."""
    why = (
        _why_not_this_signer(said, by)
        or _why_not_this_finding(case, said)
        or _why_not_now(case, said, now)
        or _why_not_this_row(case, said)
        or _why_not_this_supplier(case, said)
        or _why_not_second(case, said, by)
        or _LACKING[said.action](case, said, limits)
    )
    return Refusal(why) if why else _move(case, said)


def _why_not_this_signer(said: Statement, by: Signer) -> str:
    if (said.actor, said.role) != (by.name, by.role):
        return f"the key belongs to {by.name} as {by.role}, and signs for nobody else"
    return ""


def _why_not_this_finding(case: Case, said: Statement) -> str:
    if said.fingerprint != case.fingerprint:
        return f"the statement is about another finding than {case.ref}"
    if said.episode != case.episode:
        return (
            f"the statement is about episode {said.episode} of {case.ref}, which is in episode {case.episode} now; "
            "look at it again"
        )
    return ""


def _why_not_now(case: Case, said: Statement, now: datetime) -> str:
    if now < case.moved_at:
        return f"the clock says {_when(now)}, before {case.ref} moved last ({_when(case.moved_at)}); set the clock"
    if said.at > now:
        return f"it was signed {_when(said.at)}, which is still to come; set the clock of the machine that signed"
    if said.at < case.moved_at:
        return f"it was signed {_when(said.at)}, and {case.ref} has moved since ({_when(case.moved_at)}); look again"
    if said.action is Action.CLAIM and said.at < case.last_seen:
        return f"{case.ref} still failed {_when(case.last_seen)}, after this was signed"
    return ""


def _when(at: datetime) -> str:
    return f"on {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table: who may, from which states, and what the state is then (None: it stays)."""

    roles: tuple[Role, ...]
    states: tuple[State, ...]
    to: State | None
    why: str  # the event's fixed word


ASK, GRANT = "asked", "granted"  # the two steps of what needs two persons
_EVERYBODY = (*SUPPLYING, *BUYING)
_SECOND = (Role.OWNER, Role.OPERATOR, Role.ASSESSOR, Role.ACCREDITOR)
_IN_SERVICE = tuple(state for state in State if state is not State.OUT_OF_SERVICE)
_O = State.OPEN

_TABLE: Mapping[tuple[Action, str], _Row] = {
    (Action.CLAIM, ""): _Row(SUPPLYING, (_O,), State.CLAIMED_FIXED, "claimed fixed"),
    (Action.WITHDRAW_CLAIM, ""): _Row(SUPPLYING, CLAIMED, _O, "claim withdrawn"),
    (Action.REQUEST_ACCEPTANCE, ""): _Row(SUPPLYING, (_O,), State.ACCEPTANCE_REQUESTED, "acceptance requested"),
    (Action.ACCEPT, ""): _Row((Role.ACCREDITOR,), (State.ACCEPTANCE_REQUESTED,), State.RISK_ACCEPTED, "risk accepted"),
    (Action.REFUSE, "request-acceptance"): _Row(
        (Role.ACCREDITOR,), (State.ACCEPTANCE_REQUESTED,), _O, "request refused"
    ),
    (Action.PROPOSE_FALSE_POSITIVE, ""): _Row(
        (Role.SUPPLIER,), (_O,), State.FALSE_POSITIVE_PROPOSED, "false positive proposed"
    ),
    (Action.CONFIRM_FALSE_POSITIVE, ""): _Row(
        (Role.ASSESSOR,), (State.FALSE_POSITIVE_PROPOSED,), State.FALSE_POSITIVE, "false positive"
    ),
    (Action.REFUSE, "propose-false-positive"): _Row(
        (Role.ASSESSOR,), (State.FALSE_POSITIVE_PROPOSED,), _O, "request refused"
    ),
    (Action.MITIGATE, ""): _Row((Role.ASSESSOR,), (_O,), State.MITIGATED, "mitigated"),
    (Action.PAUSE_CLOCK, ASK): _Row(_EVERYBODY, COUNTED, None, "pause asked"),
    (Action.PAUSE_CLOCK, GRANT): _Row(_EVERYBODY, COUNTED, None, "clock paused"),
    (Action.REFUSE, "pause-clock"): _Row(_EVERYBODY, COUNTED, None, "request refused"),
    (Action.RESUME_CLOCK, ""): _Row(_EVERYBODY, COUNTED, None, "clock resumed"),
    (Action.TELL_SUPPLIER, ""): _Row((Role.OPERATOR, *BUYING), COUNTED, None, "supplier told"),
    (Action.OUT_OF_SERVICE, ASK): _Row((Role.OWNER,), _IN_SERVICE, None, "out of service asked"),
    (Action.OUT_OF_SERVICE, GRANT): _Row(_SECOND, _IN_SERVICE, State.OUT_OF_SERVICE, "out of service"),
    (Action.REFUSE, "out-of-service"): _Row(_SECOND, _IN_SERVICE, None, "request refused"),
    (Action.RETEST, ""): _Row((Role.TESTER,), RETESTED, _O, "retested"),
    (Action.OVERRIDE_RISK, ""): _Row((Role.ACCREDITOR, Role.ASSESSOR), COUNTED, None, "risk overridden"),
    (Action.ACCEPT_IDENTITY, ""): _Row((Role.OWNER, Role.ASSESSOR), (_O,), None, "identity accepted"),
}
_STEPPED = (Action.PAUSE_CLOCK, Action.OUT_OF_SERVICE)
_ANSWERED = {
    Action.ACCEPT: Action.REQUEST_ACCEPTANCE,
    Action.CONFIRM_FALSE_POSITIVE: Action.PROPOSE_FALSE_POSITIVE,
}


def _row(said: Statement) -> _Row | None:
    if said.action is Action.REFUSE:
        part = said.more.get("of")
    else:
        part = said.more.get("step") if said.action in _STEPPED else ""
    return _TABLE.get((said.action, part)) if isinstance(part, str) else None


def _why_not_this_row(case: Case, said: Statement) -> str:
    row = _row(said)
    if row is None:
        wanted = ", ".join(part for action, part in _TABLE if action is said.action)
        return f"{said.action} does not say which of these it is: {wanted}"
    if said.kind not in row.roles:
        return f"{said.role} may not {said.action}: that is for {_listed(row.roles)}"
    if case.state not in row.states:
        return f"{case.ref} is {case.state}; {said.action} is for a finding that is {_listed(row.states)}"
    return ""


def _listed(words: Iterable[str]) -> str:
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} or {last}" if most else last


def _why_not_this_supplier(case: Case, said: Statement) -> str:
    supplier = supplier_of(said.role)
    if not supplier or supplier == case.supplier:
        return ""
    named = f"its supplier is {case.supplier}" if case.supplier else "the inventory names no supplier for its asset"
    return f"{case.ref} is not {supplier}'s: {named}"


def same_person(name: str, key_id: str, other: str, other_key: str) -> bool:
    """One key, or one name however it is spelt."""
    return key_id == other_key or " ".join(name.casefold().split()) == " ".join(other.casefold().split())


def _why_not_second(case: Case, said: Statement, by: Signer) -> str:
    """Four eyes: nobody answers what he asked for himself, and a pause is granted by the other side."""
    answered = _answered(said)
    if answered is None:
        twice = said.action in _STEPPED and said.action in case.asked
        return f"that was asked for {case.ref} already; it waits for an answer" if twice else ""
    asked = case.asked.get(answered)
    if asked is None:
        return f"nobody has asked for {answered} of {case.ref}"
    if same_person(asked.actor, asked.key_id, by.name, by.key_id):
        return f"{by.name} asked for this and cannot be the one who decides on it"
    if answered is Action.PAUSE_CLOCK and _side(asked.role) == _side(said.role):
        return f"{asked.role} asked for the pause: somebody of the other side decides on it, not {said.role}"
    return ""


def _answered(said: Statement) -> Action | None:
    """The request that a statement answers; None: it answers none."""
    if said.action is Action.REFUSE:
        return Action(said.more["of"])
    if said.action in _STEPPED and said.more.get("step") == GRANT:
        return said.action
    return _ANSWERED.get(said.action)


def _side(role: str) -> str:
    return "supplying" if role.partition(":")[0] in SUPPLYING else "buying"


# what each action needs beside who and where


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
        return f"{case.ref} still failed {_when(case.last_seen)}, after it was done by that claim ({done})"
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
        return f"a clock pauses only for {_listed(PAUSES)} (--ground)"
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


def led_to(said: Statement, state: State) -> Move | None:
    """Where a statement leads from a state, whoever it was and whatever else it needs; None: nowhere."""
    row = _row(said)
    if row is None or state not in row.states or said.kind not in row.roles:
        return None
    return _move(Case(said.ref, said.fingerprint, state, said.episode, said.at, said.at), said)


def _move(case: Case, said: Statement) -> Move:
    if said.action is Action.RETEST:
        return _retested(case, said)
    row = _row(said)
    return Move((row and row.to) or case.state, row.why if row else "")


def _retested(case: Case, said: Statement) -> Move:
    if said.more.get("result") == PASSED:
        return Move(State.VERIFIED_FIXED, "retested and fixed")
    return Move(State.OPEN, "claim rejected" if case.state in CLAIMED else "retested and still there")


# what time and new facts do


@dataclass(frozen=True, slots=True)
class Now:
    """What is known today of a finding that somebody accepted or mitigated, or that nobody has judged for long."""

    at: datetime
    severity_rank: int  # 0 critical .. 4 info
    exploited: bool = False  # in CISA's list of known exploited vulnerabilities
    assets: int = 1  # on which the same issue stands now
    cycles_unassessed: int = 0  # scans of the whole estate that did not judge it, in a row


@dataclass(frozen=True, slots=True)
class Term:
    """What the decision in force says, from its statement."""

    until: str = ""  # ISO day, its last
    severity_rank: int | None = None
    exploited: bool = False
    assets: int | None = None
    since: datetime | None = None  # when it was asked or decided


def after_time(state: State, term: Term, now: Now, limits: Limits = DEFAULT_LIMITS) -> Move | None:
    """What the system does by itself. None: the state stays."""
    if state is State.RISK_ACCEPTED:
        return _acceptance_ends(term, now)
    if state is State.MITIGATED and _over(term.until, now.at):
        return Move(State.OPEN, "review date passed")
    if state in ASKED and term.since and now.at >= term.since + timedelta(days=limits.request_days):
        return Move(State.OPEN, "request timed out")
    if state is State.OPEN and now.cycles_unassessed >= limits.stale_cycles:
        return Move(State.STALE, "not assessed for long")
    return None


def _acceptance_ends(term: Term, now: Now) -> Move | None:
    """Whatever was not accepted reopens it: a scope that says nothing of a thing has accepted none of it."""
    if _over(term.until, now.at):
        return Move(State.OPEN, "acceptance expired")
    if now.exploited and not term.exploited:
        return Move(State.OPEN, "listed as exploited")
    if term.severity_rank is None or now.severity_rank < term.severity_rank:
        return Move(State.OPEN, "risk is higher than accepted")
    if now.assets > (term.assets or 0):
        return Move(State.OPEN, "more assets than accepted")
    return None


def _over(until: str, at: datetime) -> bool:
    """The day named is the last one; no day at all is over."""
    return at.astimezone(UTC).date().isoformat() > until
