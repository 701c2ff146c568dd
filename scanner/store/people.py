"""What the services may ask of the record about people: decisions, keys, machines in doubt."""

from collections.abc import Callable, Mapping
from datetime import datetime

from checks.decision_model import Case
from checks.lifecycle import State
from checks.standing import Standing, standing_of
from scanner.store import accreditations, asset_book, decisions, finding_list, ledger, role_keys, scans, ticks
from scanner.store.database import Database
from scanner.store.records import EventRow
from scanner.store.witness import Registry, RoleKey


class People:
    """Every method raises :class:`scanner.store.records.StoreError`."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    @property
    def now(self) -> datetime:
        """What the record's clock says."""
        return self._clock()

    # findings

    def decide(self, number: int, signed: decisions.Signed, expected: State | None = None) -> decisions.Recorded:
        """What a person signed about a finding. Raises :class:`scanner.store.decisions.Refused` in one sentence."""
        with self._database.writing() as connection:
            return decisions.record(
                connection,
                self._database.blobs,
                number,
                signed,
                self._clock(),
                expected=expected,
                limits=scans.limits(connection),
            )

    def case(self, number: int) -> Case:
        """How a finding stands for whoever wants to move it."""
        with self._database.reading() as connection:
            row, now = decisions.stored(connection, number), self._clock()
            standing = standing_of(ledger.read(connection, row.fingerprint))
            return decisions.case_of(connection, row, standing, now, scans.limits(connection))

    def standing(self, fingerprint: str) -> Standing:
        """What was asked and not answered, and what the decision in force allows."""
        with self._database.reading() as connection:
            return standing_of(ledger.read(connection, fingerprint))

    def same_issue(self, number: int) -> int:
        """On how many assets the same weakness of the same subject still counts."""
        with self._database.reading() as connection:
            return decisions.same_issue(connection, decisions.stored(connection, number))

    def page(self, wanted: finding_list.Filter, limit: int | None = None, offset: int = 0) -> finding_list.Rows:
        """Findings that fit, worst first."""
        with self._database.reading() as connection:
            return finding_list.page(connection, wanted, limit, offset)

    def tick(self, ranks: Mapping[str, int], scan_id: int | None = None) -> tuple[ticks.Ticked, ...]:
        """What time alone moves. ``ranks``: severity of each check, 0 for critical."""
        with self._database.writing() as connection:
            return ticks.apply(connection, self._clock(), ranks, scans.limits(connection), scan_id)

    # verdicts

    def accredit(self, signed: decisions.Signed, scan_id: int) -> int:
        """An accreditor's decision on a verdict. The number of its event comes back."""
        with self._database.writing() as connection:
            return accreditations.record(connection, signed, scan_id, self._clock())

    def accreditations(self, subject: str = "") -> tuple[EventRow, ...]:
        """Oldest first; ``subject`` is ``estate`` or ``service:<id>``, "" all of them."""
        with self._database.reading() as connection:
            return accreditations.history(connection, subject)

    # keys

    def keys(self) -> Registry:
        """Whose keys may sign."""
        with self._database.reading() as connection:
            return role_keys.registry(connection)

    def admit(self, said: role_keys.Admission) -> RoleKey:
        """Admit or revoke a key by the record's own."""
        with self._database.writing() as connection:
            return role_keys.write(connection, said, self._clock())

    # machines

    def machines(self, *, in_doubt: bool = False) -> tuple[asset_book.Machine, ...]:
        with self._database.reading() as connection:
            return asset_book.machines(connection, in_doubt=in_doubt)

    def machine(self, name: str) -> asset_book.Page:
        with self._database.reading() as connection:
            return asset_book.page(connection, name)

    def doubt(self, name: str) -> asset_book.Doubt:
        with self._database.reading() as connection:
            return asset_book.doubt(connection, name)

    def accept_identity(self, signed: decisions.Signed) -> str:
        """A person has looked at a machine in doubt: what it presented last is its own. The uid comes back."""
        with self._database.writing() as connection:
            return asset_book.accept_identity(connection, signed, self._clock())
