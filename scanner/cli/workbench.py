"""Puts a verb's tools together from its settings: inventory, catalogue, record, keys, feeds.

Each tool's modules are imported when it is first used: a verb that only reads the record starts in half the time.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.faults import Foreseen
from scanner.cli.console import note, on_terminal
from scanner.cli.settings import database_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checks.advisories.library import Advisories
    from checks.check import Check
    from inventory.asset import Asset
    from inventory.estate import Estate
    from inventory.policy import Policy
    from inventory.watch import Watching
    from reports.report import ReportData
    from scanner.cli.settings import Settings
    from scanner.feeds.support_dates import SupportFeed
    from scanner.query import Surroundings
    from scanner.service.bench import Order
    from scanner.service.plan import Plan
    from scanner.service.planned import Basis
    from scanner.service.scan import Job
    from scanner.store.hostkeys import StoredHostKeys
    from scanner.store.records import FindingRow, ScanKind
    from scanner.store.store import Store


class WorkbenchError(Foreseen):
    """A file that a setting names cannot be used."""


EXPECTED = (Foreseen,)


class Workbench:
    """Each tool is made once, when it is first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def estate(self) -> Estate:
        from inventory.sources.yaml_file import YamlFile

        return YamlFile(self.settings.path("inventory") or Path("inventory.yaml")).estate()

    def permit(self, authorised_by: str, reference: str) -> None:
        """Take a person's word for today where the inventory has no scope at all. Raises :class:`WorkbenchError`."""
        from inventory.scope import permitted_today

        if self.estate.scopes:
            raise WorkbenchError(
                "the inventory says itself what may be scanned: --authorised-by is for one without scopes; "
                "add the hosts to a scope under estatecheck.scopes"
            )
        self.estate = permitted_today(self.estate, authorised_by, reference, datetime.now(UTC).date())

    @cached_property
    def catalogue(self) -> tuple[Check, ...]:
        from checks.catalogue import catalogue

        return catalogue()

    @cached_property
    def support(self) -> SupportFeed:
        """The file that was named; else the feeds' word or the table that ships with us, whichever is newer."""
        from scanner.feeds.shelf import Shelf
        from scanner.feeds.support_dates import load
        from scanner.feeds.support_shelf import support_dates

        named, folder = self.settings.path("support_dates"), self.settings.path("feeds_folder")
        shipped = load(named)
        fed = support_dates(Shelf(folder)) if folder and named is None else None
        return fed if fed and fed.dates.snapshot >= shipped.dates.snapshot else shipped

    @cached_property
    def advisories(self) -> Advisories | None:
        """Every feed on the shelf that is whole; one that is broken is told of. Raises :class:`ShelfError`."""
        folder = self.settings.path("feeds_folder")
        if folder is None:
            return None
        from scanner.feeds.shelf import Shelf

        loaded = Shelf(folder).open(self.settings.number("feed_max_age_days"))
        for broken in loaded.broken:
            note(f"estatecheck: {broken}")
        return loaded.advisories if loaded.advisories.notes else None

    def basis(self) -> Basis:
        """Today's checks and feeds."""
        from checks.catalogue import digest
        from scanner.service.plan import choose_checks
        from scanner.service.planned import basis_of

        return basis_of(choose_checks(self.catalogue, ()), digest(self.catalogue), self.support, self.advisories)

    def order(self, checks: Sequence[Check]) -> Order:
        """For a process of ours that judges with these checks and today's feeds."""
        from checks.catalogue import digest
        from scanner.service.bench import order_of

        folder = self.settings.path("feeds_folder")
        return order_of(checks, digest(self.catalogue), self.support, self.advisories, folder, self.policy)

    @cached_property
    def policy(self) -> Policy:
        """The inventory's; where there is none, that of the newest scan."""
        path = self.settings.path("inventory") or Path("inventory.yaml")
        if path.exists():
            return self.estate.policy
        from inventory.policy import NO_POLICY

        newest = max((scan.id for scan in self.store.scans()), default=None)
        return NO_POLICY if newest is None else self.store.estate_of(newest).policy

    @cached_property
    def watching(self) -> Watching:
        """The inventory's; where there is none, that of the newest scan."""
        path = self.settings.path("inventory") or Path("inventory.yaml")
        if path.exists():
            return self.estate.watching
        from inventory.watch import NO_WATCHING

        newest = max((scan.id for scan in self.store.scans()), default=None)
        return NO_WATCHING if newest is None else self.store.estate_of(newest).watching

    @property
    def service_names(self) -> dict[str, str]:
        """By id, as far as there is an inventory."""
        path = self.settings.path("inventory") or Path("inventory.yaml")
        return {name: one.name for name, one in self.estate.services.items()} if path.exists() else {}

    @property
    def assets(self) -> dict[str, Asset]:
        """By name, as far as there is an inventory."""
        path = self.settings.path("inventory") or Path("inventory.yaml")
        return {asset.name: asset for asset in self.estate.assets} if path.exists() else {}

    @cached_property
    def store(self) -> Store:
        from scanner.store.store import open_store

        return open_store(database_url(self.settings))

    def plan(self, limit: Sequence[str] = (), globs: Sequence[str] = ()) -> Plan:
        from scanner.service.plan import plan

        return plan(self.estate, self.catalogue, datetime.now(UTC).date(), limit=limit, globs=globs)

    def plan_verification(self, ref: str) -> tuple[Plan, FindingRow]:
        from scanner.service.verify import plan_verification

        return plan_verification(self.store, self.estate, self.catalogue, ref, datetime.now(UTC).date())

    def job(
        self,
        planned: Plan,
        *,
        trust_new: bool = False,
        kind: ScanKind | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Job:
        """``kind``: a full scan if left out."""
        from checks.catalogue import digest
        from scanner.engine import Pace
        from scanner.service.scan import Job
        from scanner.store.records import ScanKind

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
            kind=kind or ScanKind.FULL,
            options=options or {},
            advisories=self.advisories,
            feeds_folder=self.settings.path("feeds_folder"),
        )

    def host_keys(self, *, trust_new: bool = False) -> StoredHostKeys:
        """Our own pins, and beside them a known_hosts file where one is set. Raises :class:`WorkbenchError`."""
        from scanner.transports.ssh_hostkeys import read_known_hosts

        path = self.settings.path("known_hosts")
        try:
            known = read_known_hosts(path.read_text(errors="replace")) if path else None
        except OSError as fault:
            raise WorkbenchError(f"known_hosts {path}: {fault.strerror}") from fault
        return self.store.host_keys(trust_new=trust_new, known_hosts=known)

    def surroundings(self, keys: StoredHostKeys) -> Surroundings:
        from scanner.query import Surroundings
        from scanner.secrets.credentials import CredentialStore

        estate = self.estate
        return Surroundings(CredentialStore(estate.credentials), keys, {asset.name: asset for asset in estate.assets})

    def report(self, store: Store, scan_id: int) -> ReportData:
        from scanner.service.report import report_data

        return report_data(store, scan_id, self.catalogue)

    def tell_lost(self) -> None:
        """Scans whose process died are marked as interrupted, and told of once, by whichever verb comes first."""
        for lost in self.store.lost_scans():
            lacking = ", ".join(lost.lacking[:10]) + (" ..." if len(lost.lacking) > 10 else "")
            note(
                f"scan {lost.id} of {lost.started_at:%Y-%m-%d %H:%M} UTC was cut off: {lost.done} assets kept"
                + (f"; lacking: {lacking}" if lacking else "")
                + f"; its report: estatecheck report --scan {lost.id}"
            )

    @property
    def output(self) -> Path:
        return self.settings.path("output") or Path()

    def try_output(self) -> None:
        """Before any host is bothered: can reports be written at all? Raises :class:`WorkbenchError`."""
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.output):
                pass
        except OSError as fault:
            why = "it is not a folder" if isinstance(fault, FileExistsError) else fault.strerror
            raise WorkbenchError(
                f"reports cannot be written to {self.output}: {why}; name another folder with --output"
            ) from fault

    def write(self, data: ReportData, formats: Sequence[str] = ("html", "json")) -> list[Path]:
        """Write ``report.<suffix>``, or ``report-<view>.<suffix>``: all of them, or none and the older ones stay."""
        from reports.formats import FORMATS
        from reports.views import stem
        from scanner.service.rendering import CannotRender, render

        paths = {self.output / f"{stem(data)}{FORMATS[name].suffix}": name for name in formats}
        parts = {path: path.with_name(f"{path.name}.part{os.getpid()}") for path in paths}
        try:
            self.output.mkdir(parents=True, exist_ok=True)
            for path, name in sorted(paths.items(), key=lambda one: one[1] != "json"):  # the others print its sha256
                render(name, data, parts[path])
            for path, part in parts.items():
                part.replace(path)
        except OSError as fault:
            why = "it is a file, not a folder" if self.output.is_file() else fault.strerror
            raise WorkbenchError(f"reports cannot be written to {self.output}: {why}") from fault
        except CannotRender as fault:
            raise WorkbenchError(str(fault)) from fault
        finally:
            for part in parts.values():
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
        return list(paths)

    def summary(self, data: ReportData, shape: str, written: Sequence[Path]) -> str:
        from reports.formats import FORMATS
        from reports.formats.terminal import render_terminal
        from scanner.cli.scan import show, terminal_width

        if shape == "json":
            out = io.BytesIO()
            FORMATS["json"].render(data, out)
            return out.getvalue().decode()
        paths = [show(path) for path in written]
        return render_terminal(data, width=terminal_width(), colour=on_terminal(), written=paths).rstrip()
