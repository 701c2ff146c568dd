"""One thing in the estate that can be looked at, and how to get to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from inventory.endpoint import Endpoint
from inventory.thresholds import HealthThresholds

if TYPE_CHECKING:
    from inventory.estate import Estate


SNAPSHOT, SNAPSHOT_WINDOWS = "snapshot", "snapshot-windows"  # ways of a machine that looks at itself
SNAPSHOTS = (SNAPSHOT, SNAPSHOT_WINDOWS)
BY_SNAPSHOT = "a snapshot that "  # so begins what is said of a visit that only read one
SNAPSHOT_DAYS = 7.0  # so long one counts where nothing else is said


class Become(StrEnum):
    """How root-only sections are run on the host."""

    COLLECTOR = "collector"  # one root-owned script behind a digest-pinned sudoers line
    SUDO = "sudo"  # sudo -n sh: the account may run anything as root
    NONE = "none"  # never; root-only sections are not assessed


class Privilege(StrEnum):
    """Under which right something was read. ROOT is more than USER is more than NONE."""

    NONE = "none"
    USER = "user"
    ROOT = "root"

    @property
    def rank(self) -> int:
        return ("none", "user", "root").index(self.value)


@dataclass(frozen=True, slots=True)
class Tls:
    """Which certificate is accepted, where the way in is HTTPS. At most one is set; none: the system's authorities."""

    ca: str | None = None  # a PEM file here, of authorities trusted in place of the system's
    fingerprint: str | None = None  # SHA256:<64 hex digits> of the certificate itself, whoever signed it


@dataclass(frozen=True, slots=True)
class Connection:
    """The way in. ``credential`` and ``bastion`` are names in the inventory, never a secret."""

    way: str  # ssh, ssh-windows, local, snmp, redfish, cli, winrm, endpoint, snapshot, snapshot-windows
    address: str
    port: int = 22
    user: str | None = None
    credential: str | None = None
    bastion: str | None = None  # the name of another asset
    become: Become = Become.COLLECTOR
    ssh_config: bool = False  # honour ~/.ssh/config for this host
    tls: Tls | None = None  # None: the system's authorities, and the name must be right


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard a host or a group of hosts may be hit. Times in seconds."""

    host_seconds: float = 120.0  # whole visit
    connect_seconds: float = 10.0
    login_seconds: float = 10.0  # banner, and again authentication
    output_bytes: int = 8 * 1024 * 1024  # counted before and after decompression
    concurrent: int | None = None  # hosts of this group at once; None: no cap of its own


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where the scanner stands, as the inventory says."""

    zone: str = ""  # the name of a site; "": not said
    of_users: bool | None = None  # users' machines are in it; None: not said
    zone_exposure: str | None = None  # who can reach that zone; internet: the scanner stands outside


@dataclass(frozen=True, slots=True)
class Asset:
    name: str  # the inventory's name: the label, not the identity
    connection: Connection
    kind: str = "server"  # server, workstation, laptop, network, endpoint
    groups: tuple[str, ...] = ()
    area: str | None = None
    site: str | None = None
    service: str | None = None
    supplier: str | None = None
    owner: str = ""
    exposure: str | None = None  # internet, third-party, internal, isolated; None: unknown
    criticality: int | None = None  # 1 low .. 4 vital; None: unknown
    roles: tuple[str, ...] = ()  # router, docker, mail, database, web, dns, ...
    fragile: bool = False
    platform: str | None = None  # way cli: whose command line it is, by netmiko's name; None: find out
    expected_ports: tuple[str, ...] | None = None  # tcp/443, udp/53; None: the inventory does not say
    endpoints: tuple[Endpoint, ...] = ()  # services that are looked at from outside
    certificates: tuple[str, ...] = ()  # files on the host
    backup_marks: tuple[str, ...] = ()  # files on the host
    backup_max_age_hours: int = 26
    central_login: bool = False  # policy: log-ins must come from a directory
    antimalware: tuple[str, ...] = ()  # units of which one must run; empty: not required
    administrators: tuple[str, ...] | None = None  # of a Windows machine, by name or SID; None: not said
    limits: Limits = field(default_factory=Limits)
    thresholds: HealthThresholds = field(default_factory=HealthThresholds)
    seen_from: Viewpoint = Viewpoint()
    permitted: str = ""  # passive, polite or intrusive: by the scope of this scan; "": nobody has asked yet
    snapshot_days: float | None = None  # how old its newest snapshot may be; None: not said
    line: int = 0  # where the inventory names it


class Source(Protocol):
    """Something that knows the estate: a file, a CMDB, a cloud."""

    def estate(self) -> Estate:
        """Read and validate everything. Raises ``InventoryError`` with every fault found."""
        ...
