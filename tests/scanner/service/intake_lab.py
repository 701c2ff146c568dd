"""What the tests of snapshots share: laptops that look at themselves, an inventory, a record."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from checks.catalogue import catalogue, digest
from inventory.asset import SNAPSHOT, SNAPSHOT_WINDOWS, Asset, Connection
from inventory.estate import Estate
from scanner.feeds.support_dates import load
from scanner.service.bench import order_of
from scanner.service.intake.taking import Judging, Result, Sent, take
from scanner.service.plan import choose_checks
from scanner.service.planned import basis_of
from scanner.store.store import Store, open_store
from tests.lab import windows as lab

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BOARD = "4C4C4544-0042-3510-8052-B4C04F4E3233"  # of the recorded laptop


def laptop(
    name: str = "PC-7",
    at: str = "2026-11-23T04:00:00Z",
    board: str = BOARD,
    guid: str = "6e0f3f6c-4a3b-4b7e-9d52-0c3c9f1b7a11",
    marker: str = "a" * 32,
    change: Mapping[str, Any] | None = None,
    **fields: object,
) -> bytes:
    """The document of one machine; ``change`` replaces whole sections, None leaving one out."""
    told = json.loads(json.dumps(lab.recorded("laptop-11-23h2")))
    told["identity"]["product"]["UUID"] = board
    told["identity"]["registry"]["MachineGuid"] = guid
    sections = {key: lab.section(value) for key, value in told.items()} | dict(change or {})
    host = {"name": name, "domain": "WORKGROUP", "smbios_uuid": board, "serial": None, "machine_guid": None}
    more = {"host": host, "collected_at": at, "clock": {"utc": at, "zone": "UTC"}, **fields}
    return lab.document({key: one for key, one in sections.items() if one is not None}, marker, **more).encode()


def windows_asset(name: str, way: str = SNAPSHOT_WINDOWS, **more: Any) -> Asset:  # noqa: ANN401 (fields of Asset)
    return Asset(name, Connection(way, name), kind="laptop", **more)


def linux_asset(name: str) -> Asset:
    return Asset(name, Connection(SNAPSHOT, name), kind="laptop")


def judging(clock: datetime = NOW) -> Judging:
    checks, support = choose_checks(catalogue(), ()), load(None)
    basis = basis_of(checks, digest(catalogue()), support, None)

    def order(chosen: Any) -> Any:  # noqa: ANN401 (of the bench)
        return order_of(chosen, digest(catalogue()), support, None, None, Estate("T", ()).policy)

    return Judging(basis, None, order, "Larkspur", lambda: clock)


@dataclass
class Intake:
    """A record in a folder, and what may be sent to it."""

    folder: Path
    assets: tuple[Asset, ...] = (windows_asset("pc-7"),)
    now: datetime = NOW
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_store(f"sqlite:///{self.folder / 'record.db'}", clock=lambda: self.now)

    @property
    def estate(self) -> Estate:
        return Estate("Lab", self.assets)

    def take(self, *documents: bytes, host: str = "", forced: bool = False) -> list[Result]:
        sent = [Sent(f"file-{number}", partial(bytes, one), host, forced) for number, one in enumerate(documents)]
        return take(self.store, self.estate, judging(self.now), sent)

    def one(self, document: bytes, host: str = "", *, forced: bool = False) -> Result:
        [result] = self.take(document, host=host, forced=forced)
        return result
