"""The estate: who owns, runs, supplies and permits what. Shapes only; ``inventory/sources`` fills them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from inventory.asset import Asset, Limits
from inventory.credits import CreditTable
from inventory.policy import NO_POLICY, Policy
from inventory.responsibility import Responsibility
from inventory.watch import NO_WATCHING, Watching


class Intrusiveness(StrEnum):
    """How much a probe may ask of a target, least first."""

    PASSIVE = "passive"
    POLITE = "polite"
    INTRUSIVE = "intrusive"


class Exposure(StrEnum):
    """Who can reach a zone."""

    INTERNET = "internet"
    THIRD_PARTY = "third-party"
    INTERNAL = "internal"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the organisation that coverage is counted by (a court, a ward, a branch)."""

    id: str
    name: str
    users: int | None = None
    budget: int | None = None  # any one currency, used as a weight only
    sites: int | None = None


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    exposure: Exposure | None = None
    area: str | None = None
    users: bool | None = None  # users' machines are in this zone; None: not said


@dataclass(frozen=True, slots=True)
class Supplier:
    id: str
    name: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    supplier: str
    starts: date | None = None
    ends: date | None = None
    reference: str = ""
    clocks: tuple[str, ...] = ()  # names of clock policies (checks.clock_policy)
    credits: CreditTable | None = None


@dataclass(frozen=True, slots=True)
class Service:
    id: str
    name: str
    owner: str = ""
    accreditor: str = ""
    criticality: int | None = None  # 1 low .. 4 vital


@dataclass(frozen=True, slots=True)
class Scope:
    """Permission to look: who gave it, for what, until when (domain.md, Permission and politeness)."""

    id: str
    authorised_by: str
    reference: str
    valid_from: date
    valid_until: date
    intrusiveness: Intrusiveness
    groups: tuple[str, ...] = ()  # "all" covers the estate
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()  # CIDR, matched against the address as written

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, slots=True)
class Credential:
    """How to log in. Every secret is a reference (``env:``, ``file:``, ``keyring:``, ``vault:``, ``cmd:``)."""

    id: str
    user: str | None = None
    password: str | None = None
    key: str | None = None  # reference to a private key
    passphrase: str | None = None
    certificate: str | None = None  # reference to an OpenSSH user certificate; for WinRM to one in PEM
    agent: bool = False
    community: str | None = None  # reference; SNMPv2c
    auth: str | None = None  # SNMPv3 authentication protocol: SHA-256
    auth_password: str | None = None  # reference
    priv: str | None = None  # SNMPv3 privacy protocol: AES-128
    priv_password: str | None = None  # reference
    weak: bool = False  # MD5 and DES may be used
    kerberos: bool = False  # for WinRM: Kerberos in place of NTLM


@dataclass(frozen=True, slots=True)
class Estate:
    name: str
    assets: tuple[Asset, ...]
    marking: str = ""
    areas: Mapping[str, Area] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    group_limits: Mapping[str, Limits] = field(default_factory=dict)
    policy: Policy = NO_POLICY
    responsibilities: tuple[Responsibility, ...] = ()  # in the order of the inventory
    watching: Watching = NO_WATCHING
    branding: str = ""  # whole path of the folder that reports are dressed from; "": none
    source: str = ""  # where it was read from, for messages
    digest: str = ""  # sha256 of what was read
