"""``estatecheck:`` at the top level of one file or of several: read, validated and put together."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from inventory.sources import document as doc
from inventory.sources import watch_keys as keys
from inventory.sources.approved import APPROVED, Approvals
from inventory.sources.errors import Fault, Spot
from inventory.sources.explain import describe, unknown_key, validate
from inventory.sources.positions import Entry, locate, path_text, plain
from inventory.sources.shapes import keys_of

M = TypeVar("M", bound=BaseModel)

OWN = "estatecheck"
TABLES: dict[str, type[BaseModel]] = {
    "areas": doc.AreaKeys,
    "sites": doc.SiteKeys,
    "suppliers": doc.SupplierKeys,
    "contracts": doc.ContractKeys,
    "services": doc.ServiceKeys,
    "credentials": doc.CredentialKeys,
    "scopes": doc.ScopeKeys,
    "isolation": doc.IsolationKeys,
    "responsibilities": doc.ResponsibilityKeys,
    **keys.WATCH_TABLES,
}

SINGLE: dict[str, type[BaseModel]] = {
    "estate": doc.EstateKeys,
    "limits": doc.LimitKeys,
    "scanner": doc.ScannerKeys,
    "policy": doc.PolicyKeys,
}


@dataclass(slots=True)
class OwnKeys:
    """The tables of all files. An entry of which only the name was given has the defaults."""

    estate: dict[str, str | None] = field(default_factory=dict)
    limits: dict[str, float | None] = field(default_factory=dict)
    scanner: dict[str, str | None] = field(default_factory=dict)
    policy: dict[str, str | doc.DecisionLimitKeys | None] = field(default_factory=dict)
    areas: dict[str, doc.AreaKeys] = field(default_factory=dict)
    sites: dict[str, doc.SiteKeys] = field(default_factory=dict)
    suppliers: dict[str, doc.SupplierKeys] = field(default_factory=dict)
    contracts: dict[str, doc.ContractKeys] = field(default_factory=dict)
    services: dict[str, doc.ServiceKeys] = field(default_factory=dict)
    credentials: dict[str, doc.CredentialKeys] = field(default_factory=dict)
    scopes: dict[str, doc.ScopeKeys] = field(default_factory=dict)
    isolation: dict[str, doc.IsolationKeys] = field(default_factory=dict)
    responsibilities: dict[str, doc.ResponsibilityKeys] = field(default_factory=dict)
    watch: dict[str, keys.WatchKeys] = field(default_factory=dict)
    vantages: dict[str, keys.VantageKeys] = field(default_factory=dict)
    availability: dict[str, keys.PromiseKeys] = field(default_factory=dict)
    maintenance: dict[str, keys.MaintenanceKeys] = field(default_factory=dict)
    schedules: dict[str, keys.ScheduleKeys] = field(default_factory=dict)
    calendars: dict[str, keys.CalendarKeys] = field(default_factory=dict)
    notify: dict[str, keys.ChannelKeys] = field(default_factory=dict)
    ics: dict[str, str] = field(default_factory=dict)  # what the files of the calendars hold
    policy_texts: dict[str, str] = field(default_factory=dict)  # what the files of the policies hold
    approved: Approvals = field(default_factory=Approvals)
    faults: list[Fault] = field(default_factory=list)
    _places: dict[tuple[str, str], tuple[str, Entry]] = field(default_factory=dict)

    def read(self, file: str, entry: Entry) -> None:
        """Add one file's part. The same name in two files is a fault."""
        for part, inner in self._mapping(file, entry, (OWN,)):
            here = (OWN, part)
            if part in TABLES:
                for name, item in self._mapping(file, inner, here):
                    if self._remember(file, part, name, item):
                        made = self._model(file, TABLES[part], item, (*here, name))
                        if made is not None:
                            getattr(self, part)[name] = made
            elif part in SINGLE:
                self._single(file, part, inner)
            elif part == APPROVED:
                self.faults += self.approved.read(file, inner, here)
            else:
                self._fault(file, inner, here, unknown_key(doc.Own, part))

    def spot(self, table: str, name: str, *steps: str | int) -> Spot:
        """Where an entry of a table is, or something inside it."""
        file, entry = self._places[table, name]
        if not steps:
            return Spot(file, entry.line, entry.column, path_text((OWN, table, name)))
        return locate(file, entry.value, (OWN, table, name), steps)

    def written(self, table: str, name: str) -> set[str]:
        """The keys of an entry that say something, also those that are faulty."""
        entries = self._places[table, name][1].value.entries
        return {key for key, entry in entries.items() if entry.value.data not in (None, [], {})}

    def names(self, table: str) -> set[str]:
        """Every name of a table, also those whose entry is faulty."""
        return {name for other, name in self._places if other == table}

    def _single(self, file: str, part: str, entry: Entry) -> None:
        shape = SINGLE[part]
        fresh = [self._remember(file, part, name, item) for name, item in self._mapping(file, entry, (OWN, part))]
        made = self._model(file, shape, entry, (OWN, part)) if all(fresh) else None
        if made is not None:
            getattr(self, part).update({name: getattr(made, name) for name in made.model_fields_set})

    def _model(self, file: str, shape: type[M], entry: Entry, path: tuple[str, ...]) -> M | None:
        data = plain(entry.value)
        if data is not None and not isinstance(data, dict):
            given = "this" if shape is doc.CredentialKeys else describe(data)  # it may be the secret itself
            self._fault(file, entry, path, f"{given} is not allowed here; allowed: {keys_of(shape)}")
            return None
        made, wrong = validate(shape, data or {})
        for loc, message, key in wrong:
            spot = locate(file, entry.value, path, loc, key=key)
            if not loc:
                spot = Spot(file, entry.line, entry.column, path_text(path))
            self.faults.append(spot.fault(message))
        return made

    def _mapping(self, file: str, entry: Entry, path: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
        data = entry.value.data
        if data is not None and not isinstance(data, dict):
            self._fault(file, entry, path, "this must be a mapping: each name on its own line, followed by a colon")
        yield from entry.value.entries.items()

    def _remember(self, file: str, table: str, name: str, entry: Entry) -> bool:
        path = (OWN, table, name)
        if not name.isprintable() or not name.strip() or len(name) > 253:
            self._fault(file, entry, path, "this cannot be a name; write at most 253 printable characters")
        if earlier := self._places.get((table, name)):
            place = f"{earlier[0]}:{earlier[1].line}"
            self._fault(file, entry, path, f"this is already defined at {place}; keep one of the two")
            return False
        self._places[table, name] = file, entry
        return True

    def _fault(self, file: str, entry: Entry, path: tuple[str, ...], message: str) -> None:
        self.faults.append(Fault(file, entry.line, entry.column, path_text(path), message))
