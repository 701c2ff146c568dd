"""Names that must exist, and chains that must end: areas, sites, suppliers, services, credentials, bastions, scopes."""

from collections.abc import Collection, Iterator, Mapping

from inventory.sources.errors import Fault, Spot, did_you_mean, shown, what_exists
from inventory.sources.groups import Block, Census
from inventory.sources.merge import Setting, Settings
from inventory.sources.ownkeys import OwnKeys
from inventory.sources.words import expand

_TABLE_OF = {
    "area": "areas",
    "site": "sites",
    "service": "services",
    "supplier": "suppliers",
    "credential": "credentials",
}


def unknown(kind: str, name: str, names: Collection[str]) -> str:
    """The sentence for a name that does not exist. ``kind`` is area, site, host, ...; a credential is not repeated."""
    given = "this" if kind == "credential" else shown(name)  # somebody may have put the password there
    return f"{given} is no {kind};{did_you_mean(name, names)} {what_exists(names)}"


def table_faults(own: OwnKeys) -> Iterator[Fault]:
    """Names inside the tables, days that run backwards, scopes and log-ins that say nothing."""
    for site in own.sites:
        yield from _known(own, "area", "sites", site, own.sites[site].area)
    if (stands := own.scanner.get("site")) and stands not in own.names("sites"):
        yield own.spot("scanner", "site").fault(unknown("site", stands, own.names("sites")))
    yield from _contract_faults(own)
    for name, scope in own.scopes.items():
        if scope.valid_until < scope.valid_from:
            message = f"{scope.valid_until} is before `valid_from`, {scope.valid_from}"
            yield own.spot("scopes", name, "valid_until").fault(message)
        if not own.written("scopes", name) & {"groups", "hosts", "networks"}:
            yield own.spot("scopes", name).fault("this scope covers nothing; give `groups`, `hosts` or `networks`")
    for name in own.credentials:
        if not own.written("credentials", name):
            yield own.spot("credentials", name).fault("this log-in is empty; give `key`, `password` or `agent: true`")


def responsibility_faults(own: OwnKeys) -> Iterator[Fault]:
    """Suppliers and services that do not exist, days that run backwards, entries that cover nothing."""
    for name, said in own.responsibilities.items():
        yield from _known(own, "supplier", "responsibilities", name, said.supplier)
        if said.ends and said.ends < said.starts:
            spot = own.spot("responsibilities", name, "ends")
            yield spot.fault(f"{said.ends} is before `starts`, {said.starts}")
        for i, service in enumerate(said.services):
            if service not in own.names("services"):
                spot = own.spot("responsibilities", name, "services", i)
                yield spot.fault(unknown("service", service, own.names("services")))
        if not own.written("responsibilities", name) & {"groups", "hosts", "services"}:
            yield own.spot("responsibilities", name).fault("this covers nothing; give `groups`, `hosts` or `services`")


def isolation_faults(own: OwnKeys) -> Iterator[Fault]:
    """Attestations that attest nothing."""
    for name in own.isolation:
        if not own.written("isolation", name) & {"groups", "hosts"}:
            yield own.spot("isolation", name).fault("nothing is isolated by this; give `groups` or `hosts`")


def _contract_faults(own: OwnKeys) -> Iterator[Fault]:
    for contract, terms in own.contracts.items():
        yield from _known(own, "supplier", "contracts", contract, terms.supplier)
        if terms.starts and terms.ends and terms.ends < terms.starts:
            yield own.spot("contracts", contract, "ends").fault(f"{terms.ends} is before `starts`, {terms.starts}")
        for i, step in enumerate(terms.credits.availability if terms.credits else ()):
            if step.service not in own.names("services"):
                spot = own.spot("contracts", contract, "credits", "availability", i, "service")
                yield spot.fault(unknown("service", step.service, own.names("services")))


def _known(own: OwnKeys, kind: str, table: str, entry: str, name: str | None) -> Iterator[Fault]:
    names = own.names(_TABLE_OF[kind])
    if name and name not in names:
        yield own.spot(table, entry, kind).fault(unknown(kind, name, names))


def scope_faults(own: OwnKeys, census: Census) -> Iterator[Fault]:
    """Groups and hosts of the scopes, and of what is attested to be isolated."""
    groups = {*census.groups, "ungrouped"}
    covering = [("scopes", name, keys.groups, keys.hosts) for name, keys in own.scopes.items()]
    covering += [("responsibilities", name, said.groups, said.hosts) for name, said in own.responsibilities.items()]
    covering += [("isolation", name, told.groups, told.hosts) for name, told in own.isolation.items()]
    for table, name, its_groups, its_hosts in covering:
        for i, group in enumerate(its_groups):
            if group not in groups:
                yield own.spot(table, name, "groups", i).fault(unknown("group", group, groups))
        for i, pattern in enumerate(its_hosts):
            spot = own.spot(table, name, "hosts", i)
            yield from _missing_hosts(pattern, spot, census)


def _missing_hosts(pattern: str, spot: Spot, census: Census) -> Iterator[Fault]:
    try:
        missing = [name for name in expand(pattern) if name not in census.hosts]
    except ValueError as exc:
        yield spot.fault(str(exc))
        return
    if missing:
        more = f" (and {len(missing) - 1} more of this range)" if len(missing) > 1 else ""
        yield spot.fault(unknown("host", missing[0], census.hosts) + more)


def block_faults(block: Block, said: Settings, own: OwnKeys, census: Census) -> Iterator[Fault]:
    """Names in the variables of one group or host; each written place is looked at once."""
    for key, table in _TABLE_OF.items():
        if (setting := said.get(key)) and setting.value is not None and setting.value not in own.names(table):
            yield setting.spot.fault(unknown(key, str(setting.value), own.names(table)))
    bastion = said.get("bastion")
    if bastion and bastion.value is not None and bastion.value not in census.hosts:
        yield bastion.spot.fault(unknown("host", str(bastion.value), census.hosts))
    if "hosts" in block.path[-2:-1] and (cap := said.get("limits.concurrent")):
        yield cap.spot.fault("this is a cap for a group; move it into the vars of a group")


def bastion_faults(bastions: Mapping[str, Setting]) -> Iterator[Fault]:
    """Hosts that are, directly or along a chain, their own bastion. Each ring is told once."""
    settled: set[str] = set()
    for start in bastions:
        trail: dict[str, None] = {}
        here = start
        while here in bastions and here not in settled and here not in trail:
            trail[here] = None
            here = str(bastions[here].value)
        if here in trail:
            names = list(trail)
            yield _ring(names[names.index(here) :], bastions)
        settled.update(trail)


def _ring(ring: list[str], bastions: Mapping[str, Setting]) -> Fault:
    start = ring.index(min(ring))
    ring = [*ring[start:], *ring[:start]]
    if len(ring) == 1:
        message = f"{shown(ring[0])} would be its own bastion; write `bastion: null` for that host"
    else:
        message = (
            f"these bastions lead in a circle: {' -> '.join([*ring, ring[0]])}; one of them must be reached directly"
        )
    return bastions[ring[0]].spot.fault(message)
