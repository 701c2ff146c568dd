"""Every probe, by the kind of system it looks at. To add one: write its file, add its line here."""

from typing import Any

from inventory.asset import Privilege
from scanner.probes.contact import CONTACT
from scanner.probes.linux import LINUX
from scanner.probes.script import ScriptProbe
from scanner.query import Probe, Script

PROBES: dict[str, Probe[Any]] = {probe.name: probe for probe in (CONTACT, *LINUX)}


def collector_sections() -> tuple[Script, ...]:
    """The root-only sections whose text is the same for every host: what the collector script may hold."""
    fixed = (p for p in PROBES.values() if isinstance(p, ScriptProbe) and p.script_for is None)
    return tuple(probe.script for probe in fixed if probe.privilege is Privilege.ROOT)
