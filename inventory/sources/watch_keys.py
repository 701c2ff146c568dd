"""The shape of what is watched, from where, when, and what was promised of it (see ``document``)."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from inventory.sources import words
from inventory.sources.shapes import Address, Day, Filled, Fingerprint, Secret, Strict, Text

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_DURATION = re.compile(r"(\d{1,7}(?:\.\d{1,3})?)\s*([smhd]?)")
_CLOCK = re.compile(r"(\d\d):(\d\d)")
SHORTEST_EVERY = 5.0  # seconds between two looks at one watch
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def duration(value: object) -> float:
    """Seconds of ``90``, ``90s``, ``15m``, ``4h`` or ``7d``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError("is not a length of time; write 30s, 15m, 4h or 7d")
    return float(match[1]) * _UNITS[match[2]]


def zone(value: object) -> str:
    """An IANA zone."""
    given = words.text(value)
    try:
        return ZoneInfo(given).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone; write an IANA name such as Europe/London or UTC") from None


def instant(value: object) -> datetime:
    """A moment with its offset from UTC."""
    try:
        made = value if isinstance(value, datetime) else datetime.fromisoformat(words.text(value))
    except ValueError:
        raise ValueError("is not a moment; write it as 2026-12-31T22:00:00+00:00") from None
    if made.tzinfo is None:
        raise ValueError("lacks its offset from UTC; write 2026-12-31T22:00:00+00:00")
    return made


def pattern(value: object) -> str:
    """A regular expression."""
    given = words.text(value)
    try:
        re.compile(given)
    except re.error as fault:
        raise ValueError(f"is not a regular expression: {fault}") from None
    return given


def url(value: object) -> str:
    """An address of http or https, without a log-in in it."""
    given = words.text(value)
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise ValueError("is not an address; write https://HOST/PATH")
    if "@" in parts.netloc:
        raise ValueError("must not hold a log-in; use a reference to a secret in `form` or `headers`")
    return given


def minutes(value: object) -> tuple[int, int]:
    """``08:00-18:30`` as minutes of the day."""
    given = words.text(value)
    begin, _, end = given.partition("-")
    ends = [_CLOCK.fullmatch(part.strip()) for part in (begin, end)]
    if all(ends):
        first, last = (int(match[1]) * 60 + int(match[2]) for match in ends if match)
        if 0 <= first < last <= 1440:
            return first, last
    raise ValueError("is not a stretch of a day; write 08:00-18:00, at most until 24:00")


def _payload(value: object) -> bytes:
    given = words.text(value)
    try:
        return bytes.fromhex(given[4:]) if given.startswith("hex:") else given.encode()
    except ValueError:
        raise ValueError("is not hexadecimal after hex:") from None


_AS_TEXT = WithJsonSchema({"type": "string"}, mode="validation")
Duration = Annotated[
    float,
    BeforeValidator(duration),
    Field(gt=0, le=366 * 86_400.0),
    WithJsonSchema({"type": ["string", "number"]}, mode="validation"),
]
Zone = Annotated[str, BeforeValidator(zone)]
Instant = Annotated[datetime, BeforeValidator(instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Pattern = Annotated[str, Field(max_length=1000), BeforeValidator(pattern)]
Url = Annotated[str, Field(max_length=2000), BeforeValidator(url)]
Payload = Annotated[bytes, Field(max_length=65_000), BeforeValidator(_payload), _AS_TEXT]
Stretch = Annotated[tuple[int, int], BeforeValidator(minutes), _AS_TEXT]
Status = Annotated[int, Field(ge=100, le=599)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"), BeforeValidator(words.text)]
Share = Annotated[float, Field(ge=0, le=100)]
StartTls = Literal["smtp", "imap", "pop3", "ldap", "postgresql"]
Kind = Literal[
    "call",
    "dns",
    "http",
    "https",
    "icmp",
    "imap",
    "ldap",
    "mysql",
    "ntp",
    "pop3",
    "postgresql",
    "rdp",
    "redis",
    "sip",
    "smb",
    "smtp",
    "sql-server",
    "ssh",
    "tcp",
    "tls",
    "transaction",
    "udp",
]


class HttpKeys(Strict):
    method: Literal["GET", "HEAD"] = Field("GET", description="GET or HEAD")
    headers: dict[Filled, Filled] = Field({}, description="a mapping; a value may be a reference to a secret")
    status: list[Status] = Field([], description="a list of numbers such as [200, 401]; without it 200 to 299 count")
    redirects: Annotated[int, Field(ge=0, le=10)] = Field(0, description="how many redirects are followed, 0 to 10")
    redirects_to: Pattern | None = Field(None, description="a regular expression that Location must match")
    body_has: Pattern | None = Field(None, description="a regular expression that the page must match")
    body_lacks: Pattern | None = Field(None, description="a regular expression that the page must not match")
    header_has: dict[Filled, Pattern] = Field({}, description="a mapping from a header to a regular expression")
    slow: Duration | None = Field(None, description="a length of time such as 2s: slower counts as degraded")


class StepKeys(Strict):
    url: Url = Field(description="an address; {name} stands for what an earlier step kept")
    method: Literal["GET", "POST"] = Field("GET", description="GET or POST")
    form: dict[Filled, Text] = Field({}, description="a mapping of fields; a value may be a reference to a secret")
    status: list[Status] = Field([], description="a list of numbers; without it 200 to 299 count")
    has: Pattern | None = Field(None, description="a regular expression that the page must match")
    keep: dict[Filled, Pattern] = Field({}, description="a mapping from a name to a regular expression with one group")


class TransactionKeys(Strict):
    steps: Annotated[list[StepKeys], Field(min_length=1, max_length=20)] = Field(description="a list of 1 to 20 steps")
    slow: Duration | None = Field(None, description="a length of time such as 5s: slower counts as degraded")


class WatchTlsKeys(Strict):
    names: list[Filled] = Field([], description="a list of names that the certificate may be for")
    ca: Filled | None = Field(None, description="the path of a PEM file with authorities to trust")
    fingerprint: Fingerprint | None = Field(None, description="SHA256: and the digest of the certificate itself")
    min_days: Annotated[int, Field(ge=0, le=3650)] = Field(0, description="days that must be left, 0 to 3650")
    starttls: StartTls | None = Field(None, description="smtp, imap, pop3, ldap or postgresql")


class DnsKeys(Strict):
    query: Filled = Field(description="a name such as portal.example")
    type: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")] = Field("A", description="a type such as A, MX or SOA")
    answers: list[Filled] = Field([], description="a list of what must be among the answers")
    recursion: bool = Field(True, description="true or false")


class NtpKeys(Strict):
    max_offset: Duration | None = Field(None, description="a length of time such as 1s: further off counts as degraded")


class BytesKeys(Strict):
    send: Payload = Field(b"", description="a text, or hex: and hexadecimal digits")
    expect: Pattern | None = Field(None, description="a regular expression that must match what comes back")


class CallKeys(Strict):
    packets: Annotated[int, Field(ge=10, le=1500)] = Field(100, description="packets, 10 to 1500")
    interval_ms: Annotated[int, Field(ge=5, le=1000)] = Field(20, description="milliseconds, 5 to 1000")
    size: Annotated[int, Field(ge=12, le=1400)] = Field(172, description="bytes, 12 to 1400")
    min_mos: Annotated[float, Field(ge=1, le=4.5)] | None = Field(None, description="1 to 4.5: worse is degraded")


class ConfirmKeys(Strict):
    probes: Annotated[int, Field(ge=0, le=20)] = Field(2, description="further failures needed, 0 to 20")
    within: Duration = Field(15.0, description="a length of time such as 15s")
    recover: Annotated[int, Field(ge=1, le=20)] = Field(1, description="successes that end an outage, 1 to 20")


class WatchKeys(Strict):
    kind: Kind | None = Field(None, description="tcp, https, icmp, ... (docs/availability.md); a `url` says it itself")
    host: Address | None = Field(None, description="an IPv4 or IPv6 address, or a host name")
    port: Port | None = Field(None, description="a port, 1 to 65535")
    url: Url | None = Field(None, description="an address such as https://portal.example/ in place of host and port")
    service: Text | None = Field(None, description="the name of one of estatecheck.services")
    pool: Filled | None = Field(
        None, description="a word: watches of a service with the same pool stand in for each other"
    )
    asset: Text | None = Field(None, description="the name of a host of this inventory")
    site: Text | None = Field(None, description="the name of one of estatecheck.sites")
    every: Duration = Field(60.0, description="a length of time such as 60s, at least 5s")
    timeout: Duration = Field(5.0, description="a length of time such as 5s, at most 60s")
    confirm: ConfirmKeys | None = Field(None, description="a mapping with `probes`, `within` and `recover`")
    parents: list[Filled] = Field([], description="a list of watches that this one cannot be reached without")
    vantages: list[Filled] = Field([], description="a list of estatecheck.vantages; without it the scanner probes")
    canary: bool = Field(False, description="true or false: fails only when the prober itself is blind")
    http: HttpKeys | None = Field(None, description="a mapping: what an http or https watch asks and expects")
    transaction: TransactionKeys | None = Field(None, description="a mapping with `steps`")
    tls: WatchTlsKeys | None = Field(None, description="a mapping: how the certificate is judged")
    dns: DnsKeys | None = Field(None, description="a mapping with `query`")
    ntp: NtpKeys | None = Field(None, description="a mapping with `max_offset`")
    bytes: BytesKeys | None = Field(None, description="a mapping with `send` and `expect`, for tcp and udp")
    call: CallKeys | None = Field(None, description="a mapping: a stream that the far end echoes")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.transaction is None and (self.host is None) == (self.url is None):
            raise ValueError("give either `host` or `url`")
        if self.kind is None and self.url is None and self.transaction is None:
            raise ValueError("`kind` is missing: tcp, https, icmp, ...")
        if self.pool and not self.service:
            raise ValueError("`pool` needs a `service`: its watches stand in for each other in that service")
        if self.every < SHORTEST_EVERY:
            raise ValueError(f"`every` must be at least {SHORTEST_EVERY:g}s")
        if self.timeout > 60 or self.timeout > self.every:
            raise ValueError("`timeout` must be at most 60s, and not longer than `every`")
        return self


class VantageKeys(Strict):
    url: Url = Field(description="where it answers, such as https://10.0.0.5:8443")
    key: Filled = Field(description="its public key, as `estatecheck vantage init` prints it")
    site: Text | None = Field(None, description="the name of one of estatecheck.sites")
    zone: Text | None = Field(None, description="a word such as users, internet or supplier")


class HoursKeys(Strict):
    zone: Zone = Field("UTC", description="an IANA time zone such as Europe/London")
    mon: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    tue: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    wed: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    thu: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    fri: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    sat: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    sun: list[Stretch] = Field([], description="a list such as ['08:00-18:00']")
    holidays: Text | None = Field(None, description="the name of one of estatecheck.calendars")

    @property
    def week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        return tuple(tuple(getattr(self, day)) for day in _WEEKDAYS)


class PromiseKeys(Strict):
    """Named after the service that it is about."""

    share: Share = Field(description="per cent of the time, such as 98 or 99.5")
    hours: HoursKeys | None = Field(None, description="a mapping of business hours; without it 24x7")
    maintenance_hours: Annotated[float, Field(ge=0, le=744)] = Field(
        0.0, description="hours a calendar month that declared maintenance may take"
    )
    planned_counts_as_up: bool = Field(False, description="true or false; otherwise it is taken out of both sides")
    degraded_counts_as_down: bool = Field(False, description="true or false")
    contract: Text | None = Field(None, description="the name of one of estatecheck.contracts")
    claimed: dict[Month, Share] = Field({}, description="a mapping from a month such as '2026-03' to per cent")


class MaintenanceKeys(Strict):
    starts: Instant = Field(description="a moment such as 2026-12-31T22:00:00+00:00")
    ends: Instant = Field(description="a moment after `starts`")
    declared_by: Filled = Field(description="a person and a post")
    reference: Text = Field("", description="a text: the change or ticket")
    services: list[Filled] = Field([], description="a list of estatecheck.services")
    watches: list[Filled] = Field([], description="a list of estatecheck.watch")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("`ends` must be after `starts`")
        if not self.services and not self.watches:
            raise ValueError("give `services`, `watches` or both")
        return self


class ScheduleKeys(Strict):
    cron: Filled | None = Field(None, description="five fields such as '30 2 * * 1-5'")
    every: Duration | None = Field(None, description="a length of time such as 6h")
    rrule: Filled | None = Field(None, description="a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SU")
    starts: Instant | None = Field(None, description="a moment that `every` and `rrule` count from")
    zone: Zone = Field("UTC", description="an IANA time zone such as Europe/London")
    groups: Annotated[list[Filled], Field(min_length=1)] = Field(["all"], description="a list of groups")
    checks: list[Filled] = Field([], description="a list of patterns such as linux.patch.*")
    jitter: Duration | None = Field(None, description="a length of time such as 10m")
    max_duration: Duration = Field(4 * 3600.0, description="a length of time such as 4h")
    missed: Literal["run-once", "skip", "run-all"] = Field("run-once", description="run-once, skip or run-all")
    overlap: Literal["skip", "queue"] = Field("skip", description="skip or queue")
    allowed: HoursKeys | None = Field(None, description="a mapping of hours in which hosts may be begun")
    blackouts: list[Filled] = Field([], description="a list of estatecheck.calendars: nothing is begun on these days")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if sum(given is not None for given in (self.cron, self.every, self.rrule)) != 1:
            raise ValueError("give exactly one of `cron`, `every` and `rrule`")
        return self


class CalendarKeys(Strict):
    days: list[Day] = Field([], description="a list of days such as 2026-12-25")
    ics: Filled | None = Field(None, description="the path of an .ics file, relative to this one")


class ChannelKeys(Strict):
    kind: Literal["webhook", "smtp", "apprise"] = Field(description="webhook, smtp or apprise")
    target: Filled = Field(description="https://HOST/PATH, smtp://HOST:PORT, or an address that Apprise knows")
    to: list[Filled] = Field([], description="a list of addresses, for smtp")
    sender: Text = Field("", description="the address it is sent from, for smtp")
    secret: Secret | None = Field(None, description="a reference to the webhook's signing secret, or to the password")
    user: Text | None = Field(None, description="the name of an account, for smtp")
    only: list[Filled] = Field([], description="a list of estatecheck.services; without it all")


WATCH_TABLES: dict[str, type[Strict]] = {
    "watch": WatchKeys,
    "vantages": VantageKeys,
    "availability": PromiseKeys,
    "maintenance": MaintenanceKeys,
    "schedules": ScheduleKeys,
    "calendars": CalendarKeys,
    "notify": ChannelKeys,
}
