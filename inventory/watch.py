"""What is probed again and again, from where, when not, and what was promised of it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Http:
    """What an HTTP(S) probe asks and expects. Patterns are regular expressions, searched in the first 1 MiB."""

    method: str = "GET"  # GET or HEAD
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()  # sent; a value may be a reference to a secret
    status: tuple[int, ...] = ()  # that count as up; empty: 200 to 299
    redirects: int = 0  # followed at most
    redirects_to: str | None = None  # what Location must match
    body_has: str | None = None
    body_lacks: str | None = None
    header_has: tuple[tuple[str, str], ...] = ()  # name, pattern
    slow_seconds: float | None = None  # slower than this is degraded


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a transaction. Values of ``form`` may be references to secrets; ``keep`` is for later steps."""

    url: str
    method: str = "GET"  # GET or POST
    form: tuple[tuple[str, str], ...] = ()
    status: tuple[int, ...] = ()
    has: str | None = None  # what must be on the page
    keep: tuple[tuple[str, str], ...] = ()  # name, pattern with one group: a CSRF token


@dataclass(frozen=True, slots=True)
class Transaction:
    """Several requests that share cookies: log in, see a word, log out."""

    steps: tuple[Step, ...]
    slow_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """How the other side's certificate is judged."""

    names: tuple[str, ...] = ()  # it must be for one of these; empty: the host that is connected to
    ca: str | None = None  # file with the authorities to trust besides the system's
    fingerprint: str | None = None  # SHA256:..., instead of any authority
    min_days: int = 0  # fewer days left is degraded
    starttls: str | None = None  # smtp, imap, pop3, ldap, postgresql: upgrade first


@dataclass(frozen=True, slots=True)
class Dns:
    query: str
    type: str = "A"
    answers: tuple[str, ...] = ()  # each must be among the answers; empty: any answer will do
    recursion: bool = True


@dataclass(frozen=True, slots=True)
class Ntp:
    max_offset_seconds: float | None = None  # further from our own clock is degraded


@dataclass(frozen=True, slots=True)
class Bytes:
    """What a TCP or UDP probe sends, and a pattern for what must come back."""

    hex: str = ""  # what is sent, in hexadecimal
    expect: str | None = None

    @property
    def send(self) -> bytes:
        return bytes.fromhex(self.hex)


@dataclass(frozen=True, slots=True)
class Call:
    """A stream of numbered packets that the far end echoes: loss, jitter and delay for the quality of calls."""

    packets: int = 100
    interval_ms: int = 20
    size: int = 172  # RTP header and 160 bytes of G.711
    min_mos: float | None = None  # worse is degraded


Ask = Http | Transaction | Tls | Dns | Ntp | Bytes | Call


@dataclass(frozen=True, slots=True)
class Confirm:
    """When one failed probe becomes an outage."""

    probes: int = 2  # further failures needed
    within_seconds: float = 15.0  # spread over this time
    recover: int = 1  # successes that end it


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing that is probed. ``kind`` is a key of ``scanner.transports.endpoints.PROBERS``."""

    name: str
    kind: str
    host: str  # address or name
    port: int = 0  # 0: none (ICMP)
    ask: Ask | None = None  # None: only whether it answers as its kind does
    service: str | None = None
    asset: str | None = None
    site: str | None = None
    every_seconds: float = 60.0
    timeout_seconds: float = 5.0
    confirm: Confirm = Confirm()
    parents: tuple[str, ...] = ()  # watches it cannot be reached without
    vantages: tuple[str, ...] = ()  # from where; empty: from the scanner itself
    canary: bool = False  # always up unless the prober itself is blind
    tls: Tls | None = None  # of a kind that is spoken inside TLS
    credential: str | None = None
    line: int = 0
    pool: str | None = None  # watches of one service with the same pool stand in for each other


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place that probes for us (``estatecheck vantage``). ``key``: its public key, as ``vantage init`` prints it."""

    name: str
    url: str
    key: str
    site: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days on which something does not count or does not run."""

    id: str
    days: tuple[date, ...] = ()
    ics: str = ""  # further ones, as an iCalendar file tells them (RFC 5545)


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours that count as business: minutes of the day by weekday (Monday first), in an IANA zone."""

    zone: str = "UTC"
    week: tuple[tuple[tuple[int, int], ...], ...] = ()  # seven lists of [from, to)
    holidays: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What the contract says of a service's availability."""

    service: str
    share: float  # 0.98: of the time
    hours: Hours | None = None  # None: 24x7
    maintenance_hours: float = 0.0  # a calendar month that may be excluded
    planned_counts_as_up: bool = False  # otherwise it is taken out of both sides
    degraded_counts_as_down: bool = False
    contract: str | None = None
    claimed: tuple[tuple[str, float], ...] = ()  # month 2026-03, and what the supplier says it was


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Declared work. It counts only when it was registered before it starts (the record says when it was)."""

    id: str
    starts: datetime
    ends: datetime
    declared_by: str
    reference: str = ""
    services: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """When something is scanned. Exactly one of ``cron``, ``every_seconds`` and ``rrule`` is there."""

    id: str
    cron: str | None = None
    every_seconds: float | None = None
    rrule: str | None = None
    starts: datetime | None = None  # anchor of ``every`` and ``rrule``
    zone: str = "UTC"
    groups: tuple[str, ...] = ("all",)
    checks: tuple[str, ...] = ()  # patterns; empty: those that are on by default
    jitter_seconds: float = 0.0
    max_seconds: float = 4 * 3600.0
    missed: str = "run-once"  # run-once, skip, run-all
    overlap: str = "skip"  # skip, queue
    allowed: Hours | None = None  # hosts are only begun inside
    blackouts: tuple[Calendar, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """Where changes of state are told. Secrets by reference."""

    id: str
    kind: str  # webhook, smtp, apprise
    target: str  # a URL, or smtp://HOST:PORT
    to: tuple[str, ...] = ()  # addresses
    secret: str | None = None  # of the webhook's signature, or the password
    user: str | None = None
    only: tuple[str, ...] = ()  # services; empty: all
    sender: str = ""  # of mail


@dataclass(frozen=True, slots=True)
class Watching:
    """All of it, as the inventory says it."""

    watches: tuple[Watch, ...] = ()
    vantages: tuple[Vantage, ...] = ()
    promises: tuple[Promise, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    plans: tuple[Plan, ...] = ()
    channels: tuple[Channel, ...] = ()


NO_WATCHING = Watching()
