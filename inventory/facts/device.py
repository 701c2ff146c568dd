"""What a network device or appliance is, as it answers over SNMP: make, model, serial number and running software."""

from dataclasses import dataclass
from enum import StrEnum


class VersionKind(StrEnum):
    """What ``Device.version`` says, and so what it may be compared with."""

    SOFTWARE = "software"  # the version of the operating system or firmware that runs
    KERNEL = "kernel"  # a kernel's own version, from sysDescr: says nothing of the distribution's patch level
    RELEASE = "release"  # a product's release name ("Server 2019"): says nothing of its patches


@dataclass(frozen=True, slots=True)
class Part:
    """A chassis, stack member or line card. A value the device does not give is None."""

    index: int  # entPhysicalIndex; 0 where a vendor's own table names the part
    kind: str  # chassis, stack, module, or what the vendor's table holds
    name: str | None = None
    model: str | None = None
    serial: str | None = None
    hardware: str | None = None
    firmware: str | None = None
    software: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field was read: ``oid``, the path of a Redfish property, or the command whose output it stood in.
    ``raw``: as it was answered, cut to 512 characters."""

    field: str  # version, model, serial, boot_version, ...
    oid: str
    raw: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources that should say the same and do not. ``kept`` is what the fact says all the same, if anything."""

    field: str
    said: tuple[Source, ...]
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """``None`` means that the device did not tell, or told two things (see ``conflicts``)."""

    vendor: str | None = None
    os: str | None = None
    model: str | None = None
    version: str | None = None
    serial: str | None = None
    boot_version: str | None = None
    uptime_seconds: int | None = None
    hostname: str | None = None
    rule: str | None = None  # the rule of the family table that matched, None: only what every device answers was read
    version_kind: VersionKind = VersionKind.SOFTWARE
    model_is_architecture: bool = False  # the model only says what processor the machine has
    parts: tuple[Part, ...] | None = ()  # None: the table was not read to its end
    evidence: tuple[Source, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    object_id: str | None = None  # sysObjectID
    description: str | None = None  # sysDescr, cut to 512 characters
    gaps: tuple[str, ...] = ()  # tables that were not read to their end: OID and reason
