"""What is this server, and which firmware do its BMC, its BIOS and its parts run? Over Redfish.

Model and serial number are the server's, ``version`` is the BMC's firmware, ``boot_version`` that of the BIOS. Where a
service looks after several servers (an enclosure), these are the enclosure's, and the servers stand in ``parts``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.device import Conflict, Device, Part, Source
from scanner.probes.redfish.makers import Named, named
from scanner.probes.redfish.tree import ROOT, Resource, Tree, read
from scanner.query import Answer, Query, RedfishTree, Unreadable

LINKS = ("Systems/*", "Managers/*", "Chassis/*", "UpdateService/FirmwareInventory/*")
MAX_RAW = 512
NO_SERVER = ("Virtual", "OS", "VirtuallyPartitioned", "PhysicallyPartitioned")  # ComputerSystem.SystemType
NOT_RUNNING = ("StandbySpare", "StandbyOffline", "Disabled", "Absent", "UnavailableOffline", "Updating", "Deferring")
# beside what is installed iDRAC lists what could be put back or waits: Ids "Previous-...", "Available-..."
_SPARE = re.compile(r"^(?:Previous|Available)-")


@dataclass(frozen=True, slots=True)
class DeviceProbe:
    name: str = "device"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every service is asked alike)
        return None if so_far else RedfishTree(self.name, LINKS)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Device:  # noqa: ARG002 (one shape for all probes)
        return identify(read(answers))


DEVICE = DeviceProbe()


class _Told:
    """Values with the place each was read at."""

    def __init__(self) -> None:
        self.evidence: list[Source] = []

    def value(self, field: str, of: Sequence[Resource], *names: str) -> str | None:
        """The one value that all of these resources have; None when there is none, or more than one."""
        found = [(one, name, text) for one in of for name in names[:1] if (text := one.text(name))]
        if not found and len(names) > 1:
            return self.value(field, of, *names[1:])
        self.evidence += [Source(field, f"{one.path}#/{name}", text[:MAX_RAW]) for one, name, text in found]
        values = {text for _, _, text in found}
        return values.pop() if len(values) == 1 else None


def identify(tree: Tree) -> Device:
    """Pure. Raises :class:`Unreadable` when nothing tells what this is."""
    systems, chassis = _servers(tree), tree.members(tree.root, "Chassis")
    managers = _managers(tree, systems)
    if not (systems or managers or chassis):
        why = "; ".join(tree.gaps_below(ROOT)[:3]) or "it has neither systems nor managers nor chassis"
        raise Unreadable(f"the service does not tell what this is: {why}")
    body = systems if len(systems) == 1 else _outermost(chassis) or systems
    told = _Told()
    made_by = told.value("vendor", body, "Manufacturer") or told.value("vendor", [tree.root], "Vendor")
    model = told.value("os", managers, "Model")
    by = named(made_by, model, told.value("version", managers, "FirmwareVersion"))
    firmware = _inventory(tree)
    conflict = _conflict(by, managers, firmware, told.evidence)
    return Device(
        vendor=by.vendor,
        os=by.os,
        model=told.value("model", body, "Model"),
        version=by.version,
        serial=told.value("serial", body, *by.serial),
        boot_version=told.value("boot_version", systems, "BiosVersion"),
        hostname=told.value("hostname", systems, "HostName"),
        rule=by.rule,
        parts=_parts(tree, chassis, firmware),
        evidence=tuple(told.evidence),
        conflicts=(conflict,) if conflict else (),
        gaps=tree.gaps_below(ROOT),
    )


def _inventory(tree: Tree) -> list[Resource]:
    return [
        item
        for service in tree.linked(tree.root, "UpdateService")
        for item in tree.members(service, "FirmwareInventory")
    ]


def _servers(tree: Tree) -> list[Resource]:
    """Physical servers. A part that calls itself a system (a board of accelerators) has no BIOS and names none."""
    systems = [one for one in tree.members(tree.root, "Systems") if one.text("SystemType") not in NO_SERVER]
    with_bios = [one for one in systems if one.text("BiosVersion")]
    return with_bios if len(with_bios) == 1 else systems


def _managers(tree: Tree, systems: Sequence[Resource]) -> list[Resource]:
    """The BMC that the one server names, else those that call themselves one, else all."""
    managers = tree.members(tree.root, "Managers")
    own = {path for one in systems for path in one.links("Links/ManagedBy")} if len(systems) == 1 else set()
    for chosen in (
        [one for one in managers if one.path in own and one.text("ManagerType") == "BMC"],
        [one for one in managers if one.path in own],
        [one for one in managers if one.text("ManagerType") == "BMC"] if systems else [],
    ):
        if chosen:
            return chosen
    return managers


def _outermost(chassis: Sequence[Resource]) -> list[Resource]:
    return [one for one in chassis if not one.links("Links/ContainedBy")]


def _conflict(
    by: Named, managers: Sequence[Resource], firmware: Iterable[Resource], told: list[Source]
) -> Conflict | None:
    """The firmware inventory's entry for the BMC against the BMC's own word, which is kept."""
    if by.version is None:
        return None
    ours = {one.path for one in managers}
    for item in firmware:
        version = item.text("Version")
        if version is None or not _runs(item) or ours.isdisjoint(item.links("RelatedItem")):
            continue
        if not _same(version, by.version):
            said = (*(one for one in told if one.field == "version"), _source(item, version))
            return Conflict("version", said, by.version)
    return None


def _source(item: Resource, version: str) -> Source:
    return Source("version", f"{item.path}#/Version", version[:MAX_RAW])


def _same(one: str, other: str) -> bool:
    """Whether the words of one stand in the other: "2.81" and "v2.81 Jan 10 2023"."""
    words = [set(re.findall(r"(?:\bv)?([a-z0-9][a-z0-9.]*)", text.lower())) for text in (one, other)]
    return words[0] <= words[1] or words[1] <= words[0]


def _runs(item: Resource) -> bool:
    return item.text("Status/State") not in NOT_RUNNING and not _SPARE.match(item.text("Id") or "")


def _parts(tree: Tree, chassis: Iterable[Resource], firmware: Iterable[Resource]) -> tuple[Part, ...]:
    listed = [
        *(_part("system", one, firmware="BiosVersion") for one in tree.members(tree.root, "Systems")),
        *(_part("manager", one, software="FirmwareVersion") for one in tree.members(tree.root, "Managers")),
        *(_part("chassis", one) for one in chassis),
        *(_part("firmware" if _runs(one) else "firmware, not running", one, software="Version") for one in firmware),
    ]
    return tuple(listed)


def _part(kind: str, one: Resource, firmware: str = "", software: str = "") -> Part:
    return Part(
        index=0,
        kind=kind,
        name=one.text("Name", "Id"),
        model=one.text("Model"),
        serial=one.text("SerialNumber"),
        firmware=one.text(firmware) if firmware else None,
        software=one.text(software) if software else None,
    )
