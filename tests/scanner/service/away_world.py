"""What tests of machines that are away share: scans over simulated time, a way in that may be closed, snapshots."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from checks.catalogue import catalogue, digest
from inventory.asset import Asset, Privilege
from inventory.estate import Area, Estate, Supplier
from inventory.facts.missing import Missing, Reason
from reports.report import ReportData
from scanner.engine import Errand, Pace
from scanner.feeds.support_dates import load
from scanner.query import Answer, Attempt, Deadline, Query, Surroundings, Visit
from scanner.secrets.credentials import CredentialStore
from scanner.service.intake.taking import Result
from scanner.service.plan import Plan, choose_checks, probes_for
from scanner.service.report import report_data
from scanner.service.scan import Job, Watcher, scan
from scanner.store.records import ScanKind
from scanner.transports import WAYS
from scanner.transports.windows_document import canonical
from tests.lab import windows as lab
from tests.scanner.service.intake_lab import BOARD, NOW, Intake, laptop, windows_asset

GUID = "6e0f3f6c-4a3b-4b7e-9d52-0c3c9f1b7a{:02d}"
MODULES = ("scanner.service.scan", "scanner.service.intake.visit", "scanner.service.intake.instead")
OUT = Missing(Reason.TIMED_OUT, "192.0.2.1 port 5986 did not answer")


@dataclass
class Away:
    """``closed``: why nobody gets in, by name; who is not named lets a scan in. ``globs``: of checks."""

    intake: Intake
    monkeypatch: pytest.MonkeyPatch
    closed: dict[str, Missing] = field(default_factory=dict)
    globs: Sequence[str] = ("win.exec.*",)

    def __post_init__(self) -> None:
        world = self

        class Wall(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # noqa: ANN401 (as in datetime)
                return world.intake.now.astimezone(tz)

        for module in MODULES:
            self.monkeypatch.setattr(f"{module}.datetime", Wall)
        self.monkeypatch.setitem(WAYS, "winrm", lambda asset, _: Door(asset, self))

    @property
    def estate(self) -> Estate:
        areas = {"north": Area("north", "North"), "south": Area("south", "South")}
        return Estate("Lab", self.intake.assets, areas=areas, suppliers={"ash": Supplier("ash", "Ash Ltd")}, digest="d")

    def day(self, day: float) -> None:
        self.intake.now = NOW + timedelta(days=day)

    def snapshot(self, number: int = 7, **change: Any) -> Result:  # noqa: ANN401 (of a document)
        """Machine pc-<number> hands one in, taken an hour ago."""
        at = f"{self.intake.now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        marker = f"{int(self.intake.now.timestamp()) + number:032x}"
        board, guid = BOARD[:-2] + f"{number:02d}", GUID.format(number)
        return self.intake.one(laptop(f"PC-{number}", at, board, guid, marker, change))

    def scan(self, kind: ScanKind = ScanKind.FULL) -> ReportData:
        checks = choose_checks(catalogue(), self.globs)
        assets = self.intake.assets
        errands = tuple(Errand(one, probes_for(checks, one.connection.way)) for one in assets)
        job = Job(
            Plan(errands, checks, ()),
            self.estate,
            self.intake.store,
            Surroundings(CredentialStore({}), self.intake.store.host_keys()),
            load(None),
            digest(catalogue()),
            "test",
            Pace(jitter_seconds=0.0),
            kind,
        )
        done = asyncio.run(scan(job, Watcher(), asyncio.Event()))
        return report_data(self.intake.store, done.scan_id, catalogue())


@dataclass
class Door:
    """The way into a machine that is like the recorded laptop, if it is at home."""

    asset: Asset
    world: Away

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        now, why = self.world.intake.now, self.world.closed.get(self.asset.name)
        if why:
            refused = why.reason is Reason.LOGIN_REFUSED
            return Visit(Attempt("winrm", reached=refused, missing=why, started_at=now))
        number = int(self.asset.name.removeprefix("pc-"))
        told: dict[str, Mapping[str, Any]] = lab.recorded("laptop-11-23h2")
        told["identity"] |= {
            "product": told["identity"]["product"] | {"UUID": BOARD[:-2] + f"{number:02d}"},
            "registry": {"MachineGuid": GUID.format(number)},
        }
        attempt = Attempt("winrm", True, True, Privilege.ROOT, None, "Windows", "", now, 1.0)
        names = [query.name for query in queries]
        data = [canonical(told[name.removeprefix("windows_")]) for name in names]
        at = now.timestamp()
        answers = [Answer(n, d, 0, None, Privilege.ROOT, at, at) for n, d in zip(names, data, strict=True)]
        return Visit(attempt, tuple(answers))


def reachable(name: str, **more: Any) -> Asset:  # noqa: ANN401 (fields of Asset)
    return windows_asset(name, "winrm", area="north", supplier="ash", **more)


def by_itself(name: str, **more: Any) -> Asset:  # noqa: ANN401 (fields of Asset)
    return replace(windows_asset(name, **more), area="north", supplier="ash")
