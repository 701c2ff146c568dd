"""The shape of an inventory as pydantic models: what is validated, and what editors get as JSON Schema.

The description of a field is also the "allowed: ..." of its error message. All keys of ours are strict: an unknown key
is an error. A group or host may carry any other variable of the user's; it is ignored.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from inventory.sources import platforms, watch_keys
from inventory.sources.shapes import (
    Address,
    AuthWord,
    Count,
    Criticality,
    Day,
    Endpoint,
    EndpointUrl,
    ExposureWord,
    Filled,
    Fingerprint,
    HostPath,
    Network,
    Platform,
    PrivWord,
    Seconds,
    Secret,
    Strict,
    Text,
)


def _number(value: object) -> object:
    """Ansible takes numbers in quotes too."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


def _flag(value: object) -> object:
    """Ansible takes these words in quotes too."""
    word = value.lower() if isinstance(value, str) else value
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(word, value)  # type: ignore[call-overload]


_OF_COLLECTIONS = {
    "network_cli": "cli",
    "ansible.netcommon.network_cli": "cli",
    "psrp": "winrm",  # Ansible's second way to the same service
}


def _way(value: object) -> object:
    short = value.rpartition(".")[2] if isinstance(value, str) and value.startswith("ansible.builtin.") else value
    short = _OF_COLLECTIONS.get(short, short) if isinstance(short, str) else short
    return "ssh" if short in ("smart", "paramiko", "paramiko_ssh") else short


Days = Annotated[int, Field(ge=1, le=3650)]
Scans = Annotated[int, Field(ge=1, le=100)]


class LimitKeys(Strict):
    host_seconds: Seconds | None = Field(None, description="seconds for the whole visit of a host, above 0")
    connect_seconds: Seconds | None = Field(None, description="seconds to connect, above 0")
    login_seconds: Seconds | None = Field(None, description="seconds for the banner, and again to log in, above 0")
    output_bytes: Annotated[int, Field(ge=4096, le=2**30)] | None = Field(
        None, description="bytes of output of one host, 4096 to 1073741824"
    )
    concurrent: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        None, description="hosts of this group that may be visited at once, 1 to 10000; for a group, not for a host"
    )


class TlsKeys(Strict):
    """Which certificate is accepted where the way in is HTTPS; nothing is sent before it was. One of the three."""

    ca: Filled | None = Field(None, description="a PEM file of authorities, trusted in place of the system's")
    fingerprint: Fingerprint | None = Field(None, description="SHA256: and the 64 hex digits of the certificate")
    verify: Literal["system"] | None = Field(None, description="system: by the system's authorities, the default")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.ca, self.fingerprint, self.verify)) > 1:
            raise ValueError("give one of ca, fingerprint and verify")
        return self


Percent = Annotated[float, Field(gt=0, le=100)]


class ThresholdKeys(Strict):
    """What a device's health is held against where the device sets no threshold of its own."""

    temperature_celsius: Annotated[float, Field(ge=-50, le=200)] | None = Field(
        None, description="degrees Celsius, -50 to 200"
    )
    storage_percent: Percent | None = Field(None, description="percent in use, above 0 and up to 100")
    memory_percent: Percent | None = Field(None, description="percent in use, above 0 and up to 100")
    cpu_percent: Percent | None = Field(None, description="percent of load, above 0 and up to 100")
    interface_error_ratio: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="errors and discards by packets, above 0 and up to 1, such as 0.01"
    )
    battery_charge_percent: Percent | None = Field(None, description="percent, above 0 and up to 100")
    battery_minutes: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        None, description="minutes, above 0 and up to 10000"
    )


class SnapshotKeys(Strict):
    """How a machine looks at itself (docs/snapshots.md)."""

    every: watch_keys.Duration | None = Field(None, description="a length of time such as 7d")


class AssetKeys(Strict):
    """``estatecheck:`` in the vars of a group or among a host's variables."""

    kind: Literal["server", "workstation", "laptop", "network", "endpoint"] | None = Field(
        None, description="server, workstation, laptop, network or endpoint"
    )
    area: Text | None = Field(None, description="the name of one of estatecheck.areas")
    site: Text | None = Field(None, description="the name of one of estatecheck.sites")
    service: Text | None = Field(None, description="the name of one of estatecheck.services")
    supplier: Text | None = Field(None, description="the name of one of estatecheck.suppliers")
    owner: Text | None = Field(None, description="a person or a post, at most 1000 characters")
    exposure: ExposureWord | None = Field(None, description="internet, third-party, internal or isolated")
    criticality: Criticality | None = Field(None, description="1 (low) to 4 (vital)")
    roles: list[Filled] | None = Field(None, description="a list of words such as [router, docker, mail, database]")
    fragile: bool | None = Field(None, description="true or false")
    platform: Platform | None = Field(
        None, description="whose command line it is, such as cisco_ios, for cli; windows, for ssh and snapshot"
    )
    expected_ports: list[Endpoint] | None = Field(None, description="a list such as [tcp/22, udp/53]")
    endpoints: list[EndpointUrl] | None = Field(
        None, description="a list of URLs such as [https://portal.example/, tls://mail.example:993, ssh://]"
    )
    certificates: list[HostPath] | None = Field(None, description="a list of absolute paths on the host")
    backup_marks: list[HostPath] | None = Field(None, description="a list of absolute paths on the host")
    backup_max_age_hours: Annotated[int, Field(ge=1, le=87_600)] | None = Field(
        None, description="hours, 1 to 87600, a whole number"
    )
    central_login: bool | None = Field(None, description="true or false")
    antimalware: list[Filled] | None = Field(None, description="a list of units such as [clamav-daemon.service]")
    administrators: list[Filled] | None = Field(None, description=r"a list of names such as [itsupport, CORP\desk]")
    credential: Text | None = Field(None, description="the name of one of estatecheck.credentials")
    bastion: Text | None = Field(None, description="the name of another host of this inventory")
    become: Literal["collector", "sudo", "none"] | None = Field(None, description="collector, sudo or none")
    ssh_config: bool | None = Field(None, description="true or false")
    tls: TlsKeys | None = Field(None, description="a mapping with one of ca, fingerprint, verify; for Redfish, WinRM")
    limits: LimitKeys | None = Field(None, description="a mapping of limits")
    thresholds: ThresholdKeys | None = Field(None, description="a mapping of thresholds for a device's health")
    snapshots: SnapshotKeys | None = Field(None, description="a mapping with every: 7d; how old its snapshot may be")


class Vars(BaseModel):
    """The variables that are understood. Others may stand beside them."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, json_schema_extra={"additionalProperties": True}
    )

    ansible_host: Address | None = Field(None, description="an IPv4 or IPv6 address, or a host name")
    ansible_ssh_host: Address | None = Field(None, description="an IPv4 or IPv6 address, or a host name")
    ansible_port: Annotated[int, Field(ge=1, le=65535), BeforeValidator(_number)] | None = Field(
        None, description="a port, 1 to 65535"
    )
    ansible_ssh_port: Annotated[int, Field(ge=1, le=65535), BeforeValidator(_number)] | None = Field(
        None, description="a port, 1 to 65535"
    )
    ansible_user: Filled | None = Field(None, description="the name of an account")
    ansible_ssh_user: Filled | None = Field(None, description="the name of an account")
    ansible_connection: (
        Annotated[
            Literal["ssh", "local", "snmp", "redfish", "cli", "winrm", "endpoint", "snapshot"], BeforeValidator(_way)
        ]
        | None
    ) = Field(None, description="ssh, local, snmp, redfish, cli, winrm, endpoint or snapshot")
    ansible_shell_type: Filled | None = Field(None, description="a shell; cmd and powershell say that it is a Windows")
    ansible_network_os: Annotated[str | None, BeforeValidator(platforms.of_ansible)] = Field(
        None, description="what Ansible calls the platform"
    )
    ansible_ssh_private_key_file: Filled | None = Field(None, description="the path of a private key file")
    ansible_become: Annotated[bool, BeforeValidator(_flag)] | None = Field(None, description="true or false")
    ansible_group_priority: Annotated[int, BeforeValidator(_number)] | None = Field(
        None, description="a whole number; for a group"
    )
    estatecheck: AssetKeys | None = Field(None, description="a mapping of the keys of an asset")


class EstateKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    marking: Text | None = Field(None, description="a text that is printed on every report, such as OFFICIAL")
    branding: Filled | None = Field(None, description="a folder with a branding.yaml, beside this file or below it")


class AreaKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    users: Count | None = Field(None, description="a whole number, 0 or more")
    budget: Count | None = Field(None, description="a whole number, 0 or more, in any one currency")
    sites: Count | None = Field(None, description="a whole number, 0 or more")


class SiteKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    exposure: ExposureWord | None = Field(None, description="internet, third-party, internal or isolated")
    area: Text | None = Field(None, description="the name of one of estatecheck.areas")
    users: bool | None = Field(None, description="true or false: are users' machines in this zone")


class ScannerKeys(Strict):
    site: Text | None = Field(None, description="the name of one of estatecheck.sites: where the scanner stands")


class SupplierKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    contact: Text = Field("", description="a text")


class AvailabilityCreditKeys(Strict):
    service: Filled = Field(description="the name of one of estatecheck.services")
    below: Percent = Field(description="per cent of the month, such as 99.5")
    percent: Percent = Field(description="per cent of the monthly charge")


class ClockCreditKeys(Strict):
    level: Literal["critical", "high", "medium", "low"] = Field(description="critical, high, medium or low")
    percent: Percent = Field(description="per cent of the monthly charge, for each finding")
    each: Literal["breach", "month"] = Field(
        "breach", description="breach (once, when it was due) or month (in each that it stays open late)"
    )
    policy: Text = Field("", description="the name of one clock policy; without it any of the contract's")


class CreditKeys(Strict):
    """``credits`` of a contract."""

    availability: list[AvailabilityCreditKeys] = Field([], description="a list of steps of availability")
    clocks: list[ClockCreditKeys] = Field([], description="a list of what breached clocks cost")
    zone: watch_keys.Zone = Field("UTC", description="an IANA zone such as Europe/London: where months begin")
    currency: Text = Field("", description="a word such as GBP")
    monthly_charge: Annotated[float, Field(gt=0)] | None = Field(None, description="an amount above 0")
    most_percent: Percent = Field(100.0, description="the most that a month may cost, per cent of its charge")


class ContractKeys(Strict):
    supplier: Filled = Field(description="the name of one of estatecheck.suppliers")
    starts: Day | None = Field(None, description="a day such as 2026-01-01")
    ends: Day | None = Field(None, description="a day such as 2026-12-31, not before `starts`")
    reference: Text = Field("", description="a text")
    clocks: list[Filled] = Field([], description="a list of clock policies such as [moj, our-contract]")
    credits: CreditKeys | None = Field(None, description="a mapping: a table of service credits")


class ServiceKeys(Strict):
    name: Filled | None = Field(None, description="a text")
    owner: Text = Field("", description="a person or a post")
    accreditor: Text = Field("", description="a person or a post")
    criticality: Criticality | None = Field(None, description="1 (low) to 4 (vital)")


class CredentialKeys(Strict):
    user: Filled | None = Field(None, description="the name of an account")
    password: Secret | None = Field(None, description="a reference to a password")
    key: Secret | None = Field(None, description="a reference to a private key")
    passphrase: Secret | None = Field(None, description="a reference to the key's passphrase")
    certificate: Secret | None = Field(None, description="a reference to an OpenSSH user certificate; for WinRM in PEM")
    agent: bool = Field(False, description="true or false: may the SSH agent be asked")
    kerberos: bool = Field(False, description="true or false: Kerberos in place of NTLM, for WinRM")
    community: Secret | None = Field(None, description="a reference to an SNMPv2c community")
    auth: AuthWord | None = Field(None, description="MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512, for SNMPv3")
    auth_password: Secret | None = Field(None, description="a reference to the password of SNMPv3 authentication")
    priv: PrivWord | None = Field(None, description="DES, AES-128, AES-256 or AES-256-C, for SNMPv3")
    priv_password: Secret | None = Field(None, description="a reference to the password of SNMPv3 privacy")
    weak: bool = Field(False, description="true or false: may MD5 and DES be used for SNMPv3")


class ScopeKeys(Strict):
    authorised_by: Filled = Field(description="who permitted the scan: a person and a post")
    reference: Text = Field("", description="a text: the letter, ticket or contract that permits it")
    valid_from: Day = Field(description="the first day, such as 2026-01-01")
    valid_until: Day = Field(description="the last day, such as 2026-12-31, not before `valid_from`")
    intrusiveness: Literal["passive", "polite", "intrusive"] = Field(
        "polite", description="passive, polite or intrusive"
    )
    groups: list[Filled] = Field([], description="a list of groups; `all` is the whole estate")
    hosts: list[Filled] = Field([], description="a list of hosts of this inventory; ranges such as web[01:12] too")
    networks: list[Network] = Field([], description="a list of networks such as [192.0.2.0/24]")


class IsolationKeys(Strict):
    """One entry of ``isolation``: an assessor's word that hosts can be reached from nowhere else."""

    assessor: Filled = Field(description="who attests it: a person and a post")
    evidence: Filled = Field(description="the reference of what shows it: a test report, a ticket")
    review: Day = Field(description="the last day on which it counts, such as 2026-12-31")
    groups: list[Filled] = Field([], description="a list of groups")
    hosts: list[Filled] = Field([], description="a list of hosts of this inventory; ranges such as plc[01:12] too")


class ResponsibilityKeys(Strict):
    """One entry of ``responsibilities``: who answers for some layers of some assets, from when to when."""

    supplier: Filled = Field(description="the name of one of estatecheck.suppliers")
    starts: Day = Field(description="the first day, such as 2026-01-01")
    ends: Day | None = Field(None, description="the last day, such as 2026-12-31, not before `starts`")
    layers: list[Literal["hardware", "os", "application"]] = Field(
        [], description="a list of hardware, os and application; all three if left out"
    )
    groups: list[Filled] = Field([], description="a list of groups; `all` is the whole estate")
    hosts: list[Filled] = Field([], description="a list of hosts of this inventory; ranges such as web[01:12] too")
    services: list[Filled] = Field([], description="a list of names of estatecheck.services")
    reference: Text = Field("", description="a text: the contract or its schedule")


class DecisionLimitKeys(Strict):
    """``policy: limits``: how long decisions last, and when the record moves a finding by itself."""

    acceptance_days: Days | None = Field(None, description="days that an accepted risk lasts at most, 1 to 3650")
    request_days: Days | None = Field(None, description="days after which an unanswered request ends, 1 to 3650")
    review_days: Days | None = Field(None, description="days until a mitigation is reviewed at most, 1 to 3650")
    pause_days: Days | None = Field(None, description="days that a pause of a clock lasts at most, 1 to 3650")
    override_days: Days | None = Field(None, description="days that an override of risk lasts at most, 1 to 3650")
    stale_scans: Scans | None = Field(None, description="scans without a judgement after which it is stale, 1 to 100")
    unreachable_scans: Scans | None = Field(
        None, description="last visits in vain that putting an asset out of service needs, 1 to 100"
    )


class PolicyKeys(Strict):
    """Policies of the organisation's own: the paths of YAML files, and limits."""

    risk: Filled | None = Field(None, description="the path of a YAML file that overrides the rules of risk")
    clocks: Filled | None = Field(None, description="the path of a YAML file of clocks, or the name of a preset")
    accreditation: Filled | None = Field(None, description="the path of a YAML file of rules for accreditation")
    limits: DecisionLimitKeys | None = Field(None, description="a mapping, such as {acceptance_days: 180}")


class FirmwareKeys(Strict):
    """One block of ``approved_firmware``."""

    model: Filled = Field(description="a model as the device tells it; * stands for any text")
    vendor: Filled | None = Field(None, description="a maker as the device tells it")
    os: Filled | None = Field(
        None, description="an operating system as the device tells it, `bios`, or the name of a server's part"
    )
    versions: list[Filled] = Field([], description='a list of versions in quotes, such as ["15.2(7)E8"]')
    minimum: Filled | None = Field(None, description="the oldest version that is approved, in quotes")
    approved_by: Filled = Field(description="who approved it: a person and a post")
    approved_on: Day = Field(description="a day such as 2026-01-01")
    reference: Text = Field("", description="a text: the ticket or the minutes")
    valid_until: Day | None = Field(None, description="the last day, such as 2026-12-31, not before `approved_on`")


class Own(Strict):
    """``estatecheck:`` at the top level of a file."""

    estate: EstateKeys | None = Field(None, description="a mapping with `name` and `marking`")
    scanner: ScannerKeys | None = Field(None, description="a mapping with `site`")
    areas: dict[str, AreaKeys | None] | None = Field(None, description="a mapping from a short name to an area")
    sites: dict[str, SiteKeys | None] | None = Field(None, description="a mapping from a short name to a site")
    suppliers: dict[str, SupplierKeys | None] | None = Field(
        None, description="a mapping from a short name to a supplier"
    )
    contracts: dict[str, ContractKeys] | None = Field(None, description="a mapping from a short name to a contract")
    services: dict[str, ServiceKeys | None] | None = Field(None, description="a mapping from a short name to a service")
    credentials: dict[str, CredentialKeys] | None = Field(
        None, description="a mapping from a short name to the references of a log-in"
    )
    scopes: dict[str, ScopeKeys] | None = Field(None, description="a mapping from a short name to a permission to look")
    limits: LimitKeys | None = Field(None, description="a mapping of the limits that hold where nothing else is said")
    watch: dict[str, watch_keys.WatchKeys] | None = Field(None, description="a mapping from a short name to a watch")
    vantages: dict[str, watch_keys.VantageKeys] | None = Field(
        None, description="a mapping from a short name to a place that probes for us"
    )
    availability: dict[str, watch_keys.PromiseKeys] | None = Field(
        None, description="a mapping from the name of a service to what was promised of it"
    )
    maintenance: dict[str, watch_keys.MaintenanceKeys] | None = Field(
        None, description="a mapping from a short name to declared work"
    )
    schedules: dict[str, watch_keys.ScheduleKeys] | None = Field(
        None, description="a mapping from a short name to when something is scanned"
    )
    calendars: dict[str, watch_keys.CalendarKeys] | None = Field(
        None, description="a mapping from a short name to a list of days"
    )
    notify: dict[str, watch_keys.ChannelKeys] | None = Field(
        None, description="a mapping from a short name to where changes are told"
    )
    responsibilities: dict[str, ResponsibilityKeys] | None = Field(
        None, description="a mapping from a short name to who answers for what, from when to when"
    )
    policy: PolicyKeys | None = Field(None, description="a mapping from risk, clocks, accreditation to a file")
    isolation: dict[str, IsolationKeys] | None = Field(
        None, description="a mapping from a short name to an assessor's word that hosts are isolated"
    )
    approved_firmware: list[FirmwareKeys] | Filled | None = Field(
        None, description="a list of approved versions, or the path of a YAML file that holds one"
    )


class Group(Strict):
    """One group, for the JSON Schema; groups are read by ``groups.py``."""

    hosts: dict[str, Vars | None] | str | None = None
    children: "dict[str, Group | None] | str | None" = None
    vars: Vars | None = None


class File(BaseModel):
    """One inventory file, for the JSON Schema."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Group | None]

    estatecheck: Own | None = None
