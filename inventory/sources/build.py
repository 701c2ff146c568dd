"""From checked settings to the estate: the frozen dataclasses the rest of the program reads."""

from collections.abc import Mapping
from typing import Any

from inventory.asset import SNAPSHOT, SNAPSHOT_WINDOWS, Asset, Become, Connection, Limits, Tls, Viewpoint
from inventory.credits import AvailabilityCredit, ClockCredit, CreditTable
from inventory.estate import (
    Area,
    Contract,
    Credential,
    Estate,
    Exposure,
    Intrusiveness,
    Scope,
    Service,
    Site,
    Supplier,
)
from inventory.policy import DecisionLimits, Isolation, Policy, PolicyFile
from inventory.responsibility import Layer, Responsibility
from inventory.sources.document import (
    ContractKeys,
    CreditKeys,
    DecisionLimitKeys,
    IsolationKeys,
    ResponsibilityKeys,
    ScopeKeys,
    TlsKeys,
)
from inventory.sources.endpoint_words import endpoint_of
from inventory.sources.groups import Host
from inventory.sources.merge import Hierarchy, Setting, Settings
from inventory.sources.ownkeys import OwnKeys
from inventory.sources.platforms import WINDOWS
from inventory.sources.watching import watching
from inventory.sources.words import expand
from inventory.thresholds import DEFAULTS, HealthThresholds

# Keys of an asset that are carried over as they are; None means the default of the dataclass.
_AS_IS = ("kind", "service", "supplier", "owner", "criticality", "fragile", "backup_max_age_hours", "central_login")
_LISTS = ("roles", "expected_ports", "certificates", "backup_marks", "antimalware", "administrators")
_LIMITS = ("host_seconds", "connect_seconds", "login_seconds", "output_bytes")
SSH_WINDOWS = "ssh-windows"
WITH_BASTION = ("ssh", SSH_WINDOWS, "cli")
_WINDOWS_SHELLS = ("cmd", "powershell")
KEY_FILE = "ansible_ssh_private_key_file"
DEFAULT_PORTS = {"snmp": 161, "redfish": 443, "winrm": 5986}  # of every other way in: 22


def value(said: Settings, *keys: str) -> Any:  # noqa: ANN401 (the models have checked each key's type)
    """The first of the keys that has a value."""
    return next((s.value for key in keys if (s := said.get(key)) and s.value is not None), None)


def asset(host: Host, groups: tuple[str, ...], said: Settings, sites: Mapping[str, Site], defaults: Limits) -> Asset:
    """One asset. An exposure or area of its own goes before that of its site."""
    fields: dict[str, Any] = {key: value(said, key) for key in _AS_IS}
    fields |= {key: tuple(value(said, key)) for key in _LISTS if value(said, key) is not None}
    site = sites.get(value(said, "site") or "")
    exposure = value(said, "exposure") or (site.exposure.value if site and site.exposure else None)
    return Asset(
        name=host.name,
        connection=connection(host.name, said),
        groups=groups,
        area=value(said, "area") or (site.area if site else None),
        site=value(said, "site"),
        exposure=exposure,
        platform=value(said, "platform", "ansible_network_os"),
        limits=_limits(defaults, {k: s.value for k in _LIMITS if (s := said.get(f"limits.{k}"))}),
        endpoints=tuple(endpoint_of(url) for url in value(said, "endpoints") or ()),
        thresholds=HealthThresholds(**{k: value(said, f"thresholds.{k}") for k in DEFAULTS}),
        snapshot_days=_days(value(said, "snapshots.every")),
        line=host.spot.line,
        **{key: given for key, given in fields.items() if given is not None},
    )


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 86_400


def way_of(said: Settings) -> str:
    """The way in. SSH to a Windows machine is one of its own, for what is asked there is."""
    way = str(value(said, "ansible_connection") or "ssh")
    shell = str(value(said, "ansible_shell_type") or "")
    windows = value(said, "platform") == WINDOWS or shell.lower() in _WINDOWS_SHELLS
    if way == SNAPSHOT:
        return SNAPSHOT_WINDOWS if windows else SNAPSHOT
    return SSH_WINDOWS if way == "ssh" and windows else way


def connection(name: str, said: Settings) -> Connection:
    """``ansible_become`` counts only where ``become`` is not said."""
    way = way_of(said)
    become = value(said, "become")
    if become is None and value(said, "ansible_become") is not None:
        become = Become.SUDO if value(said, "ansible_become") else Become.NONE
    return Connection(
        way=way,
        address=value(said, "ansible_host", "ansible_ssh_host") or name,
        port=value(said, "ansible_port", "ansible_ssh_port") or DEFAULT_PORTS.get(way, 22),
        user=value(said, "ansible_user", "ansible_ssh_user"),
        credential=value(said, "credential") or _key_file(said),
        bastion=value(said, "bastion") if way in WITH_BASTION else None,
        become=Become(become or Become.COLLECTOR),
        ssh_config=bool(value(said, "ssh_config")),
        tls=_tls(value(said, "tls")),
    )


def _tls(keys: TlsKeys | None) -> Tls | None:
    return Tls(keys.ca, keys.fingerprint) if keys and (keys.ca or keys.fingerprint) else None


def _key_file(said: Settings) -> str | None:
    path = value(said, KEY_FILE)
    return f"{KEY_FILE}: {path}" if path else None


def key_file_credentials(settings: Mapping[str, Setting]) -> dict[str, Credential]:
    """The log-in that ``ansible_ssh_private_key_file`` stands for, under the name :func:`connection` gives it."""
    path = value(settings, KEY_FILE)
    name = _key_file(settings)
    return {name: Credential(name, key=f"file:{path}")} if name and value(settings, "credential") is None else {}


def _limits(base: Limits, said: Mapping[str, Any]) -> Limits:
    kept = {name: given for name, given in said.items() if given is not None}
    concurrent = kept.pop("concurrent", None)
    return Limits(**{**{k: getattr(base, k) for k in _LIMITS}, **kept}, concurrent=concurrent)


def default_limits(own: OwnKeys) -> Limits:
    return _limits(Limits(), {k: v for k, v in own.limits.items() if k != "concurrent"})


def group_limits(hierarchy: Hierarchy, own: OwnKeys) -> dict[str, Limits]:
    """Caps of whole groups; that of the top-level ``limits`` is a cap of ``all``."""
    defaults = default_limits(own)
    caps = {"all": _limits(defaults, {"concurrent": own.limits.get("concurrent")})}
    for name in hierarchy.census.groups:
        said = hierarchy.of_groups([name])
        if value(said, "limits.concurrent"):
            caps[name] = _limits(defaults, {k: value(said, f"limits.{k}") for k in (*_LIMITS, "concurrent")})
    return {name: limits for name, limits in caps.items() if limits.concurrent}


def estate(
    own: OwnKeys, assets: tuple[Asset, ...], caps: Mapping[str, Limits], implied: Mapping[str, Credential], name: str
) -> Estate:
    """Everything but the source and its digest. ``name`` is used when the inventory gives the estate none."""
    return Estate(
        name=own.estate.get("name") or name,
        assets=assets,
        marking=own.estate.get("marking") or "",
        branding=own.estate.get("branding") or "",
        areas={n: Area(n, k.name or n, k.users, k.budget, k.sites) for n, k in own.areas.items()},
        sites=sites(own),
        suppliers={n: Supplier(n, k.name or n, k.contact) for n, k in own.suppliers.items()},
        contracts={n: _contract(n, k) for n, k in own.contracts.items()},
        services={n: Service(n, k.name or n, k.owner, k.accreditor, k.criticality) for n, k in own.services.items()},
        scopes={n: _scope(n, k) for n, k in own.scopes.items()},
        credentials={n: Credential(n, **k.model_dump()) for n, k in own.credentials.items()} | dict(implied),
        group_limits=dict(caps),
        policy=_policy(own),
        responsibilities=tuple(_responsibility(name, keys) for name, keys in own.responsibilities.items()),
        watching=watching(own),
    )


def _policy(own: OwnKeys) -> Policy:
    """A policy that is a plain word is the name of a preset: its text is empty."""
    named = {name: path for name, path in own.policy.items() if isinstance(path, str) and path}
    limits = own.policy.get("limits")
    return Policy(
        approved_firmware=tuple(own.approved.blocks),
        files=tuple(PolicyFile(name, path, own.policy_texts.get(name, "")) for name, path in sorted(named.items())),
        isolations=tuple(_isolation(name, keys) for name, keys in sorted(own.isolation.items())),
        limits=DecisionLimits(**limits.model_dump()) if isinstance(limits, DecisionLimitKeys) else None,
    )


def _responsibility(name: str, keys: ResponsibilityKeys) -> Responsibility:
    return Responsibility(
        id=name,
        supplier=keys.supplier,
        starts=keys.starts,
        ends=keys.ends,
        layers=tuple(Layer(word) for word in keys.layers) or tuple(Layer),
        hosts=tuple(host for pattern in keys.hosts for host in expand(pattern)),
        groups=tuple(keys.groups),
        services=tuple(keys.services),
        reference=keys.reference,
    )


def _isolation(name: str, keys: IsolationKeys) -> Isolation:
    hosts = tuple(host for pattern in keys.hosts for host in expand(pattern))
    return Isolation(name, keys.assessor, keys.evidence, keys.review, hosts, tuple(keys.groups))


def _contract(name: str, keys: ContractKeys) -> Contract:
    table = _credits(keys.credits) if keys.credits else None
    return Contract(name, keys.supplier, keys.starts, keys.ends, keys.reference, tuple(keys.clocks), table)


def _credits(keys: CreditKeys) -> CreditTable:
    return CreditTable(
        availability=tuple(AvailabilityCredit(k.service, k.below / 100, k.percent) for k in keys.availability),
        clocks=tuple(ClockCredit(k.level, k.percent, k.each, k.policy) for k in keys.clocks),
        zone=keys.zone,
        currency=keys.currency,
        monthly_charge=keys.monthly_charge,
        most_percent=keys.most_percent,
    )


def sites(own: OwnKeys) -> dict[str, Site]:
    return {
        n: Site(n, k.name or n, Exposure(k.exposure) if k.exposure else None, k.area, k.users)
        for n, k in own.sites.items()
    }


def viewpoint(own: OwnKeys) -> Viewpoint:
    """Where the scanner stands."""
    site = sites(own).get(own.scanner.get("site") or "")
    if site is None:
        return Viewpoint()
    return Viewpoint(site.name, site.users, site.exposure.value if site.exposure else None)


def _scope(name: str, keys: ScopeKeys) -> Scope:
    return Scope(
        id=name,
        authorised_by=keys.authorised_by,
        reference=keys.reference,
        valid_from=keys.valid_from,
        valid_until=keys.valid_until,
        intrusiveness=Intrusiveness(keys.intrusiveness),
        groups=tuple(keys.groups),
        hosts=tuple(host for pattern in keys.hosts for host in expand(pattern)),
        networks=tuple(keys.networks),
    )
