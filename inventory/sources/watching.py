"""From checked settings to what is watched, and the names in it that must exist."""

from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from inventory import watch as made
from inventory.sources import watch_keys as keys
from inventory.sources.errors import Fault, did_you_mean, shown, what_exists
from inventory.sources.ownkeys import OwnKeys

_DEFAULT_PORTS = {"http": 80, "https": 443}
_FITS = {
    "http": ("http", "https"),
    "transaction": ("transaction",),
    "dns": ("dns",),
    "ntp": ("ntp",),
    "bytes": ("tcp", "udp"),
    "call": ("call",),
    "tls": ("https", "tls", "smtp", "imap", "pop3", "ldap", "transaction"),
}


def watching(own: OwnKeys) -> made.Watching:
    """Of tables that hold no fault."""
    calendars = {n: made.Calendar(n, tuple(sorted(k.days)), own.ics.get(n, "")) for n, k in own.calendars.items()}
    return made.Watching(
        watches=tuple(_watch(name, told, own) for name, told in own.watch.items()),
        vantages=tuple(made.Vantage(n, k.url, k.key, k.site, k.zone) for n, k in own.vantages.items()),
        promises=tuple(_promise(name, told, calendars) for name, told in own.availability.items()),
        maintenance=tuple(_maintenance(name, told) for name, told in own.maintenance.items()),
        plans=tuple(_plan(name, told, calendars, own) for name, told in own.schedules.items()),
        channels=tuple(_channel(name, told) for name, told in own.notify.items()),
    )


def _watch(name: str, told: keys.WatchKeys, own: OwnKeys) -> made.Watch:
    kind, host, port, path = _where(told)
    ask = _ask(told, kind, path)
    confirm = told.confirm
    return made.Watch(
        name=name,
        kind=kind,
        host=host,
        port=port,
        ask=ask,
        service=told.service,
        asset=told.asset,
        site=told.site,
        every_seconds=told.every,
        timeout_seconds=told.timeout,
        confirm=made.Confirm(confirm.probes, confirm.within, confirm.recover) if confirm else made.Confirm(),
        parents=tuple(told.parents),
        vantages=tuple(told.vantages),
        canary=told.canary,
        tls=_tls(told.tls) if kind != "tls" else None,
        line=own.spot("watch", name).line,
        pool=told.pool,
    )


def _where(told: keys.WatchKeys) -> tuple[str, str, int, str]:
    """Kind, host, port and path."""
    target = told.url or (told.transaction.steps[0].url if told.transaction else None)
    if target is None:
        word = str(told.kind or "")
        return word, told.host or "", told.port or _DEFAULT_PORTS.get(word, 0), "/"
    parts = urlsplit(target)
    kind = "transaction" if told.transaction else told.kind or parts.scheme
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return kind, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme], path


def _ask(told: keys.WatchKeys, kind: str, path: str) -> made.Ask | None:
    if told.transaction:
        return made.Transaction(tuple(map(_step, told.transaction.steps)), told.transaction.slow)
    if kind in ("http", "https"):
        return _http(told.http, path) if told.http else made.Http(path=path)
    if kind == "tls":
        return _tls(told.tls)
    if told.dns:
        return made.Dns(told.dns.query, told.dns.type, tuple(told.dns.answers), told.dns.recursion)
    if told.ntp:
        return made.Ntp(told.ntp.max_offset)
    if told.bytes:
        return made.Bytes(told.bytes.send.hex(), told.bytes.expect)
    if told.call:
        return made.Call(told.call.packets, told.call.interval_ms, told.call.size, told.call.min_mos)
    return None


def _http(told: keys.HttpKeys, path: str) -> made.Http:
    return made.Http(
        method=told.method,
        path=path,
        headers=_pairs(told.headers),
        status=tuple(told.status),
        redirects=told.redirects,
        redirects_to=told.redirects_to,
        body_has=told.body_has,
        body_lacks=told.body_lacks,
        header_has=_pairs(told.header_has),
        slow_seconds=told.slow,
    )


def _step(told: keys.StepKeys) -> made.Step:
    return made.Step(told.url, told.method, _pairs(told.form), tuple(told.status), told.has, _pairs(told.keep))


def _pairs(told: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(told.items())


def _tls(told: keys.WatchTlsKeys | None) -> made.Tls | None:
    if told is None:
        return None
    return made.Tls(tuple(told.names), told.ca, told.fingerprint, told.min_days, told.starttls)


def _hours(told: keys.HoursKeys, calendars: Mapping[str, made.Calendar], zone: str = "UTC") -> made.Hours:
    """``zone``: where they do not name one themselves."""
    named = told.zone if "zone" in told.model_fields_set else zone
    return made.Hours(named, told.week, calendars.get(told.holidays or ""))


def _promise(name: str, told: keys.PromiseKeys, calendars: Mapping[str, made.Calendar]) -> made.Promise:
    return made.Promise(
        service=name,
        share=told.share / 100,
        hours=_hours(told.hours, calendars) if told.hours else None,
        maintenance_hours=told.maintenance_hours,
        planned_counts_as_up=told.planned_counts_as_up,
        degraded_counts_as_down=told.degraded_counts_as_down,
        contract=told.contract,
        claimed=tuple((month, share / 100) for month, share in sorted(told.claimed.items())),
    )


def _maintenance(name: str, told: keys.MaintenanceKeys) -> made.Maintenance:
    return made.Maintenance(
        name, told.starts, told.ends, told.declared_by, told.reference, tuple(told.services), tuple(told.watches)
    )


def _plan(name: str, told: keys.ScheduleKeys, calendars: Mapping[str, made.Calendar], own: OwnKeys) -> made.Plan:
    return made.Plan(
        id=name,
        cron=told.cron,
        every_seconds=told.every,
        rrule=told.rrule,
        starts=told.starts,
        zone=told.zone,
        groups=tuple(told.groups),
        checks=tuple(told.checks),
        jitter_seconds=told.jitter or 0.0,
        max_seconds=told.max_duration,
        missed=told.missed,
        overlap=told.overlap,
        allowed=_hours(told.allowed, calendars, told.zone) if told.allowed else None,
        blackouts=tuple(calendars[day] for day in told.blackouts),
        line=own.spot("schedules", name).line,
    )


def _channel(name: str, told: keys.ChannelKeys) -> made.Channel:
    return made.Channel(
        name, told.kind, told.target, tuple(told.to), told.secret, told.user, tuple(told.only), told.sender
    )


# --- names that must exist


def watch_faults(own: OwnKeys, hosts: Collection[str], groups: Collection[str]) -> Iterator[Fault]:
    for name, told in own.watch.items():
        yield from _unknown(own, "watch", name, "service", told.service, own.names("services"))
        yield from _unknown(own, "watch", name, "site", told.site, own.names("sites"))
        yield from _unknown(own, "watch", name, "asset", told.asset, hosts)
        yield from _unknown_all(own, "watch", name, "parents", told.parents, own.names("watch"))
        yield from _unknown_all(own, "watch", name, "vantages", told.vantages, own.names("vantages"))
        yield from _misfits(own, name, told)
    yield from _circles(own)
    for name, promise in own.availability.items():
        if name not in own.names("services"):
            yield own.spot("availability", name).fault(_sentence("service", name, own.names("services")))
        yield from _unknown(own, "availability", name, "contract", promise.contract, own.names("contracts"))
        yield from _holidays(own, "availability", name, "hours", promise.hours)
    for name, work in own.maintenance.items():
        yield from _unknown_all(own, "maintenance", name, "services", work.services, own.names("services"))
        yield from _unknown_all(own, "maintenance", name, "watches", work.watches, own.names("watch"))
    for name, plan in own.schedules.items():
        yield from _unknown_all(own, "schedules", name, "groups", plan.groups, {*groups, "all", "ungrouped"})
        yield from _unknown_all(own, "schedules", name, "blackouts", plan.blackouts, own.names("calendars"))
        yield from _holidays(own, "schedules", name, "allowed", plan.allowed)
    for name, channel in own.notify.items():
        yield from _unknown_all(own, "notify", name, "only", channel.only, own.names("services"))
        if channel.kind == "smtp" and not (channel.to and channel.sender):
            yield own.spot("notify", name).fault("mail needs `to` and `sender`")


def _misfits(own: OwnKeys, name: str, told: keys.WatchKeys) -> Iterator[Fault]:
    kind, *_ = _where(told)
    for block, kinds in _FITS.items():
        if getattr(told, block) is not None and kind not in kinds:
            yield own.spot("watch", name, block).fault(f"`{block}` does not belong to a watch of kind {kind}")
    if kind == "dns" and told.dns is None:
        yield own.spot("watch", name).fault("a dns watch needs `dns` with a `query`")
    if kind == "tcp" and told.port is None:
        yield own.spot("watch", name).fault("a tcp watch needs a `port`")


def _circles(own: OwnKeys) -> Iterator[Fault]:
    """Watches that are their own parent, directly or along a chain; each is told where it starts."""
    for name in own.watch:
        seen, waiting = set[str](), list(own.watch[name].parents)
        while waiting:
            parent = waiting.pop()
            if parent == name:
                yield own.spot("watch", name, "parents").fault(f"{shown(name)} would be its own parent")
                break
            if parent not in seen and parent in own.watch:
                seen.add(parent)
                waiting += own.watch[parent].parents


def _holidays(own: OwnKeys, table: str, name: str, key: str, told: keys.HoursKeys | None) -> Iterator[Fault]:
    if told and told.holidays and told.holidays not in own.names("calendars"):
        spot = own.spot(table, name, key, "holidays")
        yield spot.fault(_sentence("calendar", told.holidays, own.names("calendars")))


def _unknown(
    own: OwnKeys, table: str, name: str, key: str, given: str | None, names: Collection[str]
) -> Iterator[Fault]:
    if given and given not in names:
        yield own.spot(table, name, key).fault(_sentence("host" if key == "asset" else key, given, names))


def _unknown_all(
    own: OwnKeys, table: str, name: str, key: str, given: Collection[str], names: Collection[str]
) -> Iterator[Fault]:
    for place, one in enumerate(given):
        if one not in names:
            yield own.spot(table, name, key, place).fault(_sentence(_ONE_OF[key], one, names))


_ONE_OF = {
    "parents": "watch",
    "vantages": "vantage",
    "services": "service",
    "watches": "watch",
    "groups": "group",
    "blackouts": "calendar",
    "only": "service",
}


def _sentence(kind: str, name: str, names: Collection[str]) -> str:
    return f"{shown(name)} is no {kind};{did_you_mean(name, names)} {what_exists(names)}"
