"""Puts a verb's tools together from its settings: inventory, catalogue, record, keys, feeds. Slow to import."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from checks.catalogue import CatalogueError, catalogue, digest
from checks.check import Check
from inventory.estate import Estate
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile
from reports.formats import FORMATS
from reports.formats.terminal import render_terminal
from reports.report import ReportData
from scanner.cli.console import on_terminal
from scanner.cli.scan import show, terminal_width
from scanner.cli.settings import Settings, database_url
from scanner.engine import Pace
from scanner.feeds.support_dates import FeedError, SupportFeed, load
from scanner.query import Surroundings
from scanner.secrets.credentials import CredentialStore
from scanner.service.plan import Plan, PlanError, plan
from scanner.service.report import report_data
from scanner.service.scan import Job
from scanner.service.verify import plan_verification
from scanner.store.hostkeys import StoredHostKeys
from scanner.store.records import FindingRow, ScanKind, StoreError
from scanner.store.store import Store, open_store
from scanner.transports.ssh_hostkeys import read_known_hosts


class WorkbenchError(Exception):
    """A file that a setting names cannot be used."""


EXPECTED = (InventoryError, CatalogueError, PlanError, FeedError, StoreError, WorkbenchError)


class Workbench:
    """Each tool is made once, when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def estate(self) -> Estate:
        return YamlFile(Path(self.settings["inventory"])).estate()

    @cached_property
    def catalogue(self) -> tuple[Check, ...]:
        return catalogue()

    @cached_property
    def support(self) -> SupportFeed:
        return load(self.settings.path("support_dates"))

    @cached_property
    def store(self) -> Store:
        return open_store(database_url(self.settings))

    def plan(self, limit: Sequence[str] = (), globs: Sequence[str] = ()) -> Plan:
        return plan(self.estate, self.catalogue, datetime.now(UTC).date(), limit=limit, globs=globs)

    def plan_verification(self, ref: str) -> tuple[Plan, FindingRow]:
        return plan_verification(self.store, self.estate, self.catalogue, ref, datetime.now(UTC).date())

    def job(
        self,
        planned: Plan,
        *,
        trust_new: bool = False,
        kind: ScanKind = ScanKind.FULL,
        options: Mapping[str, str] | None = None,
    ) -> Job:
        return Job(
            plan=planned,
            estate=self.estate,
            store=self.store,
            surroundings=self.surroundings(self.host_keys(trust_new=trust_new)),
            support=self.support,
            catalogue_digest=digest(self.catalogue),
            tool_version=version("estatecheck"),
            pace=Pace(
                workers=self.settings.number("workers"),
                per_subnet=self.settings.number("per_subnet"),
                groups={
                    name: limits.concurrent for name, limits in self.estate.group_limits.items() if limits.concurrent
                },
            ),
            kind=kind,
            options=options or {},
        )

    def host_keys(self, *, trust_new: bool = False) -> StoredHostKeys:
        """Our own pins, and beside them a known_hosts file where one is set. Raises :class:`WorkbenchError`."""
        path = self.settings.path("known_hosts")
        try:
            known = read_known_hosts(path.read_text(errors="replace")) if path else None
        except OSError as fault:
            raise WorkbenchError(f"known_hosts {path}: {fault.strerror}") from fault
        return self.store.host_keys(trust_new=trust_new, known_hosts=known)

    def surroundings(self, keys: StoredHostKeys) -> Surroundings:
        estate = self.estate
        return Surroundings(CredentialStore(estate.credentials), keys, {asset.name: asset for asset in estate.assets})

    def report(self, store: Store, scan_id: int) -> ReportData:
        return report_data(store, scan_id, self.catalogue)

    def write(self, data: ReportData, formats: Sequence[str] = ("html", "json")) -> list[Path]:
        """Write ``report.<suffix>`` into the output folder, each one whole or not at all."""
        folder = Path(self.settings["output"])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return [_write_whole(folder / f"report{FORMATS[name].suffix}", data, name) for name in formats]
        except OSError as fault:
            raise WorkbenchError(
                f"the report cannot be written to {folder}: {fault.strerror}; the scan is stored"
            ) from fault

    def summary(self, data: ReportData, shape: str, written: Sequence[Path]) -> str:
        if shape == "json":
            out = io.BytesIO()
            FORMATS["json"].render(data, out)
            return out.getvalue().decode()
        paths = [show(path) for path in written]
        return render_terminal(data, width=terminal_width(), colour=on_terminal(), written=paths).rstrip()


def _write_whole(path: Path, data: ReportData, name: str) -> Path:
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as out:
        FORMATS[name].render(data, out)
    temporary.replace(path)
    return path
