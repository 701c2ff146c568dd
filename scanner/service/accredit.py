"""The verdict of a scan for one subject, and an accreditor's decision on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from checks.accreditation import Accreditation, Verdicts
from checks.accreditation_decision import ESTATE, SERVICE, Decision, decision_of, statement_of
from checks.accreditation_rules import Verdict
from checks.check import Check
from checks.statements import statement_of as read_statement
from reports.report import ReportData
from scanner.service.decide import Desk
from scanner.service.report import report_data
from scanner.store.decisions import Signed
from scanner.store.records import StoreError
from scanner.store.store import Store


@dataclass(frozen=True, slots=True)
class Told:
    """A report that gives a verdict."""

    data: ReportData
    verdicts: Verdicts

    def of(self, subject: str) -> Accreditation:
        """``estate``, a service's id, or ``service:<id>``. Raises :class:`StoreError`."""
        found = {one.subject: one for one in self.verdicts.all}
        wanted = subject if subject in found else SERVICE + subject
        if wanted not in found:
            names = [name.removeprefix(SERVICE) for name in found]
            near = get_close_matches(subject, names, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; there is {', '.join(names[:10])}"
            raise StoreError(f"the inventory of scan {self.data.scan_id} has no service {subject[:60]!r}{hint}")
        return found[wanted]


def told(store: Store, catalogue: Sequence[Check], scan_id: int | None = None) -> Told:
    """Of the latest full scan, or of that one. Raises :class:`StoreError`."""
    number = store.latest_scan().id if scan_id is None else scan_id
    data = report_data(store, number, catalogue)
    if data.verdicts is None:
        raise StoreError(f"scan {number} gives no verdict: it was a targeted visit or a supplied list ({data.kind})")
    return Told(data, data.verdicts)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was decided. The verdict of the rules stands beside it."""

    seq: int
    at: datetime
    actor: str
    decision: Decision


def sign(desk: Desk, told: Told, subject: str, decided: Verdict | None, reason: str, until: date | None) -> Recorded:
    """``decided`` None accepts the verdict as it is. Raises :class:`scanner.store.decisions.Refused`."""
    found, holder = told.of(subject), desk.holder()
    decision = Decision(
        subject=found.subject,
        scan=told.data.scan_id,
        computed=found.verdict,
        ceiling=found.ceiling,
        decided=decided or found.verdict,
        policy=told.verdicts.policy.digest,
        evidence_root=told.data.evidence_root,
        reason=reason,
        until=until,
    )
    at = desk.store.people.now
    statement = statement_of(decision, holder.name, holder.role, at)
    signed = Signed(statement, desk.signer.key_id, desk.signer.signature(statement.payload()))
    seq = desk.store.people.accredit(signed, told.data.scan_id)
    return Recorded(seq, at, holder.name, decision)


def history(store: Store, subject: str = "") -> Iterator[Recorded]:
    """Oldest first. Raises :class:`StoreError`."""
    wanted = subject if subject in ("", ESTATE) or subject.startswith(SERVICE) else SERVICE + subject
    for event in store.people.accreditations(wanted):
        said = read_statement(event.proof.get("statement"))
        yield Recorded(event.seq, event.at, event.actor, decision_of(said))
