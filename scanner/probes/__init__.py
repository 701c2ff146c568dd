"""Every probe, by the way in that can ask it. To add one: write its file, add its line to the list of its way."""

from collections.abc import Iterable, Mapping
from typing import Any

from inventory.asset import SNAPSHOT, SNAPSHOT_WINDOWS, Asset, Privilege
from scanner.probes.cli import CLI
from scanner.probes.contact import CONTACT
from scanner.probes.linux import LINUX
from scanner.probes.network import SNMP
from scanner.probes.network.management import MANAGEMENT
from scanner.probes.redfish import REDFISH
from scanner.probes.script import ScriptProbe
from scanner.probes.services import SERVICES
from scanner.probes.web import SEEN
from scanner.probes.windows import WINDOWS
from scanner.query import Probe, Script

OUTSIDE: tuple[Probe[Any], ...] = (*SEEN, *SERVICES)  # of an asset whose inventory names endpoints


def _by_name(*probes: Probe[Any]) -> dict[str, Probe[Any]]:
    return {probe.name: probe for probe in probes}


PROBES = _by_name(CONTACT, *LINUX, *OUTSIDE)  # of a shell

WINDOWS_PROBES = _by_name(CONTACT, *WINDOWS, *OUTSIDE)  # of PowerShell, and of a snapshot of it

OWN_SCRIPT = tuple(p for p in PROBES.values() if isinstance(p, ScriptProbe) and p.script_for is None)

BY_WAY: dict[str, dict[str, Probe[Any]]] = {
    "local": PROBES,
    "ssh": PROBES,
    "ssh-windows": WINDOWS_PROBES,
    "winrm": WINDOWS_PROBES,
    "snmp": _by_name(CONTACT, *SNMP, *OUTSIDE),
    "redfish": _by_name(CONTACT, *REDFISH, MANAGEMENT, *OUTSIDE),
    "cli": _by_name(CONTACT, *CLI, MANAGEMENT, *OUTSIDE),
    "endpoint": _by_name(CONTACT, *OUTSIDE),
    SNAPSHOT: _by_name(*OWN_SCRIPT),  # of a machine that looks at itself: nobody was in contact with it
    SNAPSHOT_WINDOWS: _by_name(*WINDOWS),
}


def probes_of(way: str) -> Mapping[str, Probe[Any]]:
    """By the name of the fact. A way that is not known asks what a shell is asked."""
    return BY_WAY[way] if way in BY_WAY else PROBES  # noqa: SIM401 (mypy takes what get() gives for Any)


def can_tell(way: str, facts: Iterable[str]) -> bool:
    """Whether all of these facts can be had over this way in: a check that needs others does not concern the asset."""
    return probes_of(way).keys() >= set(facts)


def concerns(asset: Asset, facts: Iterable[str]) -> bool:
    """Whether a check that needs these facts is about this asset: of endpoints, where it has one of that kind."""
    needed = set(facts)
    if not can_tell(asset.connection.way, needed):
        return False
    return all(probe.query(asset, ()) is not None for probe in OUTSIDE if probe.name in needed)


Kind = tuple[str, frozenset[str]]


def kind_of(asset: Asset) -> Kind:
    """Assets of one kind are concerned by the same checks."""
    return asset.connection.way, frozenset(endpoint.scheme for endpoint in asset.endpoints)


def asked_of(asset: Asset, probes: tuple[Probe[Any], ...]) -> tuple[Probe[Any], ...]:
    """Without those for endpoints of which the inventory names none."""
    return tuple(probe for probe in probes if probe not in OUTSIDE or probe.query(asset, ()) is not None)


def collector_sections() -> tuple[Script, ...]:
    """The root-only sections whose text is the same for every host: what the collector script may hold."""
    fixed = (p for p in PROBES.values() if isinstance(p, ScriptProbe) and p.script_for is None)
    return tuple(probe.script for probe in fixed if probe.privilege is Privilege.ROOT)


def snapshot_sections() -> tuple[Script, ...]:
    """What the script of a snapshot asks a Unix host: everything whose text does not depend on the inventory."""
    return tuple(probe.script for probe in OWN_SCRIPT)
