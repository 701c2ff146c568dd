"""How makers name their BMC and its firmware. What no line knows is told as the schema has it.

DMTF's schema says where a value stands (Manager.Model, Manager.FirmwareVersion, ComputerSystem.SerialNumber), not what
it looks like. Every line says where its words come from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

GENERIC = "redfish"  # the rule's name where no line below holds


@dataclass(frozen=True, slots=True)
class Maker:
    """``manager`` is searched in the manager's Model, and its group fills ``os``; ``made_by`` in the Manufacturer."""

    rule: str
    source: str
    os: str
    manager: str
    made_by: str = ""
    vendor: str | None = None  # None: the Manufacturer as it is
    versions: str = r"^(.+)$"  # the first group of FirmwareVersion
    serial: tuple[str, ...] = ("SerialNumber",)
    names: Mapping[str, str] = field(default_factory=dict)  # of the first group, in place of it


MAKERS = (
    Maker(
        "hpe-ilo",
        'HPE iLO RESTful API: Manager.Model "iLO 5", FirmwareVersion "iLO 5 v2.81"',
        os="iLO {1}",
        manager=r"^iLO (\d+)",
        vendor="HPE",
        versions=r"^(?:iLO \d+ )?v?(\d\S*)",
    ),
    Maker(
        "dell-idrac",
        'iDRAC Redfish API: Manager.Model "14G Monolithic" (12G iDRAC7, 13G iDRAC8, 14G-16G iDRAC9, 17G iDRAC10); '
        "ComputerSystem.SKU is the service tag, SerialNumber that of the system board",
        os="{1}",
        manager=r"^(1[2-9])G ",
        made_by=r"^Dell\b",
        vendor="Dell",
        serial=("SKU", "SerialNumber"),
        names={"12": "iDRAC7", "13": "iDRAC8", "14": "iDRAC9", "15": "iDRAC9", "16": "iDRAC9", "17": "iDRAC10"},
    ),
    Maker(
        "lenovo-xcc",
        "Lenovo XClarity Controller REST API Guide, resource Manager",
        os="{1}",
        manager=r"(XClarity Controller(?: \d+)?)",
        made_by=r"^Lenovo\b",
        vendor="Lenovo",
    ),
    Maker("openbmc", 'OpenBMC bmcweb: Manager.Model "OpenBmc"', os="OpenBMC", manager=r"^OpenBmc$"),
)


@dataclass(frozen=True, slots=True)
class Named:
    rule: str
    vendor: str | None
    os: str | None
    version: str | None
    serial: tuple[str, ...]  # the properties of the system, in this order


def named(manufacturer: str | None, model: str | None, version: str | None) -> Named:
    """What the words of system and manager say, by the line that holds or as they are."""
    for maker in MAKERS:
        match = re.search(maker.manager, model or "")
        if match and re.search(maker.made_by, manufacturer or ""):
            return _by(maker, match, manufacturer, model, version)
    return Named(GENERIC, manufacturer, model, version, ("SerialNumber",))


def _by(maker: Maker, match: re.Match[str], made_by: str | None, model: str | None, version: str | None) -> Named:
    word = match[1] if match.re.groups else ""
    known = maker.names.get(word, None if maker.names else word)
    taken = re.search(maker.versions, version or "")
    return Named(
        rule=maker.rule,
        vendor=maker.vendor or made_by,
        os=maker.os.replace("{1}", known) if known is not None else model,
        version=taken[1] if taken else version,
        serial=maker.serial,
    )
