"""A person's word about a finding: made into a statement, signed with that person's key, handed to the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from checks.check import Check
from checks.decision_model import ASK, GRANT
from checks.finding import Severity
from checks.lifecycle import State
from checks.statements import Action, Statement
from scanner.service.signing import Signer
from scanner.store.asset_book import ASSET
from scanner.store.decisions import MAX_FILE, Attached, Recorded, Refused, Signed
from scanner.store.records import FindingRow, StoreError
from scanner.store.store import Store
from scanner.store.witness import RECORD, RoleKey


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says, before it is a statement."""

    action: Action
    reason: str = ""
    reference: str = ""
    until: date | None = None
    files: tuple[Path, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """A record, somebody's key, and the role that he says he acts in."""

    store: Store
    signer: Signer
    role: str = ""  # "": the key's

    def holder(self) -> RoleKey:
        """Whose key it is now. Raises :class:`Refused` when nobody's, or when it is for another role."""
        people = self.store.people
        keys, now = people.keys(), people.now
        key = keys.holder(self.signer.key_id, now)
        if key is None:
            raise Refused(keys.why_not(self.signer.key_id, now))
        if key.role == RECORD:
            raise Refused("this is the record's own key: it admits keys, and signs for no person")
        if self.role and self.role != key.role:
            raise Refused(f"--as {self.role}: the key is that of {key.name} as {key.role}")
        return key

    def say(self, ref: str, word: Word) -> Recorded:
        """Sign it and put it into the record. Raises :class:`Refused` and :class:`StoreError`."""
        row = self.store.finding(ref)
        signed = self.signed(row, word)
        return self.store.people.decide(number_of(row.ref), signed, State(row.state))

    def signed(self, row: FindingRow, word: Word) -> Signed:
        holder = self.holder()
        return sign(self.signer, holder.name, holder.role, row, word, self.store)


def sign(signer: Signer, name: str, role: str, row: FindingRow, word: Word, store: Store) -> Signed:
    files = tuple(attached(path) for path in word.files)
    statement = Statement(
        action=word.action,
        ref=row.ref,
        fingerprint=row.fingerprint,
        episode=row.episode,
        actor=name,
        role=role,
        at=store.people.now,
        reason=word.reason,
        reference=word.reference,
        until=word.until,
        evidence=tuple(file.sha256 for file in files),
        more=word.more,
    )
    return Signed(statement, signer.key_id, signer.signature(statement.payload()), files)


def settle(desk: Desk, name: str, reason: str) -> str:
    """Accept what a machine in doubt presented last; its uid comes back. Raises as :meth:`Desk.say` does."""
    holder, doubt = desk.holder(), desk.store.people.doubt(name)
    statement = Statement(
        action=Action.ACCEPT_IDENTITY,
        ref=name,
        fingerprint=ASSET + doubt.uid,
        episode=1,
        actor=holder.name,
        role=holder.role,
        at=desk.store.people.now,
        reason=reason,
        more={"identity": sorted(doubt.identities)},
    )
    signer = desk.signer
    return desk.store.people.accept_identity(Signed(statement, signer.key_id, signer.signature(statement.payload())))


def attached(path: Path) -> Attached:
    """Raises :class:`StoreError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as fault:
        raise StoreError(f"{path} cannot be read: {fault.strerror}") from fault
    if len(content) > MAX_FILE:
        raise StoreError(f"{path} is larger than {MAX_FILE // 2**20} MB")
    return Attached(path.name, content)


def number_of(ref: str) -> int:
    return int(ref.removeprefix("EC-"))


def answer(store: Store, ref: str, *, grant: bool, reason: str, until: date | None, rated: "Rated") -> Word:
    """The word that grants or refuses what is waiting for an answer. Raises :class:`Refused`."""
    row = store.finding(ref)
    case = store.people.case(number_of(row.ref))
    waiting = [action for action in _ORDER if action in case.asked]
    if not waiting:
        raise Refused(f"nobody waits for an answer about {row.ref}; it is {row.state}")
    asked = case.asked[waiting[0]]
    if not grant:
        return Word(Action.REFUSE, reason, more={"of": asked.action.value})
    last = asked.statement.get("until")
    asked_until = date.fromisoformat(last) if isinstance(last, str) else None
    if asked.action is Action.REQUEST_ACCEPTANCE:
        more = {"owner": asked.more.get("owner", ""), "scope": rated.scope(store, row)}
        return Word(Action.ACCEPT, reason, until=until or asked_until, more=more)
    if asked.action is Action.PROPOSE_FALSE_POSITIVE:
        return Word(Action.CONFIRM_FALSE_POSITIVE, reason)
    if asked.action is Action.PAUSE_CLOCK:
        like = {name: asked.more[name] for name in ("ground", "from") if name in asked.more}
        return Word(Action.PAUSE_CLOCK, reason, until=asked_until, more={"step": GRANT, **like})
    return Word(Action.OUT_OF_SERVICE, reason, more={"step": GRANT})


_ORDER: Sequence[Action] = (
    Action.REQUEST_ACCEPTANCE,
    Action.PROPOSE_FALSE_POSITIVE,
    Action.OUT_OF_SERVICE,
    Action.PAUSE_CLOCK,
)
ASKED = {"step": ASK}


@dataclass(frozen=True, slots=True)
class Rated:
    """How severe findings are: by themselves, or by their check."""

    checks: Mapping[str, Severity]

    @classmethod
    def by(cls, catalogue: Sequence[Check]) -> "Rated":
        return cls({check.id: check.severity for check in catalogue})

    def severity(self, row: FindingRow) -> Severity:
        """What nobody rated counts as high (domain.md, R0)."""
        return row.severity or self.checks.get(row.check_id) or Severity.HIGH

    def scope(self, store: Store, row: FindingRow) -> dict[str, object]:
        """What an acceptance is for, frozen: more than this reopens it."""
        evidence = store.evidence_of(row.fingerprint, row.last_fail_scan)
        return {
            "severity": self.severity(row).value,
            "exploited": exploited(store, row),
            "assets": store.people.same_issue(number_of(row.ref)),
            "observed": row.observed[:1000],
            "scan": row.last_fail_scan,
            "evidence": sorted({one.sha256 for one in evidence if one.sha256})[:50],
        }


def exploited(store: Store, row: FindingRow) -> bool:
    """Whether one of the finding's vulnerabilities was in CISA's list (KEV) when it failed last."""
    run = store.last_fails(row.last_fail_scan + 1, [row.fingerprint]).get(row.fingerprint)
    return run is not None and any(member.attributes.get("kev") for member in run.members)
