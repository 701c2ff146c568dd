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
    for contract, terms in own.contracts.items():
        yield from _known(own, "supplier", "contracts", contract, terms.supplier)
        if terms.starts and terms.ends and terms.ends < terms.starts:
            yield own.spot("contracts", contract, "ends").fault(f"{terms.ends} is before `starts`, {terms.starts}")
    for name, scope in own.scopes.items():
        if scope.valid_until < scope.valid_from:
            message = f"{scope.valid_until} is before `valid_from`, {scope.valid_from}"
            yield own.spot("scopes", name, "valid_until").fault(message)
        if not own.written("scopes", name) & {"groups", "hosts", "networks"}:
            yield own.spot("scopes", name).fault("this scope covers nothing; give `groups`, `hosts` or `networks`")
    for name in own.credentials:
        if not own.written("credentials", name):
            yield own.spot("credentials", name).fault("this log-in is empty; give `key`, `password` or `agent: true`")


def _known(own: OwnKeys, kind: str, table: str, entry: str, name: str | None) -> Iterator[Fault]:
    names = own.names(_TABLE_OF[kind])
    if name and name not in names:
        yield own.spot(table, entry, kind).fault(unknown(kind, name, names))


def scope_faults(own: OwnKeys, census: Census) -> Iterator[Fault]:
    """Groups and hosts of the scopes."""
    groups = {*census.groups, "ungrouped"}
    for scope, keys in own.scopes.items():
        for i, group in enumerate(keys.groups):
            if group not in groups:
                yield own.spot("scopes", scope, "groups", i).fault(unknown("group", group, groups))
        for i, pattern in enumerate(keys.hosts):
            spot = own.spot("scopes", scope, "hosts", i)
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
